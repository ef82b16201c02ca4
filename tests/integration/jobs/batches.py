"""A plain model of batches, for the random histories (`test_store_histories.py`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from frappe_celery.jobs import JobStatus
from tests.integration.jobs.runs import Run


@dataclass
class Batch:
    id: str
    number: int
    status: str = "making"
    members: dict[str, str] = field(default_factory=dict)
    """By first run: `going`, `duplicate`, or how it ended."""
    callbacks: dict[str, str] = field(default_factory=dict)
    """First runs, by role."""
    lines: dict[str, Run] = field(default_factory=dict)
    """What waits for it depends on these, as if they were jobs."""
    is_released: bool = False

    def __post_init__(self) -> None:
        about = f"batch {self.id}"
        for name in ("made", "ended", "finished"):
            run = Run(f"{self.id}/{name}", "", "", about, False, status=JobStatus.STARTED)
            self.lines[name] = run

    def counts(self) -> Counter[str]:
        return Counter(self.members.values())

    def has(self, name: str) -> list[str]:
        """It came about now, if it had not; what is to be settled then."""
        line = self.lines[name]
        if line.status != JobStatus.STARTED:
            return []
        line.status = JobStatus.FINISHED
        return [line.first]


class OfLines(Protocol):
    """What the model of dependencies does for that of batches."""

    def now(self, first: str) -> Run | None: ...
    def is_over(self, first: str) -> bool: ...


class Batches:
    def __init__(self, lines: OfLines) -> None:
        self.lines = lines
        self.all: dict[str, Batch] = {}

    def line(self, first: str) -> Run:
        batch, _, name = first.partition("/")
        return self.all[batch].lines[name]

    def of(self, first: str) -> Batch | None:
        """The batch that counts a job."""
        return next((batch for batch in self.all.values() if first in batch.members), None)

    def keeps(self, first: str) -> bool:
        batch = self.of(first)
        return batch is not None and not batch.is_released

    def joined(self, batch: Batch, first: str, outcome: str = "going") -> list[str]:
        batch.members[first] = outcome
        return self.whole(batch)

    def called(self, batch: Batch, first: str, role: str) -> list[str]:
        batch.callbacks[role] = first
        return self.whole(batch)

    def whole(self, batch: Batch) -> list[str]:
        """What is to be settled once all of it is there."""
        if batch.status != "making" or len(batch.members) + len(batch.callbacks) < batch.number:
            return []
        batch.status = "going"
        return [*self.over(batch), *batch.has("made")]

    def counted(self, first: str, outcome: str) -> list[str]:
        """What is to be settled since a job goes again or has ended."""
        batch = self.of(first)
        if batch is None or batch.members[first] in (outcome, outcome == "deleted" and "finished"):
            return []
        batch.members[first] = outcome
        return self.over(batch)

    def over(self, batch: Batch) -> list[str]:
        counts, lines = batch.counts(), []
        if counts["going"] or batch.status not in ("going", "ended"):
            return []
        if batch.status == "going":
            batch.status = "ended"
            lines += batch.has("ended")
        if not counts.keys() - {"finished", "duplicate"}:
            lines += batch.has("finished")
        return lines

    def given_up(self, batch: Batch) -> list[str]:
        batch.status = "canceled"
        for line in batch.lines.values():
            line.status, line.cause = JobStatus.CANCELED, line.id
        return [line.first for line in batch.lines.values()]

    def looked_at(self, batch: Batch) -> list[str]:
        """What is to be settled since jobs had ended unnoticed: records of failed ones are gone."""
        lines = []
        for first, outcome in [*batch.members.items()]:
            if outcome in ("going", "failed") and self.lines.is_over(first):
                newest = self.lines.now(first)
                lines += self.counted(first, newest.status if newest else "deleted")
        return lines

    def tended(self, batch: Batch) -> list[str]:
        """The jobs that it keeps no more."""
        if batch.status not in ("ended", "canceled") or batch.is_released:
            return []
        for role, first in batch.callbacks.items():
            newest = self.lines.now(first)
            waits = newest is not None and newest.status == JobStatus.DEFERRED
            if not (self.lines.is_over(first) or (role == "on_finished" and waits)):
                return []
        batch.is_released = True
        return [*batch.members]
