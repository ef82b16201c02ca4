"""A scheduler's claim on a due time, made in the step that enqueues its job."""

from __future__ import annotations

from dataclasses import dataclass

AHEAD_SECONDS = 3600
"""A claim on a time that is further away was made by a clock that was wrong."""


@dataclass(frozen=True)
class Claim:
    """A due time of a schedule entry, acted on by whoever enqueues with it first, as the script
    that enqueues takes it."""

    key: str
    due: float
    """Seconds since the epoch."""
    fence: int | None = None
    """Of the scheduler that claims (see `schedule.leadership`); None: it need not lead."""
    since: float | None = None
    """The first of the entry's due times that were missed and for all of which `due` stands."""
    method: str | None = None
    """What the entry runs, for people: its name leaves out the app."""
    latest: float | None = None
    """An earlier claim beyond it counts for nothing, as `AHEAD_SECONDS` says."""


class AlreadyActedOn(Exception):
    """The due time of a Claim, or a later one, has been acted on."""


class Deposed(Exception):
    """The scheduler that wanted to act leads no more, or its lease ran out."""


def check_claimed(outcome: bytes, what: str) -> None:
    """Raise what a script's outcome says of the claim on a due time."""
    if outcome == b"claimed":
        raise AlreadyActedOn(what)
    if outcome == b"deposed":
        raise Deposed(what)
