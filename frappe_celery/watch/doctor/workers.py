"""Who runs jobs: the workers, their processes and queues."""

from __future__ import annotations

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch.doctor.installation import InRq, Installation
from frappe_celery.watch.doctor.report import Section, counted

SHOWN = ("name", "queues", "processes", "state", "current_job", "successful", "failed")
SILENT_SECONDS = 30.0
"""Twice what the reaper takes: a consumer silent for longer is dead, and nobody settles it."""


def check(
    section: Section,
    store: JobStore,
    now: float,
    workers: list[WorkerInfo],
    here: Installation,
    are_known: bool,
) -> None:
    """Every living worker, and jobs in the hands of dead ones."""
    config = store.settings
    if hosts.is_bench():
        _check_switch(section, config, here)
    for worker in workers:
        shown = {name: getattr(worker, name) for name in SHOWN}
        section.row(**shown, up_seconds=round(now - worker.birth))
        _check_code(section, store, worker)
    has_work = not hosts.is_bench() or config.frappe_celery_enabled
    if not are_known:
        section.note("which workers run cannot be told while RabbitMQ is away: they wait for it")
    elif not workers and has_work and not all(map(here.is_rqs, config.queues)):
        section.problem("no worker runs: no job will run", "start one: frappe-celery worker")
    if dead := _jobs_of_the_dead(store, now - SILENT_SECONDS):
        section.warn(
            f"{counted(sum(dead), 'job')} in the hands of {counted(len(dead), 'worker')} that died",
            "a running worker settles them within seconds: start one",
        )


def _check_code(section: Section, store: JobStore, worker: WorkerInfo) -> None:
    mend = "mend it, then: frappe-celery restart"
    for module, error in worker.cannot_import.items():
        section.problem(f"worker {worker.name} cannot import {module}: {error}", mend)
    for module, error in (store.workers.exchange(worker.name) or {}).items():
        section.problem(
            f"worker {worker.name} was not exchanged, new code cannot import {module}: {error}",
            mend,
        )


def _jobs_of_the_dead(store: JobStore, before: float) -> list[int]:
    """How many each worker has that gave no sign of life since then, where it has any."""
    keys, client = store.keys, store.client
    dead = client.zrangebyscore(keys.consumers, "-inf", before)
    held = [client.hvals(keys.in_flight(consumer.decode())) for consumer in dead]
    # what begins with a brace is another Celery task's message
    jobs = (sum(b"\n{" not in value for value in values) for values in held)
    return [number for number in jobs if number]


def _check_rqs(section: Section, left: InRq, config: Settings, here: Installation) -> None:
    """What waits in RQ: where its workers have work that is where it belongs."""
    belongs = here.is_rqs(left.queue) or not config.frappe_celery_enabled
    jobs = f"{counted(left.waiting, 'job')} waiting in RQ's queue {left.queue}"
    if not left.served:
        what = "bring them over: frappe-celery move"
        if belongs:
            what = f"start one: bench worker --queue {left.queue}"
        section.problem(f"{jobs}, and no worker of RQ's takes jobs from it", what)
    elif not belongs:
        section.warn(
            f"{jobs}, which a worker of RQ's still serves: a process that was not restarted"
            " enqueued them",
            "restart the bench's processes; then: frappe-celery move",
        )


def _check_switch(section: Section, config: Settings, here: Installation) -> None:
    if not config.frappe_celery_enabled:
        section.warn(
            "this bench is not switched over: Frappe's jobs go to RQ and its workers",
            "switch it over: frappe-celery enable",
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
