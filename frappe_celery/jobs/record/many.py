"""Many runs of one call: some of them in a step, each by the rule of a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class Room(NamedTuple):
    """How many of a site may wait in a queue, asked with the first jobs of a call."""

    most: int
    number: int
    """How many come: all find a place, or none is enqueued."""
    deferred: int | None = None
    """Of a batch: how many of them wait for others too; the rest wait for its end only, and then in
    the queue."""


def send_step(
    store: JobStore, step: Sequence[Sealed], room: Room | None = None, **options: Any
) -> Callable[[], set[str]]:
    """Have Redis enqueue runs of one call, in their order; what is returned waits for that.

    Args:
        room: with the first of the call, where the number that may wait is limited.
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
        asking.as_texts(**room._asdict()) if room else "",
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
        check_enqueued(what, why.decode(errors="replace"), first, "they depend", store.settings)
    if detail:
        clocks.compare(store.client, store.keys, float(detail))
    if store.outbox is not None and not is_held_back:
        known = [(run, *became.get(n, (b"enqueued", b""))) for n, run in enumerate(step)]
        new = [(r.message.run, r.text, why == b"first") for r, w, why in known if w == b"enqueued"]
        store.outbox.carry(first.queue, new)
    return {step[n].message.run for n, (what, _) in became.items() if what == b"duplicate"}
