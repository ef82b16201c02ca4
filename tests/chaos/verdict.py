"""What must hold of a run with chaos, checked on the evidence: DESIGN.md, 'What always holds'."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from frappe_celery.watch.words import some_of
from tests.chaos.app import AT_ONCE, PER_MINUTE
from tests.chaos.ledger import ADDED, CALLED, Due, Evidence, Line, Record

LATE_SECONDS = 5.0
"""How long after it was claimed a job's first line may be written."""
AGAIN = re.compile(r"It is run again, as run (\w+),")
ENDED = ("finished", "failed", "stopped", "canceled")


def violations(
    evidence: Evidence, periods: Mapping[str, int], until: float
) -> dict[str, list[str]]:
    """What was broken: the rule, and whom it was broken for. Empty when all holds.

    Args:
        evidence: of a run that has come to rest.
        periods: seconds between the due times of each method of the schedule.
        until: seconds since the epoch up to which the schedule must have been acted on.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for rule, whom in (
        *_jobs(evidence),
        *_dependants(evidence),
        *_batches(evidence),
        *_limits(evidence),
        *_schedule(evidence, periods, until),
    ):
        found[rule].append(whom)
    for rule, names in (
        ("left over", evidence.held),
        ("told to stop, and did not", evidence.stubborn),
        ("contradiction", evidence.contradictions),
    ):
        if names:
            found[rule] += names
    return dict(found)


def _jobs(evidence: Evidence) -> Iterator[tuple[str, str]]:
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in evidence.records.values():
        by_name[record.name].append(record)
    for token, enqueued in evidence.enqueued.items():
        known = by_name[token] if enqueued.run == CALLED else enqueued.run in evidence.records
        if enqueued.run and not known:
            yield "acknowledged and lost", token
        if enqueued.kind == "idempotent":
            yield from _idempotent(token, by_name[token])
        elif len(by_name[token]) > _most(evidence, token):
            yield "enqueued twice", token
        if any(line.at < enqueued.not_before for line in evidence.starts.get(token, [])):
            yield "started before its time", token
    scheduled = {due.run for due in evidence.dues}
    for token, starts in evidence.starts.items():
        again = token in evidence.enqueued and evidence.enqueued[token].kind == "idempotent"
        times = Counter(line.run if again else token for line in starts)
        if max(times.values()) > _most(evidence, token):
            yield "started more than once", token
        known = token in scheduled or all(line.run in evidence.records for line in starts)
        if not known:
            yield "ran without a record", token
    for record in evidence.records.values():
        yield from _record(evidence, record)


def _most(evidence: Evidence, token: str) -> int:
    """How often it may be there: one that a job adds as often as that began, whose code may run
    twice."""
    by = evidence.starts.get(token.removesuffix(ADDED), []) if token.endswith(ADDED) else []
    return max(1, len(by))


def _idempotent(token: str, records: list[Record]) -> Iterator[tuple[str, str]]:
    """The record of a run whose process died names the one that follows it."""
    runs = {record.run for record in records}
    if len(runs - {_next_run(run) for run in runs}) > 1:
        yield "enqueued twice", token
    for record in records:
        following = AGAIN.search(record.reason)
        if following and following[1] not in runs:
            yield "to be run again, and lost", f"{token} (run {following[1]})"
        final = following or "Poison: " in record.reason
        if record.reason.startswith("AbandonedJobError") and not final:
            yield "idempotent, but not run again", f"{token} (run {record.run})"


def _next_run(run: str) -> str:
    """The id of the run that follows one whose process died (see `frappe_celery.worker.again`)."""
    return hashlib.sha256(f"{run} again".encode()).hexdigest()[:32]


def _record(evidence: Evidence, record: Record) -> Iterator[tuple[str, str]]:
    token = record.name if record.name in evidence.enqueued else record.run
    starts, ends, raises = (
        [line for line in lines.get(token, []) if line.run == record.run]
        for lines in (evidence.starts, evidence.ends, evidence.raises)
    )
    whom = f"{token} (run {record.run}, {record.status}: {record.reason or 'no reason'})"
    if record.status not in ENDED:
        if not (record.status == "deferred" and record.name.endswith("-on_finished")):
            yield "never ended", whom
    elif record.status == "canceled":
        if starts or record.began:
            yield "canceled, but it was started", whom
    elif record.status == "finished":
        if not ends:
            yield "finished, but its code did not return", whom
    elif record.reason.startswith("AbandonedJobError"):
        if not starts and not record.began:
            yield "abandoned, but it had not been started", whom
        if not _was_hurt(evidence, record, starts):
            yield "abandoned, but its process was not killed", whom
    elif not raises:
        yield "failed, but its code did not raise", whom


def _was_hurt(evidence: Evidence, record: Record, starts: list[Line]) -> bool:
    """Whether the run's process was killed; one that stood still for long counts as dead too."""
    if not starts:  # killed before its first line: any process of that worker
        return record.worker in evidence.hurt | evidence.frozen_workers
    hurt = evidence.killed | evidence.frozen
    return any(line.pid in hurt or line.parent in hurt for line in starts)


