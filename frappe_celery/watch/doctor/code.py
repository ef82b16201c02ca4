"""Workers that run code from before the files of the apps were changed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from frappe_celery.config.settings import Settings
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch.doctor.report import Section
from frappe_celery.watch.job_display import duration

NOT_CODE = {"node_modules", "__pycache__", "public", "locale", "tests"}


class Change(NamedTuple):
    """A file's."""

    at: float
    file: str = ""


def check(section: Section, config: Settings, workers: Iterable[WorkerInfo], now: float) -> None:
    """Name each worker of this machine that began before the newest change of the apps' code."""
    here = [worker for worker in workers if worker.hostname == socket.gethostname()]
    if not here:
        return
    newest = newest_change(config)
    for worker in here:
        if worker.birth < newest.at:
            ago = duration(max(0.0, now - newest.at))
            section.warn(
                f"worker {worker.name} runs code from before {newest.file} was changed, {ago} ago",
                "have it run the new one: frappe-celery restart",
            )


def newest_change(config: Settings) -> Change:
    """Of the apps' code on this machine."""
    return max(_changes(config), default=Change(0.0))


def _changes(config: Settings) -> Iterator[Change]:
    for name in dict.fromkeys((*config.app_names, *config.job_modules)):
        with suppress(ImportError, ValueError):  # said with the configuration
            spec = find_spec(name)
            if spec is not None and spec.submodule_search_locations is not None:
                for folder in spec.submodule_search_locations:
                    yield from _changed_in(folder)
            elif spec is not None and spec.origin is not None:
                yield Change(Path(spec.origin).stat().st_mtime, spec.origin)


def _changed_in(folder: str) -> Iterator[Change]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in NOT_CODE and not entry.name.startswith("."):
                yield from _changed_in(entry.path)
        elif entry.name.endswith(".py"):
            with suppress(FileNotFoundError):  # an editor just replaced it
                yield Change(entry.stat().st_mtime, entry.path)
