"""Workers and beat look whether something is to be told, and start the process that tells it.

What beat logs as an error is mailed too. It is kept in memory until Redis takes it, since that it
was away is one of those errors.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import uuid4

from celery import Celery, bootsteps, signals
from celery.worker import state

from frappe_celery.config import settings
from frappe_celery.config.installed import is_there
from frappe_celery.config.settings import Settings
from frappe_celery.errors import CannotStart, ConfigError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.record.kinds import kind_of
from frappe_celery.watch.logs.output import OF_BEAT
from frappe_celery.watch.notify.ledger import LOOK_SECONDS, Alerts, Ledger, Mails
from frappe_celery.watch.notify.mail_config import MailConfig
from frappe_celery.watch.notify.receivers import MISSING, check

logger = logging.getLogger(__name__)

PROGRAM = "frappe_celery.watch.notify"
SECONDS = 1.0
"""How soon a first failure is mailed."""
LAST_SECONDS = 3.0
"""How long a worker that stops waits for what is sent last."""
NICER = 10
"""Where jobs leave no processor idle what is sent takes seconds longer, and they do not."""
MOST_WAITING = 1000
_SITE = re.compile(r"\bsite (\S+?):|\bof site ([^\s,:]+)")


class BeatErrors(logging.Handler):
    """Takes down what the scheduler logs as an error, and counts it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.waiting: deque[tuple[float, str, str]] = deque(maxlen=MOST_WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        """Take it down; the thread does the rest."""
        try:
            self.waiting.append((record.created, record.getMessage(), self.format(record)))
        except Exception:
            self.handleError(record)

    def count(self, mails: Mails) -> None:
        """Give Redis what waits; raises BrokerUnreachable, and keeps the rest."""
        while self.waiting:
            at, message, text = self.waiting[0]
            found = _SITE.search(message)
            site = (found[1] or found[2]) if found else "all sites"
            same = re.sub(r"\d+", "#", message)[:300]
            kind = f"beat|{same}" if text == message else f"beat|{same}|{kind_of(text)}"
            about = {"method": "beat", "site": site, "exc_info": text, "worker": "beat"}
            mails.count(kind, site, "", about, at)
            self.waiting.popleft()


class Lookout:
    """A worker's or beat's. Any number look: Redis lets one of them send."""

    def __init__(self, in_beat: bool = False) -> None:
        self._errors = BeatErrors()
        self._next_look = 0.0
        self._senders: dict[str, subprocess.Popen[bytes]] = {}
        self._mails = some_are_written_to()
        for name in OF_BEAT if in_beat and self._mails else ():
            logging.getLogger(name).addHandler(self._errors)

    def look(self) -> None:
        """Have told what there is; whatever goes wrong, who looks goes on."""
        for name, look in ((Mails.name, self._look_at_mails), (Alerts.name, self._look_at_alerts)):
            try:
                look()
            except OSError as exc:  # a broker that is away, or a machine without room
                logger.debug("%s: later, %s", name, exc)
            except Exception:
                logger.exception(name)

    def end(self) -> None:
        """What there is to tell goes first."""
        self._next_look = 0.0
        self.look()
        for sender in self._senders.values():
            with suppress(subprocess.TimeoutExpired):
                sender.wait(LAST_SECONDS)

    def _look_at_mails(self) -> None:
        if self._mails:
            mails = Mails(get_store())
            self._errors.count(mails)
            self._send(mails)

    def _look_at_alerts(self) -> None:
        """Look what holds, where the configuration as it stands in its file names somebody, and it
        is this process's turn."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        try:
            config = Settings.load()
        except ConfigError:  # a file that is just being written
            config = settings.current()
        if config.frappe_celery_alerts and not is_there("apprise"):
            _tell_that_it_is_missing()
        elif config.frappe_celery_alerts:
            alerts = Alerts(get_store())
            if alerts.is_my_turn():
                look_around(alerts.store)
            self._send(alerts)

    def _send(self, ledger: Ledger) -> None:
        before = self._senders.get(ledger.name)
        token, root = uuid4().hex, settings.current().root
        if (before is None or before.poll() is not None) and ledger.sends(token):
            sender = self._senders[ledger.name] = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, ledger.name, token],
                stdin=subprocess.DEVNULL,
                cwd=root,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "FRAPPE_BENCH_ROOT": str(root),
                },
            )
            nicer = os.getpriority(os.PRIO_PROCESS, 0) + NICER
            os.setpriority(os.PRIO_PROCESS, sender.pid, nicer)


def look_around(store: JobStore) -> None:
    """Note what holds now; raises BrokerUnreachable."""
    from frappe_celery.watch.notify import conditions  # and doctor, which only who looks needs

    Alerts(store).note(conditions.hold(store))


@cache
def _tell_that_it_is_missing() -> None:
    logger.error("nobody is told when something is wrong: %s", MISSING)


class Notify(bootsteps.StartStopStep):
    """A worker's part, between its other work: no thread runs where processes are forked."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    timer: Any = None

    def create(self, consumer: Any) -> None:
        self.lookout = Lookout()

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        self.timer = consumer.timer.call_repeatedly(SECONDS, self.lookout.look)

    def stop(self, consumer: Any) -> None:
        """End; at the worker's end what there is to tell goes first."""
        begun, self.timer = self.timer, None
        if begun is not None:
            begun.cancel()
            if state.should_stop is not None:
                self.lookout.end()


def connect(app: Celery) -> None:
    """Have the app's workers and beat look; they refuse to start with a wrong configuration."""
    app.steps["consumer"].add(Notify)
    signals.celeryd_init.connect(some_are_written_to)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(_watch)


def some_are_written_to(**_: Any) -> bool:
    """Whether failures are mailed; raises CannotStart where that, or an alert's URL, is wrong."""
    try:
        check(settings.current())
        return MailConfig.of(settings.current()) is not None
    except ConfigError as exc:
        raise CannotStart(f"ConfigError: {exc}") from exc


def _watch(**_: Any) -> None:
    """Beat's part, in a thread: its scheduler waits for nobody."""
    lookout = Lookout(in_beat=True)
    threading.Thread(target=_look_on, args=(lookout,), daemon=True, name=PROGRAM).start()


def _look_on(lookout: Lookout) -> None:
    while True:
        lookout.look()
        time.sleep(SECONDS)
