"""How fast a worker's jobs end: while they are short, the next message is fetched ahead of time.

A process that has ended a job of a millisecond would wait as long again until its parent has the
next message from the broker. So the parent has one ready, `AHEAD_SECONDS` at most: when no process
is free by then it goes back to where it came from, and whoever is idle, or a job that is enqueued
at the front meanwhile, waits no longer than that.
"""

from __future__ import annotations

AHEAD_SECONDS = 0.01
"""How long a message may be held before a process is free for it."""
IN_A_ROW = 10
"""After how many jobs, each ended within `AHEAD_SECONDS` of the one before."""


class Pace:
    """Of the jobs that one consumer acknowledges; times are seconds of `time.monotonic`."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._ended_at = 0.0

    def ended(self, now: float) -> None:
        """A job has ended."""
        self._in_a_row = self._in_a_row + 1 if self._is_recent(now) else 0
        self._ended_at = now

    def is_brisk(self, now: float) -> bool:
        """Whether another job is likely to end very soon."""
        return self._in_a_row >= IN_A_ROW and self._is_recent(now)

    def _is_recent(self, now: float) -> bool:
        return now - self._ended_at < AHEAD_SECONDS
