"""Whether a worker is ready: the code that it starts with imports, and whoever started it is told.

Of a supervised worker (`frappe-celery supervise`) what hooks name, and what the newest jobs that
finished called, is imported in a fork, which costs the worker no memory. The worker before it goes
on where something fails that it could import; it is told to stop once this one is ready. systemd
waits for that with `Type=notify`.
"""

from __future__ import annotations

import atexit
import logging
import mmap
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from importlib import import_module
from typing import Any

from celery import bootsteps, signals

from frappe_celery.config import settings
from frappe_celery.errors import CannotStart
from frappe_celery.jobs import JobStatus, get_store, hosts
from frappe_celery.jobs.forked import Forked
from frappe_celery.jobs.workers import WorkerInfo, why_it_stays

logger = logging.getLogger(__name__)

BEFORE = "SERVING_WORKER"
"""In the environment of a supervised worker: the process id of the one that serves, or ''."""
NAMING = ("scheduler_events", "doc_events", "before_job", "after_job")
"""The hooks that name what a worker runs."""
NEWEST_JOBS = 200
"""Of those that finished: what others call may never have been there to import."""
IMPORT_SECONDS = 90.0
"""How long a worker that is to take over waits for its fork, and for what the one before found."""
LOOK_SECONDS = 0.2
"""Between two looks at the record of the one before."""
NAMED = "what hooks and jobs name"
"""Stands for a module where none is known."""
DIED = "the process that imported it died"
DEAD: dict[str, str] = {}
"""The answer of a fork that has given none."""
ENDED_EARLY = "the worker that was to take over ended at its start: "
FORCED: dict[str, str] = {}
"""Kept in place of what fails: it takes over whatever that is."""


class Readiness(bootsteps.Step):
    """Sends `READY=1` to $NOTIFY_SOCKET, once, when the worker takes jobs.

    One that is to take another's place ends here instead, where its code does not import.
    """

    def create(self, worker: Any) -> None:
        """Before the pool forks, whose jobs have no business with that socket."""
        self.address = os.environ.pop("NOTIFY_SOCKET", "")
        before = os.environ.pop(BEFORE, None)
        worker.new_code = None if before is None else NewCode()
        if before:
            worker.new_code.take_over(int(before))
        if self.address:
            signals.worker_ready.connect(self.tell)

    def tell(self, **_: Any) -> None:
        """Say it; '@' begins an abstract name."""
        signals.worker_ready.disconnect(self.tell)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(b"READY=1", self.address.replace("@", "\0", 1))


class NewCode:
    """One worker's, made before its pool forks."""

    def __init__(self) -> None:
        self.failures: dict[str, str] | None = None
        """By module, or hooks.py: why it does not import; None: that is not known yet."""
        self._importing = mmap.mmap(-1, mmap.PAGESIZE)
        """Shared with the fork, which says there what it is about to import."""
        self._fork: Forked[dict[str, str]] | None = Forked(lambda: dict(_failures(self._note)))

    def _note(self, module: str) -> None:
        self._importing[:] = module[:1000].encode(errors="replace").ljust(mmap.PAGESIZE, b"\0")

    def look(self, seconds: float = 0.0) -> None:
        """Read what the fork found, if it has ended, or does so within `seconds`."""
        found = self._fork.answer(DEAD, seconds) if self._fork is not None else None
        if found is None:
            return
        if found is DEAD:
            found = {self._importing[:].rstrip(b"\0").decode() or NAMED: DIED}
        self.failures, self._fork = found, None
        for module, error in found.items():
            logger.error("%s cannot be imported: %s", module, error)

    def take_over(self, pid: int) -> None:
        """From the worker with that process id, on this machine.

        Raises:
            SystemExit: something fails that it could import.
        """
        workers, give_up_at = get_store().workers, time.monotonic() + IMPORT_SECONDS
        for before in serving(pid):
            workers.begin_exchange(before.name)
        self.look(IMPORT_SECONDS)
        failures = self.failures or {}
        while failures and any(before.cannot_import is None for before in serving(pid)):
            if time.monotonic() > give_up_at:
                break
            time.sleep(LOOK_SECONDS)
        for before in serving(pid):
            new = {m: e for m, e in failures.items() if m not in (before.cannot_import or {})}
            if new and workers.exchange(before.name) != FORCED:
                workers.note_exchange(before.name, new)
                raise SystemExit(f"{before.name} (process {pid}) goes on: {why_it_stays(new)}")
            workers.note_exchange(before.name, None)


def serving(pid: int) -> list[WorkerInfo]:
    """The worker with that process id, on this machine; none where it is gone."""
    here = socket.gethostname()
    found = get_store().workers.all()
    return [worker for worker in found if (worker.hostname, worker.pid) == (here, pid)]


def tell_of_an_early_end() -> None:
    """Have a worker that comes to its end before it was told what to do say so to who waits."""
    if os.environ.get(BEFORE):
        atexit.register(_ended_early)


def _ended_early() -> None:
    uncaught = getattr(sys, "last_value", None)
    said = f"{type(uncaught).__name__}: {uncaught}" if uncaught else "its log says why"
    why = ENDED_EARLY + (CannotStart.reason or said)
    with suppress(Exception):  # what ended it may be in the way of this too
        for before in serving(int(os.environ[BEFORE])):
            get_store().workers.note_exchange(before.name, {"": why})


def _failures(about_to_import: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    host, store = hosts.current(), get_store()
    named: dict[str, None] = {}
    for apps in host.task_hooks().values():
        for app in apps:
            if app.error:
                yield f"{app.app}.hooks", app.error.partition("cannot be imported: ")[2]
            for hook in NAMING:
                named |= dict.fromkeys(map(_module, _paths(app.hooks.get(hook))))
    jobs = store.page(statuses=[JobStatus.FINISHED], length=NEWEST_JOBS)
    called = {_module(job.method) for job in jobs} - named.keys()
    with ExitStack() as stack:
        _enter_a_site(stack)
        for module in filter(None, (*named, *sorted(called))):
            about_to_import(module)
            try:
                import_module(module)
            except (Exception, SystemExit) as exc:
                if module in named or not _is_gone(module, exc):
                    yield module, f"{type(exc).__name__}: {exc}"


def _enter_a_site(stack: ExitStack) -> None:
    """As the job that imports it is in one; where none opens, most can be without."""
    for site in settings.current().sites_to_try():
        with suppress(Exception):
            stack.enter_context(hosts.current().in_site(site, "Administrator"))
            return


def _is_gone(module: str, exc: BaseException) -> bool:
    """Whether there is no such module any more, as after a method has moved."""
    return isinstance(exc, ModuleNotFoundError) and module.startswith(exc.name or module)


def _paths(value: Any) -> Iterator[str]:
    """The methods that a hook names, in lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _paths(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _paths(each)


def _module(path: str) -> str:
    return path.rpartition(".")[0]
