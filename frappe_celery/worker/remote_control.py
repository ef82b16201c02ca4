"""Celery's remote control: whose commands are acted on, and what they do with jobs.

A command is heeded (`Node`) when its sender has the key, it is fresh, and it is new. The signature
itself is checked as the message comes (`brokers.whole_messages`, `take`). It stands in a header, so
workers of the version before read the same messages.

Jobs are taken by a worker's processes themselves: `inspect active`, `control revoke` and
`terminate` know them beside the tasks of which Celery knows. `control exchange` is our own.
"""

from __future__ import annotations

import logging
import os
import signal as signals
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.app.control import Control as CeleryControl
from celery.utils.functional import maybe_list
from celery.worker import control
from celery.worker import state as worker_state
from celery.worker.control import control_command, inspect_command
from celery.worker.request import Request
from kombu import pidbox
from kombu.serialization import loads

from frappe_celery import canvas
from frappe_celery.brokers.whole_messages import STAMP
from frappe_celery.config import settings
from frappe_celery.config.signing import Signer
from frappe_celery.errors import InvalidJobOperation, Refused
from frappe_celery.jobs import get_store
from frappe_celery.worker.crew import Crew, crew_of
from frappe_celery.worker.member import Doing
from frappe_celery.worker.pool import MOST_PROCESSES
from frappe_celery.worker.readiness import FORCED

logger = logging.getLogger(__name__)

MOST_TIMES = 10
"""How many times as many processes a pool may have as it began with."""
SUPERVISOR = b"frappe_celery/commands/supervisor.py"
"""The file that `frappe-celery supervise` runs."""
FRESH_SECONDS = 300.0
"""By how much a command's date may differ from this machine's clock: as long as Celery keeps those
for a worker that is away (`control_queue_ttl`). So long it is remembered."""


# -- whose commands are acted on


class Node(pidbox.Node):
    """A worker's end of the mailbox."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._began = time.time()
        self._known: dict[str, float] = {}
        self._logged: set[tuple[str, str]] = set()

    def handle_message(self, body: Any, message: Any = None) -> Any:
        """Act on it, unless it is refused; the log says so once for each command and reason."""
        try:
            self._check(message)
        except Refused as exc:
            method = str(body.get("method"))[:100] if isinstance(body, dict) else "?"
            kind = (method if method in (self.handlers or {}) else "?", str(exc))
            if kind not in self._logged:
                self._logged.add(kind)
                logger.warning("refused the control command %r: %s", method, exc)
            return None
        return super().handle_message(body, message)

    def _check(self, message: Any) -> None:
        stamp = str(message.headers.get(STAMP, "")).split()
        exchange: Any = self.mailbox.exchange  # type: ignore[union-attr]  # it has one
        if len(stamp) != 2 or message.delivery_info.get("exchange") != exchange.name:
            raise Refused(
                "its signature is missing or wrong. Send it with this package and the bench's key"
                " (celery -A frappe_celery …, frappe-celery flower), not with --broker alone"
            )
        at, name = float(stamp[0]), stamp[1]
        now = time.time()
        if abs(now - at) > FRESH_SECONDS:
            raise Refused(
                f"it is dated more than {FRESH_SECONDS:.0f} s before or after this machine's time:"
                " it is an old one, or the clocks differ: set both by NTP"
            )
        if at < self._began:
            raise Refused(
                "it is dated before this worker began: it is an old one, or the sender's clock is"
                " behind this machine's: set both by NTP, or try again in a moment"
            )
        self._known = {n: until for n, until in self._known.items() if until > now}
        if name in self._known:
            raise Refused("it was acted on already")
        self._known[name] = max(now, at) + FRESH_SECONDS


class Control(CeleryControl):
    """Celery's, at whose mailbox such workers listen; named in `FrappeCelery.control_cls`."""

    class Mailbox(pidbox.Mailbox):
        node_cls = Node


# -- the commands


@inspect_command(alias="dump_active")  # type: ignore[untyped-decorator]
def active(state: Any, safe: bool = False, **options: Any) -> list[dict[str, Any]]:
    """List of tasks currently being executed."""
    found: list[dict[str, Any]] = control.active(state, safe=safe, **options)
    return found + _jobs(crew_of(state.consumer.controller), state.hostname)


