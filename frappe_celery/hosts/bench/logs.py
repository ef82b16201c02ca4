"""A worker's log as a bench keeps it: information in worker.log, warnings in worker.error.log."""

from __future__ import annotations

import logging
import sys
from typing import Any

from celery import signals


def as_frappe_keeps_them() -> None:
    """Send lines below WARNING to standard output, as RQ does: process managers split there."""
    signals.after_setup_logger.connect(_split)
    signals.after_setup_task_logger.connect(_split)


def _split(logger: logging.Logger, **_: Any) -> None:
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
            output = logging.StreamHandler(sys.__stdout__)
            output.setFormatter(handler.formatter)
            output.addFilter(lambda record: record.levelno < logging.WARNING)
            logger.addHandler(output)
            handler.setLevel(logging.WARNING)
