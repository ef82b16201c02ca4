"""A log's entry: no secrets, no orders to a terminal, no line that passes for another entry."""

from __future__ import annotations

import logging

from frappe_celery.config.secrets import masked_text
from frappe_celery.config.texts import printable


def as_entry(text: str) -> str:
    """An entry as it is written: its lines after the first are set in, so that none begins one."""
    return masked_text(printable(text)).replace("\n", "\n  ")


class EntryFormatter(logging.Formatter):
    """Python's own, whose entries are such."""

    def format(self, record: logging.LogRecord) -> str:
        return as_entry(super().format(record))
