"""What must hold of a run with chaos, checked on the evidence: DESIGN.md, 'What always holds'."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.chaos.ledger import Due, Evidence, Record

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
    for rule, whom in (*_jobs(evidence), *_schedule(evidence, periods, until)):
        found[rule].append(whom)
    for rule, names in (("left over", evidence.held), ("contradiction", evidence.contradictions)):
        if names:
            found[rule] += names
    return dict(found)


def _jobs(evidence: Evidence) -> Iterator[tuple[str, str]]:
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in evidence.records.values():
        by_name[record.name].append(record)
    for token, enqueued in evidence.enqueued.items():
        if len(by_name[token]) > 1:
            yield "enqueued twice", token
        if enqueued.run and enqueued.run not in evidence.records:
            yield "acknowledged and lost", token
    scheduled = {due.run for due in evidence.dues}
    for token, starts in evidence.starts.items():
        if len(starts) > 1:
            yield "started more than once", token
        known = token in scheduled or all(line.run in evidence.records for line in starts)
        if not known:
            yield "ran without a record", token
    for record in evidence.records.values():
        yield from _record(evidence, record)


def _record(evidence: Evidence, record: Record) -> Iterator[tuple[str, str]]:
    token = record.name if record.name in evidence.enqueued else record.run
    whom = f"{token} (run {record.run}, {record.status}: {record.reason or 'no reason'})"
    starts = evidence.starts.get(token, [])
    if record.status not in ENDED:
        yield "never ended", whom
    elif record.status == "finished":
        if not evidence.ends.get(token):
            yield "finished, but its code did not return", whom
    elif record.reason.startswith("AbandonedJobError"):
        if not starts and not record.began:
            yield "abandoned, but it had not been started", whom
        if not _was_hurt(evidence, record, token):
            yield "abandoned, but its process was not killed", whom
    elif not evidence.raises.get(token):
        yield "failed, but its code did not raise", whom


def _was_hurt(evidence: Evidence, record: Record, token: str) -> bool:
    """Whether the run's process was killed; one that stood still for long counts as dead too."""
    lines = evidence.starts.get(token, [])
    if not lines:  # killed before its first line: any process of that worker
        return record.worker in evidence.hurt | evidence.frozen_workers
    hurt = evidence.killed | evidence.frozen
    return any(line.pid in hurt or line.parent in hurt for line in lines)


def _schedule(
    evidence: Evidence, periods: Mapping[str, int], until: float
) -> Iterator[tuple[str, str]]:
    by_method: dict[str, list[Due]] = defaultdict(list)
    for due in evidence.dues:
        by_method[due.method].append(due)
    for method, period in periods.items():
        dues = by_method[method]
        yield from _chain(method, dues, period)
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


def _chain(method: str, dues: list[Due], period: int) -> Iterator[tuple[str, str]]:
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
