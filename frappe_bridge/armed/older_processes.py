"""Whether every process of a bench has the seam: only then do routes say where all jobs go."""

from __future__ import annotations

import math
import os
import socket
import sys
import sysconfig
import time
from collections.abc import Iterator
from datetime import timezone

import psutil
from rq.worker import Worker as RQWorker

from frappe_celery.errors import ConfigError
from frappe_celery.hosts.bench import switch
from frappe_celery.hosts.bench.rq_names import own_name
from frappe_celery.jobs import get_store

GUIDE = "frappe-celery switch"
"""What may have called the command that asks; it enqueues nothing by Frappe."""
SKEW_SECONDS = 60
"""By how much an armed worker may seem to be born before it said so."""


def without_the_seam() -> list[str]:
    """Processes that began before the bench was armed, each as words for a person.

    Of this machine those that run in the bench's environment, as far as this user may look; of
    others RQ's workers, which say in Redis when they began, as armed processes there do. A web
    server on another machine says that nowhere.

    Raises:
        BrokerUnreachable, ConfigError: the environment has no hook.
    """
    return [*_older_here(), *_older_elsewhere()]


def _hooked_since() -> float:
    """Since when processes that start have the hook and know of routes, in seconds since the epoch.

    Raises:
        ConfigError: the environment has no hook.
    """
    try:
        return switch.installed(".pth").stat().st_mtime
    except FileNotFoundError:
        raise ConfigError(
            f"the hook is not in the environment {sys.prefix}: write it anew with frappe-celery"
            " enable --armed, and restart the bench's processes"
        ) from None


def _older_here() -> Iterator[str]:
    since = _hooked_since()
    for process in psutil.process_iter(["pid", "create_time", "cmdline"]):
        about, command = process.info, " ".join(process.info["cmdline"] or ())
        is_older = exactly(about["create_time"]) < since and about["pid"] != os.getpid()
        if is_older and GUIDE not in command and _runs_in_this_environment(about["pid"]):
            yield f"process {about['pid']} ({command[:100]})"


def exactly(created: float) -> float:
    """psutil's time of a process's beginning, seconds since the epoch, to the hundredth.

    psutil counts from when the machine began, which Linux says in whole seconds: a process seems to
    be born up to a second before it was.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is None:
        return created
    machine_began = time.time() - time.clock_gettime(clock)
    return created + machine_began - float(psutil.boot_time())


def _runs_in_this_environment(pid: int) -> bool:
    """Whether it has a library of it loaded, as all that import Frappe have."""
    packages = f" {os.path.realpath(sysconfig.get_path('platlib'))}/"
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            return any(packages in line for line in maps)
    except OSError:  # it is gone, or another user's
        return False


def _older_elsewhere() -> Iterator[str]:
    store, here = get_store(), socket.gethostname()
    armed = store.client.hgetall(store.keys.armed)
    armed_since = {host.decode(): float(at) for host, at in armed.items()}
    for worker in RQWorker.all(connection=store.client):
        born = worker.birth_date
        if worker.hostname == here or not born or not any(map(own_name, worker.queue_names())):
            continue
        born = born.replace(tzinfo=timezone.utc)  # which RQ says from version 2 on
        if born.timestamp() < armed_since.get(worker.hostname, math.inf) - SKEW_SECONDS:
            yield f"RQ worker {worker.name}, process {worker.pid} on {worker.hostname}"
