"""Many jobs of one method in a call: `enqueue_many`, and what that returns.

jobs = enqueue_many(
    "myapp.tasks.repost", ({"voucher": name, "job_id": f"repost::{name}"} for name in names),
    queue="long", deduplicate=True,
)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from itertools import islice
from typing import Any, Literal, TypeVar, overload

from frappe_celery.config.numbers import require
from frappe_celery.enqueue_shim import Call, Callback, Method
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeCeleryError
from frappe_celery.jobs import Job, get_store, hosts
from frappe_celery.jobs.message import JobMessage, Sealed, sealed
from frappe_celery.jobs.new_message import another
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.queue import publish

T_co = TypeVar("T_co", covariant=True)
Entry = Mapping[str, Any]
Progress = Callable[[int, "int | None"], object] | None

OF_ENTRIES = frozenset(("now", "is_async", "async", "job_id"))
"""Words of `enqueue` that cannot be said for all entries."""


class EnqueuedJobs(Sequence[T_co]):
    """What `enqueue_many` made of its entries, in their order: what `enqueue` returns of each.

    That is a Job as it was enqueued, made when it is looked at without asking Redis, or None of a
    duplicate.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        """The effective job id of each entry."""
        self._runs: list[tuple[str, float] | None] = []
        self._like: JobMessage | None = None

    def _add(self, step: Sequence[Sealed], duplicates: set[str]) -> None:
        self._like = self._like or step[0][0]
        for message, _ in step:
            self.ids.append(message.id)
            is_new = message.run not in duplicates
            self._runs.append((message.run, message.enqueued_at) if is_new else None)

    def leave_out(self, runs: Collection[str]) -> None:
        """These turned out to be duplicates when their batch was enqueued."""
        self._runs = [None if run and run[0] in runs else run for run in self._runs]

    @property
    def duplicates(self) -> list[int]:
        """Which entries were not enqueued, since a job with their `job_id` waits or runs."""
        return [number for number, run in enumerate(self._runs) if run is None]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, which: int) -> T_co: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[T_co]: ...
    def __getitem__(self, which: int | slice) -> Any:
        if isinstance(which, slice):
            return [self[number] for number in range(*which.indices(len(self)))]
        run, like = self._runs[which], self._like
        if run is None or like is None:
            return None
        name, at = run
        return get_store().job_of(like.like(run=name, id=self.ids[which], enqueued_at=at))

    def __repr__(self) -> str:
        return f"<EnqueuedJobs: {len(self)}, of which {len(self.duplicates)} are duplicates>"


@overload
def enqueue_many(
    method: Method, entries: Iterable[Entry], *, queue: str = ..., timeout: int | str | None = ...,
    event: str | None = ..., job_name: str | None = ..., enqueue_after_commit: Literal[False] = ...,
    on_success: Callback = ..., on_failure: Callback = ..., at_front: bool = ...,
    deduplicate: Literal[False] = ..., progress: Progress = ..., **kwargs: Any,
) -> EnqueuedJobs[Job]: ...  # fmt: skip
@overload
def enqueue_many(
    method: Method, entries: Iterable[Entry], *, queue: str = ..., timeout: int | str | None = ...,
    event: str | None = ..., job_name: str | None = ..., enqueue_after_commit: Literal[False] = ...,
    on_success: Callback = ..., on_failure: Callback = ..., at_front: bool = ...,
    deduplicate: bool = ..., progress: Progress = ..., **kwargs: Any,
) -> EnqueuedJobs[Job | None]: ...  # fmt: skip
@overload
def enqueue_many(
    method: Method, entries: Iterable[Entry], *, queue: str = ..., timeout: int | str | None = ...,
    event: str | None = ..., job_name: str | None = ..., enqueue_after_commit: bool = ...,
    on_success: Callback = ..., on_failure: Callback = ..., at_front: bool = ...,
    deduplicate: bool = ..., progress: Progress = ..., **kwargs: Any,
) -> EnqueuedJobs[Job | None] | None: ...  # fmt: skip
def enqueue_many(
    method: Method,
    entries: Iterable[Entry],
    *,
    queue: str = "default",
    timeout: int | str | None = None,
    event: str | None = None,
    job_name: str | None = None,
    enqueue_after_commit: bool = False,
    on_success: Callback = None,
    on_failure: Callback = None,
    at_front: bool = False,
    progress: Progress = None,
    **kwargs: Any,
) -> Any:
    """`enqueue(method, **kwargs, **entry)` of each entry, up to a hundred in each step of Redis.

    Args:
        entries: of each job the arguments of its own, and its `job_id` if it is to have one; a
            generator is read as it goes, while Redis works on the step before, but for
            `enqueue_after_commit` and where the number that may wait is limited (from v16): then
            it is read to its end first.
        enqueue_after_commit: the entries are kept until the commit; returns None.
        progress: called after each step with how many entries are enqueued, and how many there
            are; None: nobody knows yet.
        kwargs: arguments that all have; `deduplicate` and what else `enqueue` takes, as there.
            The other arguments are `enqueue`'s too; `now` and `is_async` are not possible.

    Returns:
        What `enqueue` returns of each, as a sequence with `ids` and `duplicates`.

    Raises:
        As `enqueue` does. An error of one entry names it, `entries[7]`. It has `enqueued`, the
        sequence of those that went before, and says how many these are: the entries after them
        were not enqueued. QueueOverloaded: there is no room for all of them; none was.
    """
    for word in OF_ENTRIES & kwargs.keys():
        raise ConfigError(
            f"enqueue_many({word}=…): workers run its jobs, and each entry has a job_id of its own"
        )
    call = Call(kwargs, at_front, method, queue, timeout, event, job_name, on_success, on_failure)
    if call.asked.unique is not None:
        raise ConfigError("unique_for, debounce and keep_newest are said of one job: use enqueue")
    call.enter()
    require(isinstance(entries, Iterable), "entries", entries, "an iterable of mappings")
    require(progress is None or callable(progress), "progress", progress, "a function")
    hosts.current().route_to_celery(call.config.queue(queue).name, call.site)
    if call.at_most and not isinstance(entries, Sized):
        entries = list(islice(entries, call.at_most + 1))
    batch = call.asked.batch
    keeps = batch is not None and batch.keeps(call, enqueue_after_commit)
    if not (enqueue_after_commit or keeps):
        return _enqueue(call, kwargs, entries, progress)
    if progress is not None:
        raise ConfigError(
            "progress is told of what is enqueued now, not after the commit or with its batch"
        )
    done = EnqueuedJobs[Job | None]()
    try:
        entries = list(entries)
        runs = list(_runs(call, kwargs, entries))
        if keeps and runs:
            done._add(runs, set())
            batch.keep(call, runs, done)
        elif runs and at_commit.is_on(call.site):
            at_commit.add(runs, call.at_most, **call.options)
        elif runs:
            hosts.current().after_commit(lambda: _enqueue(call, kwargs, entries))
    except BaseException as exc:
        _tell(exc, EnqueuedJobs(), 0)
        raise
    return done if keeps else None


