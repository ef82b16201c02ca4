"""Whether every process of a bench has the seam: only then do routes say where all jobs go."""

from __future__ import annotations

import socket
import sysconfig
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import psutil
from rq.worker import Worker as RQWorker

from frappe_celery.hosts.bench import switch
from frappe_celery.jobs import get_store
from frappe_celery.jobs.connection import naming_the_server


def without_the_seam() -> list[str]:
    """Processes that began before the bench was armed, each as words for a person.

    Of this machine those that run in the bench's environment; of others RQ's workers, which say in
    Redis when they began. A web server on another machine says that nowhere.

    Raises:
        BrokerUnreachable.
    """
    since = switch.hooked_since()
    store = get_store()
    with naming_the_server(store.url):
        workers = RQWorker.all(connection=store.client)
    return [*_older_here(since), *_older_elsewhere(since, workers)]


def _older_here(since: float) -> Iterator[str]:
    this = psutil.Process()
    asking = {this.pid, *(parent.pid for parent in this.parents())}
    for process in psutil.process_iter(["pid", "create_time", "cmdline"]):
        about = process.info
        if about["pid"] in asking or about["create_time"] >= since:
            continue
        if _runs_in_this_environment(process):
            yield f"process {about['pid']} ({' '.join(about['cmdline'])[:100]})"


def _runs_in_this_environment(process: psutil.Process) -> bool:
    """Whether it has a library of it loaded, as all that import Frappe have."""
    packages = f"{sysconfig.get_path('platlib')}/"
    try:
        return any(loaded.path.startswith(packages) for loaded in process.memory_maps())
    except psutil.Error:  # it is gone, or another user's
        return False


def _older_elsewhere(since: float, workers: list[Any]) -> Iterator[str]:
    here = socket.gethostname()
    for worker in workers:
        born = worker.birth_date
        if born and _seconds(born) < since and worker.hostname != here:
            yield f"RQ worker {worker.name}, process {worker.pid} on {worker.hostname}"


def _seconds(birth: datetime) -> float:
    """RQ's times are in UTC, and say so from version 2 on."""
    return birth.replace(tzinfo=timezone.utc).timestamp()
