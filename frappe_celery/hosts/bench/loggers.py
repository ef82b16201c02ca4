"""Frappe's loggers in a process that stays: `set_log_level` changes those there are, for the job.

Frappe's own forgets them. Made anew, each gets further handlers on the same logger of Python's,
which write each line once more.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import frappe

from frappe_celery.jobs.job import current_job

_before: list[tuple[int | None, dict[str, int]]] = []
"""What the running job changed: the level of new loggers, and those of the others."""


def of_those_there_are(set_log_level: Callable[[Any], None]) -> Callable[[Any], None]:
    """`frappe.utils.logger.set_log_level`."""

    def replacement(level: Any) -> None:
        loggers = frappe.loggers
        is_an_import = sys._getframe(1).f_code.co_name == "<module>"  # which happens once
        if current_job() is not None and not is_an_import:
            levels = {name: logger.level for name, logger in loggers.items()}
            _before.append((frappe.log_level, levels))
        set_log_level(level)
        for logger in loggers.values():
            logger.setLevel(frappe.log_level)
        frappe.loggers = loggers

    return replacement


class Steady(logging.Logger):
    """Of a worker's processes: told the level that it has, it does nothing.

    Frappe tells the database's logger with each connection, for which Python has every logger
    forget what it knows: 40 µs a job, and more with each site.
    """

    def setLevel(self, level: int | str) -> None:  # noqa: N802 (its name in Python)
        if level not in (self.level, logging.getLevelName(self.level)):
            super().setLevel(level)


def put_levels_back() -> None:
    """After a job."""
    if _before:
        from frappe.utils.logger import default_log_level

        frappe.log_level, levels = _before[0]
        _before.clear()
        for name, logger in frappe.loggers.items():
            logger.setLevel(levels.get(name, frappe.log_level or default_log_level))
