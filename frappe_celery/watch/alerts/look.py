"""Who looks: every worker and beat that is configured to, one of them each time."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import Celery, bootsteps, signals

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.watch.alerts.conditions import CONDITIONS, see
from frappe_celery.watch.alerts.delivery import check as check_urls
from frappe_celery.watch.alerts.ledger import LOOK_SECONDS, Ledger
from frappe_celery.watch.postman import Postman

logger = logging.getLogger(__name__)


def connect(app: Celery) -> None:
    """Have the app's workers and beat look; they refuse to start with a wrong configuration."""
    app.steps["consumer"].add(Alerts)
    signals.celeryd_init.connect(check)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(check)
        beat_starts.connect(watch)


def check(**_: Any) -> None:
    """End a worker or beat that is configured wrongly, with a sentence."""
    if _is_on():
        try:
            check_urls(settings.current())
        except ConfigError as exc:
            raise SystemExit(f"Error: ConfigError: {exc}") from exc


def _is_on() -> bool:
    return bool(settings.current().frappe_celery_alerts)


def look_around(store: JobStore) -> None:
    """Note what holds now; raises BrokerUnreachable."""
    seen = see(store)
    Ledger(store).note(
        (condition, found)
        for condition in CONDITIONS
        if condition.find is not None
        for found in condition.find(seen)
    )


class Lookout:
    """What a worker or beat looks at the bench with, and tells people by."""

    def __init__(self) -> None:
        root, module = settings.current().root, "frappe_celery.watch.alerts"
        self._postman = Postman(root, module, lambda token: Ledger(get_store()).delivers(token))

    def look(self) -> None:
        """Once more; whatever goes wrong, who looks goes on."""
        try:
            if Ledger(get_store()).is_my_turn():
                look_around(get_store())
            self._postman.look()
        except OSError as exc:  # a broker that is away, or a machine without room
            logger.info("alerts are looked for later: %s", exc)
        except Exception:
            logger.exception("alerts")


def watch(**_: Any) -> None:
    """A starting beat's part, in a thread: its scheduler waits for nobody."""
    if not _is_on():
        return
    lookout = Lookout()

    def look() -> None:
        while True:
            lookout.look()
            time.sleep(LOOK_SECONDS)

    threading.Thread(target=look, daemon=True, name="alerts").start()


class Alerts(bootsteps.StartStopStep):
    """A worker's part, between its other work: no thread runs where processes are forked."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def include_if(self, consumer: Any) -> bool:
        return _is_on()

    def create(self, consumer: Any) -> None:
        self.lookout = Lookout()
        self.entry: Any = None

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        self.entry = consumer.timer.call_repeatedly(LOOK_SECONDS, self.lookout.look)

    def stop(self, consumer: Any) -> None:
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None
