"""Who runs jobs: the workers, their processes and queues, and whether their code is the newest."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib.util import find_spec
from typing import NamedTuple

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.limits.fresh import LEARNED, learned, replaced
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch.doctor.installation import Installation, LeftInRq
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.words import duration, moment, some_of

SHOWN = ("name", "queues", "processes", "state", "current_job", "successful", "failed")
SILENT_SECONDS = 30.0
"""Twice what the reaper takes: a consumer silent for longer is dead, and nobody settles it."""
NOT_CODE = {"node_modules", "__pycache__", "public", "locale", "tests"}


def check(section: Section, now: Now, here: Installation) -> None:
    """Every living worker, and jobs in the hands of dead ones."""
    store, config = now.store, now.store.settings
    if hosts.is_bench():
        _check_switch(section, config, here)
    for worker in now.workers:
        shown = {name: getattr(worker, name) for name in SHOWN}
        section.row(**shown, up_seconds=round(now.at - worker.birth))
        _check_imports(section, store, worker)
    section.rows += here.rq_workers
    has_work = not hosts.is_bench() or config.frappe_celery_enabled
    if now.unknown:
        section.note(f"which workers run cannot be told while {now.unknown}: they wait for it")
    elif not now.workers and has_work and not all(map(here.leads_to_rq, config.queues)):
        tell_none(section)
    for method in learned(replaced(store)):
        section.note(
            f"{method}: {LEARNED}",
            "the log says what they left; once it is mended: frappe-celery workers state --forget",
        )
    if not now.unknown and (dead := _jobs_of_the_dead(store, now.at - SILENT_SECONDS)):
        section.warn(
            f"{counted(sum(dead), 'job')} in the hands of {counted(len(dead), 'worker')} that died",
            "a running worker settles them within seconds: start one",
        )


def tell_none(section: Section) -> None:
    """That none lives."""
    section.problem(
        "no worker runs: no job will run",
        "start one in your process manager, or by hand: frappe-celery worker",
        "NoWorker",
    )


def _check_imports(section: Section, store: JobStore, worker: WorkerInfo) -> None:
    new_code = store.workers.exchange(worker.name) or {}
    for what, failures in (
        ("cannot import", worker.cannot_import or {}),
        ("was not exchanged, new code cannot import", new_code),
    ):
        for module, error in failures.items():
            text = f"worker {worker.name} {what} {module}: {error}"
            if not module:  # it came to no import
                text = f"worker {worker.name} was not exchanged: {error}"
            section.problem(text, "mend it, then: frappe-celery workers restart")
    if since := store.workers.exchanging_since(worker.name):
        section.note(f"worker {worker.name}: an exchange is under way since {moment(since)}")


def _jobs_of_the_dead(store: JobStore, before: float) -> list[int]:
    """How many each worker has that gave no sign of life since then, where it has any."""
    keys, client = store.keys, store.client
    dead = client.zrangebyscore(keys.consumers, "-inf", before)
    held = [client.hvals(keys.in_flight(consumer.decode())) for consumer in dead]
    # what begins with a brace is another Celery task's message
    jobs = (sum(b"\n{" not in value for value in values) for values in held)
    return [number for number in jobs if number]


def _check_rqs(section: Section, left: LeftInRq, config: Settings, here: Installation) -> None:
    """What waits in RQ: where its workers have work that is where it belongs."""
    belongs = here.leads_to_rq(left.queue) or not config.frappe_celery_enabled
    jobs = f"{counted(left.waiting, 'job')} waiting in RQ's queue {left.queue}"
    if not left.served:
        what = "bring them over: frappe-celery switch move"
        if belongs:
            what = (
                f"start one in your process manager, or by hand: bench worker --queue {left.queue}"
            )
        section.problem(f"{jobs}, and no worker of RQ's takes jobs from it", what)
    elif not belongs:
        section.warn(
            f"{jobs}, which a worker of RQ's still serves: a process that was not restarted"
            " enqueued them",
            "restart the bench's processes; then: frappe-celery switch move",
        )


def _check_switch(section: Section, config: Settings, here: Installation) -> None:
    if not config.frappe_celery_enabled:
        section.warn(
            "this bench is not switched over: Frappe's jobs go to RQ and its workers",
            "switch it over: frappe-celery switch, piece by piece while it works; a bench that has"
            " nothing to do, all at once: frappe-celery enable",
        )
    elif not here.is_hooked:
        section.problem(
            "this bench is switched over, but its hook is not in this environment, or is another"
            " version's: a script that imports Frappe alone still enqueues to RQ",
            "write it anew: frappe-celery enable" + (" --armed" if config.is_armed else ""),
        )
    for left in here.in_rq:
        _check_rqs(section, left, config, here)
    for line in here.misfits:
        section.problem(
            f"this bench's Frappe is none that this version was made for: {line}",
            "install a frappe_celery that knows it, or frappe-celery disable",
        )


class Change(NamedTuple):
    """A file's."""

    at: float
    file: str = ""


def check_code(section: Section, now: Now) -> None:
    """Name each worker that is older than the configuration, or of this machine than the newest
    change of the apps' code, but where it was said that it could not be exchanged, or is being."""
    newest, exchanges = cache(partial(newest_change, now.store.settings)), now.store.workers
    for worker in now.workers:
        if exchanges.exchange(worker.name) or exchanges.exchanging_since(worker.name):
            continue
        if change := changed_since(worker, newest):
            ago = duration(max(0.0, now.at - change.at))
            section.warn(
                f"worker {worker.name} runs code from before {change.file} was changed, {ago} ago",
                "have it run the new one: frappe-celery workers restart",
            )
        elif worker.outdated:
            section.warn(
                f"worker {worker.name} is older than the configuration, where"
                f" {some_of(worker.outdated)} changed since it began",
                "have it go by what stands there now: frappe-celery workers restart",
            )


def changed_since(worker: WorkerInfo, newest: Callable[[], Change]) -> Change | None:
    """The newest change of the apps' code that it began before; None: it runs what there is, or
    runs on another machine."""
    if worker.hostname != socket.gethostname():
        return None
    change = newest()
    return change if worker.birth < change.at else None


def newest_change(config: Settings) -> Change:
    """Of the apps' code on this machine."""
    newest = Change(0.0)
    for file in _files(config):
        with suppress(FileNotFoundError):  # an editor just replaced it, or it is none
            newest = max(newest, Change(os.stat(file).st_mtime, file))
    return newest


def _files(config: Settings) -> Iterator[str]:
    for name in dict.fromkeys((*config.app_names, *config.job_modules)):
        with suppress(ImportError, ValueError):  # said with the configuration
            spec = find_spec(name)
            if spec is None:
                continue
            yield spec.origin or ""
            for top in spec.submodule_search_locations or ():
                for folder, folders, files in os.walk(top):
                    folders[:] = [n for n in folders if n not in NOT_CODE and n[0] != "."]
                    yield from (f"{folder}/{file}" for file in files if file.endswith(".py"))
