"""The page 'What standalone has' lists what the namespace really has."""

from __future__ import annotations

from pathlib import Path

from tests import standalone_page

PAGE = Path(__file__).parents[3] / "docs" / "standalone.md"


def test_the_page_ends_with_the_names_as_they_are_now() -> None:
    assert PAGE.read_text().endswith("## Names\n\n" + standalone_page.markdown()), (
        "run: python -m tests.standalone_page, and put its output below 'Names' in"
        " docs/standalone.md"
    )


def test_every_name_says_what_it_is() -> None:
    assert "|  |" not in standalone_page.markdown()
