"""Workers and beat look whether something is unsent, and start the process that sends it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any, ClassVar
from uuid import uuid4

from celery import Celery, bootsteps, signals
from celery.worker import state

from frappe_celery.config import settings
from frappe_celery.errors import CannotStart, ConfigError
from frappe_celery.jobs import get_store
from frappe_celery.watch.notify.unsent import Unsent

logger = logging.getLogger(__name__)

LAST_SECONDS = 3.0
"""How long a worker that stops waits for what is sent last."""


class Lookout:
    """A worker's or beat's, for mails or alerts. Any number look: Redis lets one of them send."""

    unsent: ClassVar[type[Unsent]]
    program: ClassVar[str]
    """What sends, as `python -m` starts it, with a token."""
    seconds: ClassVar[float]
    """How often it looks, in seconds."""
    niceness: ClassVar[int] = 0
    """Of the process that sends, beside its starter's."""

    def __init__(self, in_beat: bool = False) -> None:
        self._sender: subprocess.Popen[bytes] | None = None
        self._token = ""

    @staticmethod
    def looks() -> bool:
        """Whether a process that begins now has to look; raises ConfigError, quickly."""
        raise NotImplementedError

    def prepare(self) -> None:
        """What else is done each time; may raise BrokerUnreachable."""

    def look(self) -> None:
        """Have sent what there is; whatever goes wrong, who looks goes on."""
        try:
            self.prepare()
            self._send()
        except OSError as exc:  # a broker that is away, or a machine without room
            logger.debug("%s: later, %s", self.unsent.name, exc)
        except Exception:
            logger.exception(self.unsent.name)

    def _send(self) -> None:
        unsent = self.unsent(get_store())
        if self._sender is not None and self._sender.poll() is None:
            unsent.lease.keep(self._token)  # on a busy machine its start takes longer
            return
        self._sender, self._token, root = None, uuid4().hex, settings.current().root
        if unsent.sends(self._token):
            self._sender = subprocess.Popen(
                [sys.executable, "-m", self.program, self._token],
                stdin=subprocess.DEVNULL,
                cwd=root,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "FRAPPE_BENCH_ROOT": str(root),
                },
            )
            nicer = os.getpriority(os.PRIO_PROCESS, 0) + self.niceness
            os.setpriority(os.PRIO_PROCESS, self._sender.pid, nicer)

    def wait(self, seconds: float) -> None:
        """Let a sender that runs end."""
        if self._sender is not None:
            with suppress(subprocess.TimeoutExpired):
                self._sender.wait(seconds)


class Notify(bootsteps.StartStopStep):
    """A worker's part, between its other work: no thread runs where processes are forked."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    kinds: ClassVar[tuple[type[Lookout], ...]] = ()

    def create(self, consumer: Any) -> None:
        self.lookouts = [kind() for kind in self.kinds if kind.looks()]
        self.timers: list[Any] = []

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        every = consumer.timer.call_repeatedly
        self.timers = [every(lookout.seconds, lookout.look) for lookout in self.lookouts]

    def stop(self, consumer: Any) -> None:
        """End; at the worker's end what there is to tell goes first."""
        begun, self.timers = self.timers, []
        for timer in begun:
            timer.cancel()
        if begun and state.should_stop is not None:
            for lookout in self.lookouts:
                lookout.look()
            for lookout in self.lookouts:
                lookout.wait(LAST_SECONDS)


def connect(app: Celery, kind: type[Lookout]) -> None:
    """Have the app's workers and beat look; they refuse to start with a wrong configuration."""
    if kind not in Notify.kinds:
        Notify.kinds += (kind,)
    app.steps["consumer"].add(Notify)
    signals.celeryd_init.connect(_check)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(_check)
        beat_starts.connect(_watch)


def _check(**_: Any) -> None:
    try:
        for kind in Notify.kinds:
            kind.looks()
    except ConfigError as exc:
        raise CannotStart(f"ConfigError: {exc}") from exc


def _watch(**_: Any) -> None:
    """Beat's part, in threads: its scheduler waits for nobody."""
    for kind in Notify.kinds:
        if kind.looks():
            lookout = kind(in_beat=True)
            threading.Thread(
                target=_look_on, args=(lookout,), daemon=True, name=kind.unsent.name
            ).start()


def _look_on(lookout: Lookout) -> None:
    while True:
        lookout.look()
        time.sleep(lookout.seconds)
