"""What Redis knows of failures that are to be mailed: counted, due, being sent.

A kind's first failure makes it due at once. What its mail tells is moved to the unsent, and the
kind is due again `digest_minutes` later, for what was counted until then. What is unsent is sent
before anything else is taken, so that a mail server that is away leaves no more than one mail
a kind there, and the counts go on. A mail's id is its Message-ID: should its sender die between the
mail server's answer and `delivered`, it comes a second time under the same one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from frappe_celery.jobs.record.record import shown_reason
from frappe_celery.watch.notify.unsent import Unsent

LONGEST = 16384
"""The last signs of a traceback, which a mail has."""


@dataclass(frozen=True)
class Digest:
    """What a mail says of a kind's failures since the last one: their number, and the first."""

    id: str
    sites: Mapping[str, int]
    """How many failures there were at each site."""
    about: Mapping[str, str]
    """Of the first one: `run`, `id`, `site`, `queue`, `method`, `user`, `message`, …"""

    @property
    def count(self) -> int:
        """How many failures there were at all sites."""
        return sum(self.sites.values())


class Ledger(Unsent):
    """One bench's. Every method may raise BrokerUnreachable."""

    name = "mail"
    first_wait_seconds = 2.0

    def count(self, kind: str, site: str, run: str, about: Mapping[str, str], now: float) -> None:
        """Count a failure that no job's record tells of.

        Args:
            about: what a mail says of it, `exc_info` for one.
        """
        hidden = self.store.signer.hide(about["exc_info"].encode(errors="backslashreplace"))
        pairs = [text for pair in {**about, "exc_info": hidden}.items() for text in pair]
        self._script("failure", kind, now, site, run, *pairs)

    def unsent(self) -> list[Digest]:
        """What was taken and not delivered."""
        client, ids = self.store.client, [entry.decode() for entry in self.entries()]
        return [self._digest(letter, client.hgetall(self._letter(letter))) for letter in ids]

    def take(self, token: str, digest_seconds: float, now: float | None = None) -> bool:
        """Move a kind that is due to the unsent; False: none is, or another sends."""
        words = now or time.time(), token, digest_seconds, uuid4().hex
        return bool(self._script("mail_take", *words))

    def delivered(self, digest: Digest) -> None:
        """The mail server has it, or will never have it."""
        self.remove(digest.id, self._letter(digest.id))

    def _script(self, name: str, *args: Any) -> Any:
        return self.store.run_script(name, (self.key("due"),), self.store.keys.prefix, *args)

    def _letter(self, letter: str) -> str:
        return self.key(f"letter:{letter}")

    def _digest(self, letter: str, fields: Mapping[bytes, bytes]) -> Digest:
        about = {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
        if b"exc_info" in fields:
            about["exc_info"] = shown_reason(fields[b"exc_info"], self.store.signer)[-LONGEST:]
        sites = [name for name in about if name.startswith("site ")]
        counts = {name.partition(" ")[2]: int(about.pop(name)) for name in sites}
        return Digest(letter, counts, about)
