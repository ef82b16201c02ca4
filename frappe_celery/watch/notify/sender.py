"""The process that sends what a ledger has unsent, then ends: nobody else waits for a server."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from frappe_celery.config.settings import Settings
from frappe_celery.config.texts import EntryFormatter
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeCeleryError
from frappe_celery.jobs import get_store
from frappe_celery.watch.notify import mail_server, receivers
from frappe_celery.watch.notify.ledger import LEASE_SECONDS, Alerts, Entry, Ledger, Mails

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 120
"""After how long a server that drags on is given up, whatever it says meanwhile."""


class Receiver(Protocol):
    """Who is told."""

    def take(self, entry: Entry) -> str:
        """Have it told, or never; else why it has to come again."""


Receivers = Callable[[Settings], Mapping[str, Receiver]]
"""Those that are configured, by their ids; raises ConfigError."""
KINDS: Mapping[str, tuple[type[Ledger], Receivers]] = {
    Mails.name: (Mails, mail_server.receivers),
    Alerts.name: (Alerts, receivers.receivers),
}


def main(name: str, token: str) -> None:
    """Send, as the process that holds the lease of `mail` or `alerts` under this token."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker: this goes out
    handler = logging.StreamHandler()
    handler.setFormatter(EntryFormatter(f"%(asctime)s %(levelname)s {name} %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    kind, its_receivers = KINDS[name]
    try:
        send(kind(get_store()), its_receivers, token)
    except FrappeCeleryError as exc:
        logger.error("the rest is sent later: %s", exc)


def send(ledger: Ledger, receivers: Receivers, token: str) -> None:
    """Send until nothing is left, or somebody does not take it; then let others send.

    Raises:
        BrokerUnreachable, ConfigError: the rest stays for later.
    """
    away: dict[str, str] = {}
    try:
        known = receivers(ledger.store.settings)
        # on a busy machine its start took longer than the lease lasts
        while known and (ledger.lease.keep(token) or ledger.lease.take(token)):
            for entry in ledger.unsent():
                asked = [name for name in entry.receivers or known if name in known]
                for name in asked:
                    if not ledger.lease.keep(token):
                        return
                    if name not in away:
                        with _patience(ledger, token):
                            why = known[name].take(entry)
                        away |= {name: why} if why else {}
                left = [name for name in asked if name in away]
                if left != asked or not asked:
                    ledger.delivered(entry, left)
            if away or not ledger.due():
                break
    except ConfigError:
        ledger.wait()
        raise
    else:
        if away:
            seconds, reasons = ledger.wait(), "; ".join(away.values())
            logger.warning("told again in %.0f s or more, not taken by %s", seconds, reasons)
    finally:
        ledger.lease.give_up(token)


@contextmanager
def _patience(ledger: Ledger, token: str) -> Iterator[None]:
    """Give signs of life, however long a server takes; at last raise TimeoutError in here."""
    until = time.monotonic() + PATIENCE_SECONDS

    def wake(*_: Any) -> None:
        if time.monotonic() > until:
            raise TimeoutError(f"the server was not done after {PATIENCE_SECONDS} s")
        with suppress(BrokerUnreachable):
            ledger.lease.keep(token)

    signal.signal(signal.SIGALRM, wake)
    signal.setitimer(signal.ITIMER_REAL, LEASE_SECONDS / 5, LEASE_SECONDS / 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