def _enqueue(
    call: Call, common: dict[str, Any], entries: Iterable[Entry], progress: Progress = None
) -> EnqueuedJobs[Job | None]:
    total = len(entries) if isinstance(entries, Sized) else None
    room = {"at_most": call.at_most, "coming": total} if call.at_most and total else {}
    done = EnqueuedJobs[Job | None]()
    sent: list[tuple[Sequence[Sealed], Callable[[], set[str]]]] = []
    under_way = 0

    def settle() -> None:
        nonlocal under_way
        while sent:
            step, left_out = sent.pop()
            done._add(step, left_out())
            under_way = 0
            if room and any(done._runs):  # duplicates were no reason to ask
                room.clear()
            if progress is not None:
                progress(len(done), total)

    try:
        runs = _runs(call, common, entries)
        for step in publish.steps(runs):  # while Redis works on the one before
            settle()
            under_way, transaction = len(step), publish.transaction_of_caller()
            asked = {**call.options, **room, "transaction": transaction}
            sent.append((step, publish.send(step, **asked)))
            if transaction is not None or call.config.on_rabbitmq:
                settle()  # entries may end the transaction; then RabbitMQ gets the messages
        settle()
    except BaseException as exc:
        with suppress(FrappeCeleryError):  # what its entries raised is told
            settle()
        _tell(exc, done, under_way)
        raise
    return done


def _runs(call: Call, common: dict[str, Any], entries: Iterable[Entry]) -> Iterator[Sealed]:
    """A new run of each entry; an error names the entry."""
    first: JobMessage | None = None
    for number, entry in enumerate(entries):
        try:
            job_id, kwargs = _read(call, common, entry)
            if first is None:
                first = message = call.message(kwargs, job_id)
            else:
                message = another(first, call.config, kwargs, job_id)
            run = sealed(message, call.config)
        except FrappeCeleryError as exc:
            exc.args = (f"entries[{number}]: {exc}",)
            raise
        yield run


def _read(call: Call, common: dict[str, Any], entry: Entry) -> tuple[str | None, dict[str, Any]]:
    """An entry's job id, and the arguments of its job."""
    if not isinstance(entry, Mapping):
        raise ConfigError(f"it is {entry!r}; it must be a mapping of the job's arguments")
    own = dict(entry)
    job_id = own.pop("job_id", None)
    call.check_id(job_id)
    taken = call.own_words
    for name in own:
        if not isinstance(name, str):
            raise ConfigError(f"its argument {name!r} must have a name")
        if name in taken:
            raise ConfigError(
                f"it has {name}=…: of enqueue's own words an entry may have job_id; what all jobs"
                " have is said once, enqueue_many(…, queue='long')"
            )
        if name in common:
            raise ConfigError(f"its argument {name!r} is said for all jobs as well")
    return job_id, {**common, **own}


def _tell(exc: BaseException, done: EnqueuedJobs[Job | None], under_way: int) -> None:
    """Have an error say how many were enqueued before it."""
    number = len(done)
    said = f"the first {number} entries are enqueued" if number else "nothing is enqueued"
    is_known = isinstance(exc, FrappeCeleryError) and not isinstance(exc, BrokerUnreachable)
    if under_way and not is_known:
        said += f", and perhaps the next {under_way}"
    known: Any = exc
    known.enqueued = done
    if isinstance(exc, FrappeCeleryError):
        exc.args = (f"{exc} ({said})", *exc.args[1:])
    else:  # of a generator, say; Python 3.10 does not show it
        known.__notes__ = [*getattr(exc, "__notes__", ()), f"enqueue_many: {said}"]
