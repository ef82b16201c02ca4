"""What Redis knows of failures that are to be mailed: counted, due, being sent.

A kind's first failure makes it due at once. Its mail moves what is told of it into the outbox, and
makes it due again `digest_minutes` later, for what was counted until then. What is in the outbox is
sent before anything else is taken, so that a mail server that is away leaves no more than one mail
a kind there, and the counts go on. A mail's id is its Message-ID: should its sender die between the
mail server's answer and `delivered`, it comes a second time under the same one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.lease import Lease
from frappe_celery.watch.postman import Postman

LOOK_SECONDS = 1.0
"""How often it is asked whether something is due: how soon a first failure is mailed."""
LEASE_SECONDS = 15.0
"""After how long a sender that gave no sign of life is replaced."""
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 60.0
"""How long after a failure to send it is tried again: twice as long each time, at most this."""


@dataclass(frozen=True)
class Told:
    """What is told of a kind's failures since the last mail: their number, and the first one."""

    id: str
    sites: Mapping[str, int]
    """How many failures there were at each site."""
    about: Mapping[str, str]
    """Of the first one: `run`, `id`, `site`, `queue`, `method`, `user`, `message`, …"""

    @property
    def count(self) -> int:
        """How many failures there were at all sites."""
        return sum(self.sites.values())


class Ledger:
    """One bench's. Every method may raise BrokerUnreachable."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._prefix = store.keys.prefix
        self.lease = Lease(store, self._key("lease"), LEASE_SECONDS)

    def count(self, kind: str, site: str, run: str, about: Mapping[str, str], now: float) -> None:
        """Count a failure that no job's record tells of."""
        pairs = [text for pair in about.items() for text in pair]
        self._script("failure", kind, now, site, run, *pairs)

    # -- who sends

    def sends(self, token: str, now: float | None = None) -> bool:
        """Whether the caller is to send now: something is due, and nobody else sends."""
        now = time.time() if now is None else now
        return bool(self._script("mail_due", now, token, self.lease.milliseconds))

    # -- what is sent

    def outbox(self) -> list[Told]:
        """What was taken and not delivered."""
        client = self.store.client
        with naming_the_server(self.store.url):
            ids = [letter.decode() for letter in client.lrange(self._key("outbox"), 0, -1)]
            return [_told(letter, client.hgetall(self._letter(letter))) for letter in ids]

    def take(self, token: str, digest_seconds: float, now: float | None = None) -> bool:
        """Move a kind that is due into the outbox; False: none is, or another sends."""
        now = time.time() if now is None else now
        return bool(self._script("mail_take", now, token, digest_seconds, uuid4().hex))

    def delivered(self, told: Told) -> None:
        """The mail server has it, or will never have it."""
        with naming_the_server(self.store.url):
            pipe = self.store.client.pipeline()
            pipe.lrem(self._key("outbox"), 0, told.id)
            pipe.delete(self._letter(told.id), self._key("trouble"))
            pipe.execute()

    def wait(self, now: float | None = None) -> float:
        """Nothing can be sent now; returns for how many seconds it is not tried again."""
        now = time.time() if now is None else now
        key = self._key("trouble")
        with naming_the_server(self.store.url):
            tries = int(self.store.client.hincrby(key, "tries", 1))
            seconds: float = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 20), LONGEST_WAIT_SECONDS)
            self.store.client.hset(key, "until", now + seconds)
        return seconds

    def _script(self, name: str, *args: Any) -> Any:
        return self.store.run_script(name, (self._key("due"),), self._prefix, *args)

    def _key(self, name: str) -> str:
        return f"{self._prefix}mail:{name}"

    def _letter(self, letter: str) -> str:
        return self._key(f"letter:{letter}")


def postman(config: Settings) -> Postman:
    """Who starts the process that sends."""
    module = "frappe_celery.watch.mail"
    return Postman(config.root, module, lambda token: Ledger(get_store()).sends(token))


def _told(letter: str, fields: Mapping[bytes, bytes]) -> Told:
    about = {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
    sites = {n.partition(" ")[2]: int(about.pop(n)) for n in list(about) if n.startswith("site ")}
    return Told(letter, sites, about)
