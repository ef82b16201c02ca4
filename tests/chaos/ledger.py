"""What was written outside the system under test, and what the system itself says at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timezone
from pathlib import Path
from typing import Any

from frappe_celery.jobs import Job, JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.worker.abandoned import AFTERMATH


@dataclass(frozen=True)
class Line:
    """A job's process was here. `at` is in seconds since the epoch."""

    run: str
    pid: int
    parent: int
    at: float


CALLED = "-"
"""For the run of a callback, of which its caller knows none."""
ADDED = "+"
"""What the token of a job ends with that a job of a batch has added to it."""
CALLBACKS = ("on_ended", "on_finished")


@dataclass
class Enqueued:
    """What an enqueuer did with a token."""

    kind: str
    """See `enqueuer.KINDS`."""
    not_before: float = 0.0
    """Seconds since the epoch at which it may start."""
    depends_on: dict[str, bool] = field(default_factory=dict)
    """Tokens of the jobs that it waits for, and whether they may fail."""
    run: str = ""
    """The run that was acknowledged."""
    raised: str = ""


@dataclass(frozen=True)
class Record:
    """How the system says that a run ended."""

    run: str
    name: str
    """The token that it was enqueued with; a scheduled run's is its method; what follows an
    abandoned run is none of these, and may be abandoned itself."""
    status: str
    reason: str
    """Of its exc_info: the last line of a traceback, all of an AbandonedJobError's."""
    worker: str
    began: bool
    ended_at: float = 0.0
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Due:
    """A due time that the scheduler acted on, for all those after `after`."""

    method: str
    after: float | None
    due: float
    outcome: str
    run: str


@dataclass
class Evidence:
    """All that the verdict rests on."""

    enqueued: dict[str, Enqueued] = field(default_factory=dict)
    starts: dict[str, list[Line]] = field(default_factory=dict)
    """By token; a scheduled run's token is its run id."""
    ends: dict[str, list[Line]] = field(default_factory=dict)
    raises: dict[str, list[Line]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    """By run id."""
    dues: list[Due] = field(default_factory=list)
    """In the order in which they were acted on."""
    kills: list[float] = field(default_factory=list)
    """When a worker or a process of one was killed or began to stand still for long."""
    killed: set[int] = field(default_factory=set)
    """Process ids."""
    hurt: set[str] = field(default_factory=set)
    """Names of workers that were killed, or of which a process was."""
    frozen: set[int] = field(default_factory=set)
    """Process ids that stood still for so long that they may count as dead."""
    frozen_workers: set[str] = field(default_factory=set)
    held: list[str] = field(default_factory=list)
    """What lies in queues or in consumers' hands at the end."""
    stubborn: list[str] = field(default_factory=list)
    """Names of workers that did not end when they were told to, with nothing left to do."""
    contradictions: list[str] = field(default_factory=list)
    """What does not agree in Redis."""


def read_files(folder: Path) -> Evidence:
    """The ledger's part."""
    evidence = Evidence()
    for path in sorted(folder.glob("enqueued-*")):
        for what, token, *more in _lines(path):
            if what == "try":
                needs = {one.rstrip("?"): one.endswith("?") for one in more[2:]}
                evidence.enqueued[token] = Enqueued(more[0], float(more[1]), needs)
            elif what == "ack":
                evidence.enqueued[token].run = more[0]
            else:
                evidence.enqueued[token].raised = more[0]
    _have_callbacks_wait_for_what_was_added(evidence.enqueued)
    places = {"start": evidence.starts, "end": evidence.ends, "raise": evidence.raises}
    for what, token, run, pid, parent, at in _lines(folder / "jobs"):
        line = Line(run, int(pid), int(parent), float(at))
        places[what].setdefault(token, []).append(line)
    return evidence


def _have_callbacks_wait_for_what_was_added(enqueued: dict[str, Enqueued]) -> None:
    for token in [token for token in enqueued if token.endswith(ADDED)]:
        for role in CALLBACKS:
            callback = enqueued[f"{token.rpartition('-')[0]}-{role}"]
            callback.depends_on[token] = role == "on_ended"


def _lines(path: Path) -> Iterator[list[str]]:
    if path.exists():
        yield from (line.split() for line in path.read_text().splitlines())


def _record(run: Job, name: str) -> Record:
    reason = (run.exc_info or "").strip()
    if not reason.startswith("AbandonedJobError"):
        reason = reason.rpartition("\n")[2]
    return Record(
        run.run_id,
        name,
        run.status.value,
        reason,
        (run.worker_name or "").partition("@")[0],
        run.started_at is not None,
        run.ended_at.replace(tzinfo=timezone.utc).timestamp() if run.ended_at else 0.0,
    )


def read_store(evidence: Evidence, store: JobStore) -> None:
    """The system's own part."""
    for job in store.page(length=10_000_000):
        if job.method == AFTERMATH and job.status.value == "finished":  # it leaves no line
            continue
        name = job.kwargs.get("token") or job.job_name.rpartition(".")[2]
        name = job.job_name if job.method == AFTERMATH else name
        for run in (*job.attempts, job):
            evidence.records[run.run_id] = _record(run, name)
    evidence.held = sorted(_held(store))
    evidence.dues = read_dues(store)


def read_dues(store: JobStore) -> list[Due]:
    """Every due time that was acted on, oldest first."""
    entries = store.client.lrange(store.keys.acted, 0, -1)
    return [_due(json.loads(entry)) for entry in reversed(entries)]


def _due(entry: dict[str, Any]) -> Due:
    after = entry["after"]
    method = entry["entry"].rpartition(".")[2]
    return Due(
        method, float(after) if after else None, float(entry["due"]), entry["outcome"], entry["run"]
    )


def _held(store: JobStore) -> Iterator[str]:
    prefix = store.keys.prefix
    for key in store.client.scan_iter(match=f"{prefix}inflight:*", count=1000):
        yield from (f"held: {value.decode()}" for value in store.client.hvals(key))
    yield from (f"kept back: {n} by {name}" for name, n in Limits(store).kept_back().items())
    for queue in store.settings.queues:
        yield from (f"in {queue}: {token}" for line in store.standing(queue) for token in line)
        if store.forwarder is not None and store.forwarder.waiting(queue):
            yield f"in RabbitMQ's {queue}: {store.forwarder.waiting(queue)} messages"
