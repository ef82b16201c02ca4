"""Mails and alerts that wait in Redis to be sent, and the process that sends them, then ends."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import ClassVar

from frappe_celery.config.texts import EntryFormatter
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.lease import Lease

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
"""After how long a sender that gave no sign of life is replaced."""
PATIENCE_SECONDS = 120
"""After how long a server that drags on is given up, whatever it says meanwhile."""


class Unsent:
    """One bench's of one kind. Every method may raise BrokerUnreachable."""

    name: ClassVar[str]
    """What its keys in Redis are called by."""
    first_wait_seconds: ClassVar[float]
    longest_wait_seconds: ClassVar[float] = 60.0
    """How long after a failure to send it is tried again: twice as long each time, at most this."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.lease = Lease(store, self.key("lease"), LEASE_SECONDS)

    def key(self, part: str) -> str:
        """The name of one of its keys."""
        return f"{self.store.keys.prefix}{self.name}:{part}"

    def sends(self, token: str, now: float | None = None) -> bool:
        """Whether the caller is to send now: something is there, and nobody else does."""
        keys = tuple(map(self.key, ("outbox", "retry", "due")))
        due = self.store.run_script("unsent_due", keys, self.key("kind:"), now or time.time())
        return bool(due) and self.lease.take(token)

    def entries(self) -> list[bytes]:
        """What was not told yet, the oldest first."""
        entries: list[bytes] = self.store.client.lrange(self.key("outbox"), 0, -1)
        return entries[::-1]

    def remove(self, entry: str | bytes, *also: str, rest: str = "") -> None:
        """It is told, or never will be; `rest` of it is not, `also` are keys that go with it."""
        unsent = self.key("outbox")
        pipe = self.store.client.pipeline()
        if rest:
            pipe.linsert(unsent, "BEFORE", entry, rest)
        pipe.lrem(unsent, 0, entry)
        pipe.delete(*also, self.key("retry"))
        pipe.execute()

    def tries(self) -> int:
        """How often it was tried in vain since something was last told."""
        return int(self.store.client.hget(self.key("retry"), "tries") or 0)

    def wait(self, now: float | None = None) -> float:
        """Nothing can be sent now; returns for how many seconds it is not tried again."""
        tries = int(self.store.client.hincrby(self.key("retry"), "tries", 1))
        doubled = self.first_wait_seconds * 2 ** min(tries - 1, 20)
        seconds: float = min(doubled, self.longest_wait_seconds)
        self.store.client.hset(self.key("retry"), "until", (now or time.time()) + seconds)
        return seconds


def main(name: str, send: Callable[[JobStore, str], object]) -> None:
    """Have `send` do so, as the process that holds the lease under the token in its arguments."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker: this goes out
    handler = logging.StreamHandler()
    handler.setFormatter(EntryFormatter(f"%(asctime)s %(levelname)s {name} %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        send(get_store(), sys.argv[1])
    except FrappeCeleryError as exc:
        logger.error("the rest is sent later: %s", exc)


@contextmanager
def holding(unsent: Unsent, token: str) -> Iterator[None]:
    """Give signs of life from a thread, however long a server takes; then let others send."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(LEASE_SECONDS / 5):
            with suppress(BrokerUnreachable):
                unsent.lease.keep(token)

    threading.Thread(target=keep, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        unsent.lease.give_up(token)


@contextmanager
def at_most() -> Iterator[None]:
    """Raise TimeoutError in here after `PATIENCE_SECONDS`."""

    def time_is_up(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the server was not done after {PATIENCE_SECONDS} s")

    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
