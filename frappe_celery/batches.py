"""A batch: jobs that are enqueued together, and what follows when all of them have ended.

with batch("Close 2026", on_finished="myapp.closing.report") as b:
    b.enqueue_many("myapp.closing.post", ({"account": name} for name in names), queue="long")
    b.enqueue("myapp.closing.revalue")
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from frappe_celery.config.numbers import require
from frappe_celery.config.texts import require_whole
from frappe_celery.enqueue_shim import Call, Method
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.job_options import Enqueues, Options, options
from frappe_celery.jobs import Job, get_store, hosts
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.batches.batch_state import BatchState
from frappe_celery.jobs.job import current_job
from frappe_celery.jobs.message import JobMessage, Line, Sealed
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.queue.scheduled import AT_ONCE, promote
from frappe_celery.jobs.record import record
from frappe_celery.many import EnqueuedJobs

Callback = Method | Mapping[str, Any] | None
_LINES = {"": "made", "on_ended": "ended", "on_finished": "finished"}
"""What jobs and callbacks wait for."""


@dataclass
class _Held:
    """Jobs of a kind that are enqueued when the block ends."""

    role: str
    call: Call
    runs: list[Sealed] = field(default_factory=list)


class Batch(Enqueues):
    """A handle of a batch: `batch` makes one, `get_batch` and `get_current_batch` find it.

    Its `enqueue` and `enqueue_many` are those of `frappe_celery`. What they take in the block is
    enqueued when that ends. Later a job of the batch adds to it so, while it runs: callbacks wait
    for that too. They raise InvalidJobOperation where no job of it waits or runs any more.
    """

    def __init__(self, id: str, site: str, title: str = "") -> None:
        self.id = id
        self.site = site
        self._title = title
        self._role = ""
        """Of the callback that is enqueued at the moment."""
        self._held: dict[Any, _Held] | None = None
        """While its block is open: what is to be enqueued."""
        self._answers: list[EnqueuedJobs[Any]] = []
        """Of `enqueue_many` in its block, which are told of duplicates when that ends."""

    def __repr__(self) -> str:
        return f"<Batch {self.id}>"

    def options(self, **words: Any) -> Options:
        """As `frappe_celery.options`, of jobs of this batch: `b.options(retry=3).enqueue(…)`."""
        return replace(options(**words), batch=self)

    def _of_a_call(self) -> dict[str, Any]:
        return self.options()._of_a_call()

    # -- how it stands

    def state(self) -> BatchState:
        """Its counts and status now; raises NoSuchJob: it is forgotten, or not enqueued yet."""
        return batch_state.fetch(get_store(), self.id)

    def jobs(self, *outcomes: str) -> Iterator[Job]:
        """Its jobs, in no order, as far as they are kept.

        Args:
            outcomes: only those that are `going`, `finished`, `failed`, `stopped` or `canceled`.

        Raises:
            ConfigError: another one.
        """
        words = f"one of {', '.join(batch_state.OUTCOMES)}"
        for outcome in outcomes:
            require(outcome in batch_state.OUTCOMES, "outcome", outcome, words)
        return batch_state.jobs(get_store(), self.id, *outcomes)

    def cancel(self) -> int:
        """Cancel those of its jobs that wait; what runs goes on. Returns how many these were.

        One that is still `making` gets no more jobs, and its callbacks are canceled too.
        """
        return batch_state.cancel(get_store(), self.id)

    def requeue_failed(self) -> int:
        """Run again what failed or was stopped; returns how many these are."""
        return batch_state.requeue_failed(get_store(), self.id)

    # -- what calls of `enqueue` ask it

    def keeps(self, call: Call, after_commit: bool) -> bool:
        """Whether its block is open, so that it takes a new job until that ends.

        Raises:
            ConfigError: the call does not fit.
        """
        if call.site != self.site:
            raise ConfigError(
                f"the batch is of site {self.site}, and this job of site {call.site}: a batch has"
                " jobs of one site"
            )
        is_open = self._held is not None
        if after_commit and (is_open or at_commit.is_on(call.site)):
            raise ConfigError(
                "enqueue_after_commit is said of the batch: batch(…, enqueue_after_commit=True)"
                if is_open
                else "a job adds to its batch at once: leave out enqueue_after_commit (it starts"
                " after the commit anyway)"
            )
        return is_open

    def join(self, message: JobMessage) -> None:
        """Have a new message be that of a job of this batch, or of its callback.

        Raises:
            ConfigError: it would wait for a callback.
        """
        message.batch = self.id
        if self._held is not None:
            line: Line = (f"{self.id}/{_LINES[self._role]}", f"batch {self.id}", 0)
            message.depends_on = [*(message.depends_on or ()), line]
        elif message.depends_on:
            callbacks = filter(None, batch_state.callbacks(get_store(), self.id).values())
            if {one.first_run for one in callbacks} & {first for first, *_ in message.depends_on}:
                raise ConfigError(
                    f"{message.id} would wait for a callback of its batch, which waits for it"
                )

    def keep(
        self, call: Call, runs: Sequence[Sealed], answer: EnqueuedJobs[Any] | None = None
    ) -> None:
        """Keep jobs of one call until the block ends; then its answer is told of duplicates."""
        assert self._held is not None
        if answer is not None:
            self._answers.append(answer)
        message = runs[0][0]
        kind = (
            *(self._role, message.queue, record.about(message), *call.options.values()),
            *(message.limit_key, repr(message.depends_on)),
        )
        self._held.setdefault(kind, _Held(self._role, call)).runs += runs

    # -- its block

    def _begin(self, callbacks: Mapping[str, Callback]) -> None:
        self._held = {}
        for role, callback in callbacks.items():
            if callback is None:
                continue
            words = dict(callback) if isinstance(callback, Mapping) else {"method": callback}
            fits = isinstance(method := words.get("method"), str) or callable(method)
            require(fits, role, callback, "a method, or a mapping of enqueue's words with one")
            if words.get("deduplicate"):
                raise ConfigError(
                    f"{role}: each batch has its own callback: leave out deduplicate, with which"
                    " it would be left out while another one waits"
                )
            self._role = role
            self.enqueue(**words)
        self._role = ""

    def _end(self, after_commit: bool) -> None:
        held, self._held = list((self._held or {}).values()), None
        if not held:
            return
        number = sum(len(each.runs) for each in held)
        if not after_commit:
            self._enqueue(held, number)
        elif at_commit.is_on(self.site):
            self._hold(held, number)
        else:
            hosts.current().after_commit(lambda: self._enqueue(held, number))

    def _enqueue(self, held: list[_Held], number: int) -> None:
        store, rooms, left_out = get_store(), _rooms(held), set[str]()
        try:
            for each in held:
                for step in publish.steps(each.runs):
                    queue = "" if each.role else step[0][0].queue
                    of_step = publish.send(
                        step,
                        transaction=publish.transaction_of_caller(),
                        making=self._making(each, number),
                        **{**each.call.options, **rooms.get(queue, {})},
                    )()
                    left_out |= of_step
                    if len(of_step) < len(step):
                        rooms.pop(queue, None)
        except BaseException as exc:
            with suppress(BrokerUnreachable):  # a worker gives it up in a minute
                why = f"its maker met {type(exc).__name__} before all of it was enqueued"
                batch_state.give_up(store, self.id, why)
            raise
        for answer in self._answers:
            answer.leave_out(left_out)
        with suppress(BrokerUnreachable):  # workers go on
            for _ in range(number // AT_ONCE + 1):
                promote(store)

    def _hold(self, held: list[_Held], number: int) -> None:
        for queue, room in _rooms(held).items():
            first = next(e.runs[0][0] for e in held if e.runs[0][0].queue == queue)
            at_commit.refuse_where_many_wait(first, room["at_most"], room["coming"])
        for each in held:
            at_commit.add(each.runs, making=self._making(each, number), **each.call.options)

    def _making(self, held: _Held, number: int) -> dict[str, Any]:
        role = {"role": held.role} if held.role else {}
        return {"title": self._title, "number": number, **role}


def _rooms(held: Sequence[_Held]) -> dict[str, dict[str, int]]:
    """Of each queue whose number of waiting jobs is limited: for all that come there."""
    rooms: dict[str, dict[str, int]] = {}
    for each in held:
        if each.call.at_most and not each.role:
            message, number = each.runs[0][0], len(each.runs)
            nobody = {"at_most": each.call.at_most, "coming": 0, "to_defer": 0}
            room = rooms.setdefault(message.queue, nobody)
            room["coming"] += number
            if len(message.depends_on or ()) > 1:  # it waits for more than the block's end
                room["to_defer"] += number
    return rooms


@contextmanager
def batch(
    title: str,
    *,
    on_finished: Callback = None,
    on_ended: Callback = None,
    enqueue_after_commit: bool = False,
) -> Iterator[Batch]:
    """A block whose jobs are one batch: enqueued when it ends, none if it raises.

    Args:
        title: what people see, 1 to 140 characters.
        on_finished: a method that is enqueued with it, and runs once all its jobs have finished,
            also later, after requeues; or a mapping of `enqueue`'s words, `{"method": …, "queue":
            "long", "year": 2026}`.
        on_ended: the same; it runs once all its jobs have ended for good, however.
        enqueue_after_commit: all of it is enqueued once the open transaction is committed, never
            when it is rolled back.

    Raises:
        As `enqueue` does; where a step of its jobs cannot be enqueued, those of the steps before
        are canceled: nothing of it runs, unless it was the answer to the last step that was lost.
    """
    fits = isinstance(title, str) and 0 < len(title) <= 140
    require(fits, "title", title, "a text of 1 to 140 characters")
    require_whole("title", title)
    made = Batch(secrets.token_hex(16), hosts.current().current_site(), title)
    made._begin({"on_ended": on_ended, "on_finished": on_finished})
    try:
        yield made
    except BaseException:
        made._held = None
        raise
    made._end(enqueue_after_commit)


def get_batch(batch_id: str) -> Batch:
    """The batch of the current site with this id.

    Raises:
        NoSuchJob: never enqueued, forgotten, or of another site.
    """
    site = hosts.current().current_site()
    return Batch(batch_id, batch_state.fetch(get_store(), batch_id, site).site)


def get_current_batch() -> Batch | None:
    """The batch of the running job, or whose callback it is; None: of no batch."""
    job = current_job()
    if job is None or not job.opened.batch:
        return None
    return Batch(job.opened.batch, job.site)
