"""FC004: an event that there is none of, a cron expression that fails or never fires."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.expression import parse
from frappe_celery.schedule.fields import ACCEPTED
from frappe_celery.schedule.frequencies import FREQUENCIES
from frappe_check.findings import Hit, Rule, hit
from frappe_check.hooks_file import SCHEDULER_EVENTS
from frappe_check.tasks import TaskCode

WORDS = ("all", *FREQUENCIES)


def find(code: TaskCode) -> Iterator[Hit]:
    """Every expression that the schedule would refuse."""
    hooks = code.app.hooks
    for entry in hooks.of(SCHEDULER_EVENTS):
        event = entry.path[0] if entry.path else "cron"
        if hooks.module is not None and event not in ("cron", "?", *WORDS):
            what = f"`{event}` is no event of scheduler_events."
            yield hit(hooks.module, entry.node, what)
    for cron in hooks.crons:
        try:
            parse(cron.expression)
        except CronError as error:
            if hooks.module is not None and cron.expression != "?":
                reason = str(error).partition(f". {ACCEPTED}")[0]
                yield hit(hooks.module, cron.node, f"{reason[0].upper()}{reason[1:]}.")


RULE = Rule(
    code="FC004",
    title="An event or cron expression that fails",
    happens="Frappe's migrate fails at it; here the entry is left out of the schedule.",
    instead=(
        "Write one of the events (`hourly`, `daily_long`, …), or under `cron` five fields: minute,"
        " hour, day of the month, month, weekday (0 is Sunday)."
    ),
    bad="""
# hooks.py
scheduler_events = {
    "cron": {
        "61 * * * *": ["myapp.tasks.sync"],  # FC004
        "0 0 30 2 *": ["myapp.tasks.sync"],  # FC004
    },
    "every_hour": ["myapp.tasks.sync"],  # FC004
}

# tasks.py
def sync():
    pass
""",
    good="""
# hooks.py
scheduler_events = {"cron": {"30 * * * *": ["myapp.tasks.sync"]}}

# tasks.py
def sync():
    pass
""",
    find=find,
)
