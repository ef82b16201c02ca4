"""Mails and alerts that wait in Redis to be sent, and which process sends them."""

from __future__ import annotations

import time
from typing import ClassVar

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.lease import Lease

LEASE_SECONDS = 15.0
"""After how long a sender that gave no sign of life is replaced."""


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

    def wait(self, now: float | None = None) -> float:
        """Nothing can be sent now; returns for how many seconds it is not tried again."""
        tries = int(self.store.client.hincrby(self.key("retry"), "tries", 1))
        doubled = self.first_wait_seconds * 2 ** min(tries - 1, 20)
        seconds: float = min(doubled, self.longest_wait_seconds)
        self.store.client.hset(self.key("retry"), "until", (now or time.time()) + seconds)
        return seconds
