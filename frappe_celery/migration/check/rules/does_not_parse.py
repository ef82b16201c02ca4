"""FC001: a source file that is no Python."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_celery.migration.check.findings import Hit, Rule
from frappe_celery.migration.check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Every file that could not be parsed."""
    for path, error in code.app.unparsable:
        line = error.lineno or 1
        yield Hit(path, line, error.offset or 1, line, f"The file is no Python: {error.msg}.")


RULE = Rule(
    code="FC001",
    title="A file that cannot be parsed",
    happens="Nothing in it was looked at, and a worker that imports it fails.",
    instead="Mend it, or move templates of code out of the package.",
    bad="""
# tasks.py
def sync(:  # FC001
    pass
""",
    good="""
# tasks.py
def sync():
    pass
""",
    find=find,
)
