"""Those that are compared. A side's module is imported only in that side's own processes."""

from __future__ import annotations

import importlib
from typing import cast

from benchmarks.sides.base import Side

__all__ = ["TITLES", "TURNS", "Side", "load"]

TITLES = {
    "frappe_celery": "frappe_celery",
    "rq": "RQ",
    "rq_nofork": "RQ, pool without fork",
    "prefork": "frappe_celery, Celery's prefork",
    "fresh": "frappe_celery, a process a job",
    "bare": "a bare loop",
    "celery": "plain Celery",
    "dramatiq": "dramatiq",
    "huey": "huey",
    "taskiq": "taskiq",
}
"""What tables call each side; the one without fork takes part in a bench."""

TURNS = ("rq", "celery", "dramatiq", "huey", "taskiq", "frappe_celery")
"""The order within a round."""


def load(name: str, processes: int) -> Side:
    return cast(Side, importlib.import_module(f"benchmarks.sides.{name}").create(processes))
