"""The page 'What standalone has' lists what the namespace really has, and the stubs type it."""

from __future__ import annotations

from pathlib import Path

from tests import standalone_page, stubs

PAGE = Path(__file__).parents[3] / "docs" / "standalone.md"


def test_the_page_ends_with_the_names_as_they_are_now() -> None:
    assert PAGE.read_text().endswith("## Names\n\n" + standalone_page.markdown()), (
        "run: python -m tests.standalone_page, and put its output below 'Names' in"
        " docs/standalone.md"
    )


def test_every_name_says_what_it_is() -> None:
    assert "|  |" not in standalone_page.markdown()


def test_the_stubs_are_those_of_the_namespace_as_it_is_now() -> None:
    there = {path.relative_to(stubs.STUBS) for path in stubs.STUBS.rglob("*.pyi")}
    wanted = stubs.stubs()
    assert there == set(wanted), "run: python -m tests.stubs"
    for path, text in wanted.items():
        assert (stubs.STUBS / path).read_text() == text, "run: python -m tests.stubs"
