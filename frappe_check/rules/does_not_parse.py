"""FC001: a source file that is no Python, or a newer one than that which runs the check."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Every file that could not be parsed."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path, error in code.app.unparsable.values():
        line = error.lineno or 1
        yield Hit(
            path,
            line,
            error.offset or 1,
            line,
            f"Python {version} cannot read the file: {error.msg}.",
        )


RULE = Rule(
    code="FC001",
    title="A file that cannot be parsed",
    happens="Nothing in it was looked at, and a worker that imports it fails.",
    instead=(
        "Mend it, move templates of code out of the package, or run the check with the Python"
        " that the app is for."
    ),
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
