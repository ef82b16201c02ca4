"""FC101: work on every document in an event that comes every few minutes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from frappe_celery.schedule.cron import Cron, CronError
from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.rules import work
from frappe_check.syntax import Loop, called, inside
from frappe_check.tasks import TaskCode

FREQUENT = timedelta(minutes=4)
"""How far apart `all` is in Frappe, at most (`scheduler_interval`)."""
_SOME_DAY = datetime(2026, 1, 5, tzinfo=timezone.utc)


def find(code: TaskCode) -> Iterator[Finding]:
    """Loops over what a query gives, without a limit, that change each row's document."""
    for task, ways in code.jobs.items():
        event = next((way.event for way in ways if _is_frequent(way.event)), None)
        if event is None:
            continue
        for function in code.app.reach(task, depth=1):
            for loop in work.outermost_loops(function):
                if _is_heavy(code, function, loop):
                    yield found("FC101", function.module, loop, _what(task, function, event))


def _is_heavy(code: TaskCode, function: Function, loop: Loop) -> bool:
    return (
        _is_unlimited(code, function, loop)
        and work.work_in(code, function, loop) is not None
        and not work.enqueues(code, function, loop)
    )


def _is_unlimited(code: TaskCode, function: Function, loop: Loop) -> bool:
    """Whether it goes through all rows of a query, or all that an answer from the network holds."""
    values = [each for _, each in work.goes_through(code, function, loop)]
    if any(isinstance(node, ast.Break | ast.Return) for node in inside(loop.body)):
        return False
    answers = bool(values) and all(called(each) == "json" for each in values)
    return answers or (
        work.is_over_rows(code, function, loop) and not any(map(work.has_limit, values))
    )


def _what(task: Function, function: Function, event: str) -> str:
    by = "" if task is function else f", called by {task.short},"
    return f"{function.short}{by} goes through all that it finds, each time `{event}` comes."


def _is_frequent(event: str) -> bool:
    """Whether it comes at least every four minutes."""
    if event == "all":
        return True
    with suppress(CronError, ValueError):
        cron = Cron(event)
        first = cron.next_after(_SOME_DAY)
        return cron.next_after(first) - first <= FREQUENT
    return False
