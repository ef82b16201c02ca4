"""FC005: a day of the month and a weekday in one cron expression: here or, in Celery and."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.expression import parse
from frappe_check.findings import Hit, Rule, hit
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Every expression whose days are those of either field."""
    hooks = code.app.hooks
    for cron in hooks.crons:
        with suppress(CronError):
            if hooks.module is not None and parse(cron.expression).days.either:
                yield hit(
                    hooks.module,
                    cron.node,
                    f"`{cron.expression}` fires on its days of the month and also on its weekdays.",
                )


RULE = Rule(
    code="FC005",
    title="A day of the month or a weekday",
    happens=(
        "Cron, croniter and so Frappe and frappe_celery fire when either fits; Celery's own"
        " `crontab` fires when both do."
    ),
    instead=(
        "Where both must fit, leave one to the method (`if today.weekday() == 0`), or name the nth"
        " weekday, `0 0 * * 1#1`. Where either is meant, leave it and write `# noqa: FC005`."
    ),
    bad="""
# hooks.py
scheduler_events = {
    "cron": {
        "0 9 1 * 1": ["myapp.tasks.first_monday"],  # FC005
    }
}

# tasks.py
def first_monday():
    pass
""",
    good="""
# hooks.py
scheduler_events = {"cron": {"0 9 * * 1#1": ["myapp.tasks.first_monday"]}}

# tasks.py
def first_monday():
    pass
""",
    find=find,
)
