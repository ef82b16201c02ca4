"""Which failures are the same: equal method, equal exception, equal place in the code."""

from __future__ import annotations

import re

from frappe_celery.config.settings import Settings

_FRAME = re.compile(r'  File "(?P<file>[^"]*)", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
_LONGEST = 300


def kind_of(text: str) -> str:
    """The exception and the place of a traceback's text, or of `Name: reason` without one.

    `ValueError at /…/myapp/tasks.py:12 in fail`. The method is added where it is known: in the
    step that records the failure.
    """
    start = text.rfind('\n  File "')
    frame = _FRAME.match(text, start + 1) if start >= 0 else None
    place = ""
    if frame is not None:
        place = f" at {frame['file']}:{frame['line']} in {frame['function'] or '?'}"
        text = text[frame.end() :]
    lines = text.splitlines()
    said = next((line for line in lines if line and not line[0].isspace()), "")
    return (said.partition(":")[0].strip()[:_LONGEST] or "?") + place[:_LONGEST]


def mailed_kind(settings: Settings, failed: bool, reason: str) -> str:
    """The kind of a run that ends for this reason; '' when nobody is mailed."""
    if not failed or not settings.celery_error_emails.get("ADMINS"):
        return ""
    return kind_of(reason) if reason else "failed"
