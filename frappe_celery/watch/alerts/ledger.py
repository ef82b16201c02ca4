"""What Redis knows of alerts: since when something holds, what was told, what is to be delivered.

A condition that begins to hold is told of once it has held for its seconds, and once more when it
does not hold any more: in one step, whoever looks. What a look brings is one message, which stays
in the outbox until each receiver has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.lease import Lease
from frappe_celery.watch.alerts.conditions import Condition, Found

LOOK_SECONDS = 10.0
LEASE_SECONDS = 60
"""After how long a sender that gave no sign of life is replaced."""
AGAIN_SECONDS = 60
"""How long after a failure to deliver it is tried again."""


@dataclass(frozen=True)
class Message:
    """What one look brought; each notice has a `name`, `summary`, `description` and `look`."""

    text: bytes
    """As it lies in the outbox."""
    at: float
    begun: list[dict[str, Any]]
    over: list[dict[str, Any]]
    receivers: list[str] | None
    """Those that have it not yet; None: nobody has."""


class Ledger:
    """One bench's. Every method may raise BrokerUnreachable."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._key = f"{store.keys.prefix}alerts"
        self._turn = Lease(store, f"{self._key}:turn", LOOK_SECONDS * 0.9)
        """A little less than a round: who looked is there again by then."""
        self.lease = Lease(store, f"{self._key}:lease", LEASE_SECONDS)

    def is_my_turn(self) -> bool:
        """Whether the caller is to look now, and nobody else until the next time."""
        return self._turn.take()

    def note(self, found: Iterable[tuple[Condition, Found]]) -> None:
        """These hold now, and no others."""
        holds = {
            json.dumps([condition.name, *one.labels]): {
                "seconds": condition.seconds,
                "notice": _notice(condition, one),
            }
            for condition, one in found
        }
        self.store.run_script(
            "alerts", (), self.store.keys.prefix, time.time(), uuid4().hex, json.dumps(holds)
        )

    # -- who delivers

    def delivers(self, token: str) -> bool:
        """Whether the caller is to deliver now: something is there, and nobody else does."""
        client = self.store.client
        with naming_the_server(self.store.url):
            if not client.llen(f"{self._key}:outbox") or client.exists(f"{self._key}:trouble"):
                return False
        return self.lease.take(token)

    # -- what is delivered

    def outbox(self) -> list[Message]:
        """What was not delivered to everybody, the oldest first."""
        with naming_the_server(self.store.url):
            texts = self.store.client.lrange(f"{self._key}:outbox", 0, -1)
        return [_message(text) for text in reversed(texts)]

    def delivered(self, message: Message, left: list[str]) -> None:
        """Everybody has it but those that are left."""
        outbox = f"{self._key}:outbox"
        with naming_the_server(self.store.url):
            pipe = self.store.client.pipeline()
            if left:
                rest = json.dumps({**json.loads(message.text), "receivers": left})
                pipe.linsert(outbox, "BEFORE", message.text, rest)
            pipe.lrem(outbox, 0, message.text)
            pipe.execute()

    def wait(self) -> None:
        """Somebody does not take it now."""
        with naming_the_server(self.store.url):
            self.store.client.set(f"{self._key}:trouble", 1, ex=AGAIN_SECONDS)


def _notice(condition: Condition, found: Found) -> dict[str, Any]:
    texts = ("summary", "description", "look")
    return {
        "name": condition.name,
        "critical": condition.is_critical,
        **{name: condition.told(getattr(condition, name), found) for name in texts},
    }


def _message(text: bytes) -> Message:
    said = json.loads(text)
    # an empty list of Lua's is an empty object
    begun, over = list(said["begun"] or ()), list(said["over"] or ())
    return Message(text, float(said["at"]), begun, over, said.get("receivers"))
