"""What Redis knows of mails and alerts: what is counted, what holds, and what is not told yet.

A kind of failures is due at once when its first one comes. What its mail tells is moved to the
unsent, and the kind is due again `digest_minutes` later, for what was counted until then. What is
unsent is sent before anything else is moved there, so that a mail server that is away leaves no
more than one mail a kind there, and the counts go on. A mail's id is its Message-ID: should its
sender die between the mail server's answer and `delivered`, it comes a second time under the same
one.

An alert is told of once it has held for its seconds, and once more when it does not hold any more:
in one step, whoever looks. What a look brings stays unsent until each receiver has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.lease import Lease

LEASE_SECONDS = 15.0
"""After how long a sender that gave no sign of life is replaced."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 60.0
"""How long after a failure to send it is tried again: twice as long each time."""
LOOK_SECONDS = 10.0
"""How often it is looked what holds."""
LONGEST = 16384
"""The last signs of a traceback, which a mail has."""
DIGEST_MINUTES = 5.0


@dataclass(frozen=True)
class Entry:
    """What a mail, or a look at what holds, tells."""

    text: bytes
    """As it lies among the unsent: of a mail its id."""
    about: Mapping[Any, Any]
    """Of a mail what `failure.lua` wrote; of alerts `at`, and what has `begun` and is `over`: the
    `name`, `summary`, `description` and `look` of each."""
    receivers: Sequence[str] | None = None
    """The ids of those that have it not yet; None: nobody has."""


class Ledger:
    """One bench's of one kind. Every method may raise BrokerUnreachable."""

    name: ClassVar[str]
    """What its keys in Redis are called by."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.lease = Lease(store, self.key("lease"), LEASE_SECONDS)

    @property
    def digest_seconds(self) -> float:
        """From one mail of a kind of failures to its next."""
        return 0.0

    def key(self, part: str) -> str:
        """The name of one of its keys."""
        return f"{self.store.keys.prefix}{self.name}:{part}"

    def due(self, now: float | None = None) -> bool:
        """Whether there is something to tell now; what a mail that is due tells is unsent then."""
        words = self.key(""), now or time.time(), self.digest_seconds, uuid4().hex
        return bool(self.store.run_script("unsent_due", (), *words))

    def sends(self, token: str, now: float | None = None) -> bool:
        """Whether the caller is to send now: something is there, and nobody else does."""
        return self.due(now) and self.lease.take(token)

    def unsent(self) -> list[Entry]:
        """What was not told to everybody yet, the oldest first."""
        texts = self.store.client.lrange(self.key("outbox"), 0, -1)
        return [self.read(text) for text in reversed(texts)]

    def waiting(self) -> int:
        """How many these are."""
        return int(self.store.client.llen(self.key("outbox")))

    def read(self, text: bytes) -> Entry:
        """What stands behind what lies there."""
        return Entry(text, self.store.client.hgetall(self.key(f"letter:{text.decode()}")))

    def delivered(self, entry: Entry, left: Sequence[str] = ()) -> None:
        """Everybody has it, or never will, but those that are left."""
        outbox, pipe = self.key("outbox"), self.store.client.pipeline()
        if left:
            rest = json.dumps({**entry.about, "receivers": left})
            pipe.linsert(outbox, "BEFORE", entry.text, rest)
        else:
            pipe.delete(self.key("retry"), self.key(f"letter:{entry.text.decode()}"))
        pipe.lrem(outbox, 0, entry.text)
        pipe.execute()

    def tries(self) -> int:
        """How often it was tried in vain since something was last told to everybody."""
        return int(self.store.client.hget(self.key("retry"), "tries") or 0)

    def wait(self, now: float | None = None) -> float:
        """Nothing can be sent now; returns for how many seconds it is not tried again."""
        tries = int(self.store.client.hincrby(self.key("retry"), "tries", 1))
        seconds: float = min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 20), LONGEST_WAIT_SECONDS)
        self.store.client.hset(self.key("retry"), "until", (now or time.time()) + seconds)
        return seconds


class Mails(Ledger):
    """Of failures."""

    name = "mail"

    @property
    def digest_seconds(self) -> float:
        minutes = self.store.settings.celery_error_emails.get("digest_minutes", DIGEST_MINUTES)
        return float(minutes) * 60

    def count(self, kind: str, site: str, run: str, about: Mapping[str, str], now: float) -> None:
        """Count a failure that no job's record tells of.

        Args:
            about: what a mail says of it, `exc_info` for one.
        """
        hidden = self.store.signer.hide(about["exc_info"].encode(errors="backslashreplace"))
        pairs = [text for pair in {**about, "exc_info": hidden}.items() for text in pair]
        words = self.store.keys.prefix, kind, now, site, run, *pairs
        self.store.run_script("failure", (self.key("due"),), *words)


class Alerts(Ledger):
    """Of what holds (see `conditions`)."""

    name = "alerts"

    def is_my_turn(self) -> bool:
        """Whether the caller is to look now, and nobody else until the next time."""
        seconds = LOOK_SECONDS * 0.9  # a little less: who looked is there again by then
        return Lease(self.store, self.key("turn"), seconds).take()

    def note(self, holds: Mapping[str, Any]) -> None:
        """These hold now, and no others: by what each is known again by, `seconds`, for which it
        must, and its `notice`."""
        words = self.store.keys.prefix, time.time(), uuid4().hex, json.dumps(holds)
        self.store.run_script("alerts", (), *words)

    def read(self, text: bytes) -> Entry:
        """The entry, whose text tells all."""
        said = json.loads(text)
        # an empty list of Lua's is an empty object
        lists = {name: list(said[name] or ()) for name in ("begun", "over")}
        return Entry(text, {**said, **lists}, said.get("receivers"))
