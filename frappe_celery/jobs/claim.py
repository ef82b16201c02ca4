"""A scheduler's claim on a due time, made in the step that enqueues its job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """A due time of a schedule entry, acted on by whoever enqueues with it first."""

    key: str
    due: float
    """Seconds since the epoch."""
    fence: int = 0
    """Of the scheduler that claims (see `schedule.lease`); 0: it need not lead."""


class AlreadyActedOn(Exception):
    """The due time of a Claim, or a later one, has been acted on."""


class Deposed(Exception):
    """The scheduler that wanted to act leads no more, or its lease ran out."""