def _dependants(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What depends on a job that has failed for good, or was canceled, is canceled, unless it may
    fail; all else runs, once what it depends on has ended."""
    last = {one.name: one for one in evidence.records.values() if not _goes_on(evidence, one)}
    causes: dict[str, set[str]] = {}
    for token, enqueued in evidence.enqueued.items():  # each after those that it depends on
        others = {one: last[one] for one in enqueued.depends_on if one in last}
        required = [one for one in others.values() if not enqueued.depends_on[one.name]]
        failed = {one.name for one in required if one.status == "failed"}
        canceled = [causes[one.name] for one in required if one.status == "canceled"]
        causes[token] = failed.union(*canceled)
        if (record := last.get(token)) is None or (_batch_of(token) and not enqueued.run):
            continue  # of what was not acknowledged nothing is known, but that it is whole
        needs = some_of(list(enqueued.depends_on), 4)
        whom = f"{token} ({record.status}: {record.reason}) after {needs}"
        if enqueued.kind == "on_finished":
            if (record.status == "deferred") != bool(causes[token]):
                yield "not called when all of its batch had finished, and only then", whom
        elif record.status != "canceled" and causes[token]:
            yield "ran, though what it depends on did not finish", whom
        elif record.status == "canceled":
            if not causes[token]:
                yield "canceled, though it was to run", whom
            runs = [evidence.enqueued[cause].run for cause in causes[token]]
            if not any(f"{run}, which it depends on, failed" in record.reason for run in runs):
                yield "canceled without the reason", whom
        begun = min((line.at for line in evidence.starts.get(token, [])), default=math.inf)
        for one in others.values():
            if begun < _ended_at(evidence, one):
                yield "started before what it depends on had ended", f"{whom}: {one.name}"


def _batches(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """One that was not acknowledged runs as a whole, or nothing of it does."""
    canceled = {one.name: one.status == "canceled" for one in evidence.records.values()}
    ran: dict[str, set[bool]] = defaultdict(set)
    for token, enqueued in evidence.enqueued.items():
        if not (enqueued.run or token.endswith(ADDED)):
            ran[_batch_of(token)].add(not canceled.get(token, True))
    for made, some in ran.items():
        if made and len(some) > 1:
            yield "half a batch", made


def _batch_of(token: str) -> str:
    """The number of a batch in the token of a job of it: `e0-17` in `e0-17-2` and in `e0-17-2+`;
    '': of none."""
    return token.rpartition("-")[0] if token.count("-") > 1 else ""


def _goes_on(evidence: Evidence, record: Record) -> bool:
    """Whether another run of its job follows."""
    following = AGAIN.search(record.reason)
    return following is not None and following[1] in evidence.records


def _ended_at(evidence: Evidence, record: Record) -> float:
    """As its record says, and its own lines, unless its process counted as dead and lived on."""
    lines = [*evidence.ends.get(record.name, []), *evidence.raises.get(record.name, [])]
    if record.reason.startswith("AbandonedJobError"):
        lines = []
    return max([record.ended_at, *(line.at for line in lines if line.run == record.run)])


def _limits(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """By what the jobs have written: of those that both began and ended, in processes that never
    stood still for so long that they count as dead."""
    at_once, began = [], []
    for token, enqueued in evidence.enqueued.items():
        for start in evidence.starts.get(token, []):
            if evidence.frozen & {start.pid, start.parent}:
                continue
            if enqueued.kind == "rated":
                began.append((start.at, token))
            ends = [*evidence.ends.get(token, []), *evidence.raises.get(token, [])]
            if enqueued.kind == "limited" and ends:
                at_once += [(start.at, 1, token), (ends[0].at, -1, token)]
    running = 0
    for _, step, token in sorted(at_once):
        running += step
        if running > AT_ONCE:
            yield "more at once than the limit", token
    began.sort()
    for (first, _), (last, token) in zip(began, began[PER_MINUTE:], strict=False):
        if last - first < 60 - LATE_SECONDS:
            yield "more in a minute than the limit", token


def _schedule(
    evidence: Evidence, periods: Mapping[str, int], until: float
) -> Iterator[tuple[str, str]]:
    by_method: dict[str, list[Due]] = defaultdict(list)
    for due in evidence.dues:
        by_method[due.method].append(due)
    for method, period in periods.items():
        dues = by_method[method]
        yield from chain(method, dues, period)
        yield from _left_no_line(evidence, dues)
        if not dues or dues[-1].due < until - period:
            last = dues[-1].due if dues else None
            yield "due times that nobody acted on", f"{method} after {last}, until {until}"
    known = {due.run for due in evidence.dues}
    for record in evidence.records.values():
        if record.name in periods and record.run not in known:
            yield "scheduled run without a due time", f"{record.name} {record.run}"


def _left_no_line(evidence: Evidence, dues: list[Due]) -> Iterator[tuple[str, str]]:
    """The record of a scheduled run goes when the next one is enqueued; its lines in the ledger
    stay, unless something was killed before it could write one."""
    runs = [due for due in dues if due.outcome == "enqueued"]
    for due, following in zip(runs, [*runs[1:], None], strict=True):
        ended = following.due if following else math.inf
        killed = any(due.due - 1 <= at <= ended + 1 for at in evidence.kills)
        if due.run not in evidence.starts and due.run not in evidence.records and not killed:
            yield "scheduled run lost", f"{due.method} due {due.due:.0f} (run {due.run})"


def chain(method: str, dues: list[Due], period: int) -> Iterator[tuple[str, str]]:
    """Each act stands for all due times since the one before: none twice, none left out."""
    before: float | None = None
    for due in dues:
        whom = f"{method} due {due.due:.0f}, after {due.after}"
        if due.due % period:
            yield "acted on a time that is not due", whom
        if before is not None and due.due <= before:
            yield "due time acted on twice", whom
        elif due.after != before:
            yield "due times left out", f"{whom}, but the one before was {before}"
        if due.outcome not in ("enqueued", "duplicate"):
            yield "due time without an outcome", whom
        before = due.due
