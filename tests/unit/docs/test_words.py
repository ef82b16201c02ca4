"""What `python -m tests.words` counts: what somebody wrote to be read."""

from __future__ import annotations

from tests.words import MADE, count, pages, prose

PAGE = """# A page

Two words.

```python
import frappe
```

    frappe-celery worker

    frappe-celery beat

<!-- check: True -->

- a point

  goes on
"""


def test_code_and_comments_are_no_words() -> None:
    assert " ".join(prose(PAGE).split()) == "# A page Two words. - a point goes on"


def test_what_is_made_from_the_code_is_no_words() -> None:
    page = "# Settings\n\n## Options\n\n| a | b |\n"
    assert prose(page, "## Options").split() == ["#", "Settings"]


def test_each_page_is_counted_and_what_is_made_begins_where_it_is_said_to() -> None:
    found = {page.name: page for page in pages()}
    assert {"README.md", "index.md", *MADE} <= found.keys()
    for name, heading in MADE.items():
        assert f"\n{heading}\n" in found[name].read_text()
        assert count(found[name])
