"""Many runs of one call: some of them in a step, each by the rule of a single one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from frappe_celery.jobs import clocks, codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record import asking
from frappe_celery.jobs.record.refusals import check_enqueued, overloaded
from frappe_celery.jobs.record.store import JobStore


class Sealed(NamedTuple):
    """A new run as the script takes it."""

    message: JobMessage
    text: bytes
    own_id: bool
    """Whether its caller gave its id."""


@dataclass
class Room:
    """How many of a site may wait in a queue, and the places that a call keeps for its jobs."""

    most: int
    number: int
    """How many are still to come."""
    deferred: int | None = None
    """Of a batch: how many of them wait for others too; the rest wait for its end only, and then in
    the queue."""
    call: str = field(default_factory=lambda: secrets.token_hex(8))
    is_taken: bool = False

    def asked(self, some: int) -> str:
        """What the script is asked with the next ones, so many."""
        first = {"most": self.most, "number": self.number, "deferred": self.deferred}
        left = self.number - some
        return asking.as_texts(call=self.call, left=left, **({} if self.is_taken else first))

    def gone(self, some: int) -> None:
        """So many more are enqueued."""
        self.number, self.is_taken = self.number - some, True

    def give_back(self, store: JobStore, site: str, queue: str) -> None:
        """No more come; raises BrokerUnreachable."""
        if self.is_taken and self.number:
            store.client.hdel(store.keys.reserved(f"{site}|{queue}"), self.call)


def send_step(
    store: JobStore, step: Sequence[Sealed], room: Room | None = None, **options: Any
) -> Callable[[], set[str]]:
    """Have Redis enqueue runs of one call, in their order; what is returned waits for that.

    Args:
        room: in which they are to find a place, where the number that may wait is limited.
        options: `deduplicate`, `front`, `routes`, `transaction`, `outbox` and `making` of
            `JobStore.enqueue`.

    Returns:
        What returns those that were not enqueued, since a job with their id waits or runs, and
        raises Rerouted, QueueOverloaded, NoSuchJob, InvalidJobOperation: none was enqueued.
    """
    first = step[0].message
    more = partial(asking.asked, store.settings, store.keys, first, **options)
    (_, *places), (prefix, _, place, _, queue, _, about, _) = store.new_record(first, b"")
    sent = store.send_script(
        *("enqueue_many", tuple(places), prefix, place, queue, about),
        room.asked(len(step)) if room else "",
        *(more(own_id=own_id) for own_id in (False, True)),
        codec.dumps([(m.run, repr(m.enqueued_at), m.id, own_id) for m, _, own_id in step]),
        *(text for _, text, _ in step),
    )
    is_held_back = bool(options.get("transaction") or first.waits)
    return lambda: _duplicates(store, step, room, is_held_back, *sent())


def _duplicates(
    store: JobStore,
    step: Sequence[Sealed],
    room: Room | None,
    is_held_back: bool,
    outcome: bytes,
    detail: bytes,
    others: Sequence[Any] = (),
) -> set[str]:
    """What the script's answer means."""
    first = step[0].message
    if room and outcome == b"overloaded":
        raise overloaded(first, int(detail), room.most, room.number)
    became = {which: tuple(what) for which, *what in others}
    for what, why in became.values():
        check_enqueued(what, why.decode(), first, "they depend", store.settings)
    if room:
        room.gone(len(step))
    if detail:
        clocks.compare(store.client, store.keys, float(detail))
    if store.outbox is not None and not is_held_back:
        known = [(run, *became.get(n, (b"enqueued", b""))) for n, run in enumerate(step)]
        new = [(r.message.run, r.text, why == b"first") for r, w, why in known if w == b"enqueued"]
        store.outbox.carry(first.queue, new)
    return {step[n].message.run for n, (what, _) in became.items() if what == b"duplicate"}
