"""Limits and pauses in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.config import settings
from frappe_celery.jobs.limits import UNTIL_TOLD, Rule


def in_words(rule: Rule) -> str:
    """All that it says, `paused until …, 2 at once, 60 a minute`."""
    words = []
    if rule.is_paused:
        words.append(f"paused{end_of_pause(rule) or ' until frappe-celery resume'}")
    if rule.running is not None:
        words.append(f"{rule.running} at once")
    if rule.per_minute is not None:
        words.append(f"{rule.per_minute} a minute")
    return ", ".join(words) or "no limit"


def end_of_pause(rule: Rule) -> str:
    """` until 2026-03-05 09:37:40 CET`; '' where somebody must end it."""
    if rule.paused is None or rule.paused == UNTIL_TOLD:
        return ""
    at = datetime.fromtimestamp(rule.paused, ZoneInfo(settings.current().zone))
    return f" until {at:%Y-%m-%d %H:%M:%S %Z}"