def _jobs(crew: Crew, hostname: str) -> list[dict[str, Any]]:
    running = [(one, seen) for one, seen in crew.seen() if seen.doing == Doing.RUNS]
    jobs = get_store().read([seen.run for _, seen in running])
    return [
        {
            "id": seen.run,
            "name": job.label,
            "args": "()",
            "kwargs": "{}",
            "type": job.label,
            "hostname": hostname,
            "time_start": seen.began,
            "acknowledged": True,
            "delivery_info": {"exchange": "", "routing_key": job.queue, "redelivered": False},
            "worker_pid": one.pid,
        }
        for (one, seen), job in zip(running, jobs)  # noqa: B905 (equal by construction)
        if job is not None
    ]


@inspect_command(args=[("since", float)])  # type: ignore[untyped-decorator]
def held(state: Any, since: float) -> int:
    """How many tasks it holds that were sent before `since`, or lead to a job that the key which
    signs now did not sign (frappe-celery key end)."""
    waiting = (each.entry.args[:1] for each in state.consumer.timer.schedule.queue)
    requests = {one for args in waiting for one in args if isinstance(one, Request)}
    requests.update(worker_state.reserved_requests, worker_state.active_requests)
    signer = Signer(settings.current().keys.now()[0])
    return sum(_needs_a_former_key(request, since, signer) for request in requests)


def _needs_a_former_key(request: Request, since: float, signer: Signer) -> bool:
    headers, body = request.request_dict, request.body
    sent = headers.get(STAMP, "").partition(" ")[0]  # '': unsigned, no key is needed
    if sent and float(sent) < since:
        return True
    if not isinstance(body, (list, tuple)):
        kinds = [request.content_type]
        body = loads(body, request.content_type, request.content_encoding, accept=kinds)
    return not canvas.are_signed([headers, body], signer)


@control_command(variadic="task_id", signature="[id1 [id2 [... [idN]]]]")  # type: ignore[untyped-decorator]
def revoke(
    state: Any, task_id: Any, terminate: bool = False, signal: Any = None, **options: Any
) -> Any:
    """Revoke task by task id (or list of ids).

    A job that waits is canceled, with `terminate` one that runs is stopped.
    """
    ids = [str(name) for name in maybe_list(task_id) or []]
    jobs = [job for job in get_store().read(ids) if job is not None]
    for job in jobs:
        logger.info("Revoking job %s", job.run_id)
        for end in (job.cancel, job.stop) if terminate else (job.cancel,):
            with suppress(InvalidJobOperation):  # another worker, which was told too, did it
                end()
                break
    known = {job.run_id for job in jobs}
    others = [name for name in ids if name not in known]
    if jobs and not others:
        return control.ok(f"jobs {', '.join(sorted(known))} revoked")
    return control.revoke(state, others, terminate=terminate, signal=signal, **options)


@control_command(  # type: ignore[untyped-decorator]
    variadic="task_id", args=[("signal", str)], signature="<signal> [id1 [id2 [... [idN]]]]"
)
def terminate(state: Any, signal: Any, task_id: Any, **options: Any) -> Any:
    """Terminate task by task id (or list of ids)."""
    return revoke(state, task_id, terminate=True, signal=signal)


@control_command(args=[("n", int)], signature="[N=1]")  # type: ignore[untyped-decorator]
def pool_grow(state: Any, n: int = 1, **options: Any) -> Any:
    """Grow pool by n processes/threads, to ten times what it began with at most."""
    return _too_many(state, state.consumer.pool.num_processes + n) or control.pool_grow(state, n)


@control_command(args=[("max", int), ("min", int)], signature="[max [min]]")  # type: ignore[untyped-decorator]
def autoscale(state: Any, max: int | None = None, min: int | None = None, **options: Any) -> Any:
    """Modify autoscale settings, to ten times what the pool began with at most."""
    return _too_many(state, max or 0, min or 0) or control.autoscale(state, max, min)


def _too_many(state: Any, *processes: int) -> Any:
    most = min(MOST_TIMES * state.consumer.controller.concurrency, MOST_PROCESSES)
    if max(processes) > most:
        return control.nok(f"it would have more than {most}: start it with a higher --concurrency")
    return None


@control_command()  # type: ignore[untyped-decorator]
def exchange(state: Any, force: bool = False, **options: Any) -> Any:
    """Start another worker in this one's place (frappe-celery workers restart)."""
    parent = os.getppid()
    words = Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")
    if not any(word.endswith(SUPERVISOR) for word in words):
        return control.nok("it does not run under frappe-celery supervise: restart it otherwise")
    if force:
        get_store().workers.note_exchange(state.hostname, FORCED)
    os.kill(parent, signals.SIGHUP)
    return control.ok(f"process {parent} starts another")
