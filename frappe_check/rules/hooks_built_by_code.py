"""FC002: hooks.py builds a list by code, so that its text does not tell what runs."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.hooks_file import DOC_EVENTS, SCHEDULER_EVENTS
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """What cannot be told of the hooks that say which functions are task code."""
    hooks = code.app.hooks
    for built in hooks.built:
        if hooks.module is not None and built.hook in (SCHEDULER_EVENTS, DOC_EVENTS):
            yield hit(
                hooks.module, built.node, f"Cannot tell what is in {built.hook}: {built.why}."
            )


RULE = Rule(
    code="FC002",
    title="Hooks that are built by code: cannot tell",
    happens=(
        "The functions that it names may not have been looked at. Frappe and frappe_celery import"
        " hooks.py and see them."
    ),
    instead="Write the list out, or let `frappe-celery check --import` import hooks.py.",
    bad="""
# hooks.py
from myapp.plans import daily_methods

scheduler_events = {"daily": daily_methods()}  # FC002
""",
    good="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.report"]}

# tasks.py
def report():
    pass
""",
    find=find,
)
