"""The documentation's table of options is the one that the code makes."""

from __future__ import annotations

from pathlib import Path

from frappe_celery.commands.settings import markdown

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_holds_the_table_as_it_is_now() -> None:
    assert PAGE.read_text().endswith("\n\n" + markdown()), (
        "run: frappe-celery settings --markdown, and put its output at the end of docs/settings.md"
    )
