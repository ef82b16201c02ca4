"""What Redis knows of alerts: since when something holds, what was told, what is to be delivered.

A condition that begins to hold is told of once it has held for its seconds, and once more when it
does not hold any more: in one step, whoever looks. What a look brings is one message, which stays
unsent until each receiver has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from frappe_celery.jobs.lease import Lease
from frappe_celery.watch.alerts.conditions import Condition, Found
from frappe_celery.watch.notify.unsent import Unsent

LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class Message:
    """What one look brought; each notice has a `name`, `summary`, `description` and `look`."""

    text: bytes
    """As it lies in Redis."""
    at: float
    begun: list[dict[str, Any]]
    over: list[dict[str, Any]]
    receivers: list[str] | None
    """Those that have it not yet; None: nobody has."""


class Ledger(Unsent):
    """One bench's. Every method may raise BrokerUnreachable."""

    name = "alerts"
    first_wait_seconds = 60.0

    def is_my_turn(self) -> bool:
        """Whether the caller is to look now, and nobody else until the next time."""
        seconds = LOOK_SECONDS * 0.9  # a little less: who looked is there again by then
        return Lease(self.store, self.key("turn"), seconds).take()

    def note(self, found: Iterable[tuple[Condition, Found]]) -> None:
        """These hold now, and no others."""
        holds = {
            json.dumps([condition.name, *one.labels]): {
                "seconds": condition.seconds,
                "notice": {
                    "name": condition.name,
                    "critical": condition.is_critical,
                    **condition.texts(one),
                },
            }
            for condition, one in found
        }
        self.store.run_script(
            "alerts", (), self.store.keys.prefix, time.time(), uuid4().hex, json.dumps(holds)
        )

    def unsent(self) -> list[Message]:
        """What was not delivered to everybody, the oldest first."""
        return list(map(_message, self.entries()))

    def delivered(self, message: Message, left: list[str]) -> None:
        """Everybody has it but those that are left."""
        rest = {**json.loads(message.text), "receivers": left}
        self.remove(message.text, rest=json.dumps(rest) if left else "")


def _message(text: bytes) -> Message:
    said = json.loads(text)
    # an empty list of Lua's is an empty object
    begun, over = list(said["begun"] or ()), list(said["over"] or ())
    return Message(text, float(said["at"]), begun, over, said.get("receivers"))
