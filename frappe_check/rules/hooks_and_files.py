"""FC001 a file that is no Python; in hooks.py FC002 what code builds, FC004, FC005 its schedule."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.cron_expression import ACCEPTED, parse
from frappe_celery.schedule.frequencies import FREQUENCIES
from frappe_check.findings import Finding, found
from frappe_check.hooks_file import DOC_EVENTS, SCHEDULER_EVENTS, Hooks
from frappe_check.tasks import TaskCode

EVENTS = ("cron", "?", "all", *FREQUENCIES)


def find(code: TaskCode) -> Iterator[Finding]:
    """Files that cannot be parsed by this Python, and what hooks.py has."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path, error in code.app.unparsable.values():
        line = error.lineno or 1
        what = f"Python {version} cannot read the file: {error.msg}."
        yield Finding("FC001", path, line, error.offset or 1, line, what)
    for rule, node, what in _in_hooks(code.app.hooks):
        yield found(rule, code.app.hooks.module, node, what)


def _in_hooks(hooks: Hooks) -> Iterator[tuple[str, ast.AST, str]]:
    for built in hooks.built:
        if built.hook in (SCHEDULER_EVENTS, DOC_EVENTS):
            yield "FC002", built.node, f"Cannot tell what is in {built.hook}: {built.why}."
    for entry in hooks.of(SCHEDULER_EVENTS):
        event = entry.path[0] if entry.path else "cron"
        if event not in EVENTS:
            yield "FC004", entry.node, f"`{event}` is no event of scheduler_events."
    for expression, node in hooks.crons:
        try:
            either = parse(expression).days.either
        except CronError as error:
            reason = str(error).partition(f". {ACCEPTED}")[0]
            if expression != "?":
                yield "FC004", node, f"{reason[0].upper()}{reason[1:]}."
        else:
            if either:
                what = f"`{expression}` fires on its days of the month and also on its weekdays."
                yield "FC005", node, what
