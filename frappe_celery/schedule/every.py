"""`@every`: a schedule entry beside the function that it runs, where there is no bench."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.schedule.cron_expression import parse

EVERY = "__frappe_celery_every__"
"""The attribute of a function that names its cron expressions."""
Function = TypeVar("Function", bound=Callable[..., Any])


def every(cron: str) -> Callable[[Function], Function]:
    """Have beat enqueue a function of an app's `tasks` module, as an entry of `scheduler_events`.

    Raises:
        CronError: it is no cron expression, or never fires.
        ConfigError: this is a bench, whose Frappe deletes what no hooks.py names.
    """
    parse(cron)
    if hosts.is_bench():
        raise ConfigError(
            f"every({cron!r}): in a bench Frappe deletes entries that no hooks.py names. Name the"
            " method in scheduler_events of the app's hooks.py"
        )

    def mark(function: Function) -> Function:
        setattr(function, EVERY, (*getattr(function, EVERY, ()), cron))
        return function

    return mark
