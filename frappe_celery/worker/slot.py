"""What each of a worker's processes does, in memory that it shares with its parent: a job costs no
message, and what a process did when it died is known."""

from __future__ import annotations

import mmap
import operator
import struct
from enum import IntEnum
from typing import NamedTuple

_LAYOUT = struct.Struct("=BQQddH128s")
_TALLY = struct.Struct("=QQd")
_TALLY_AT = 168
_SIZE = 192
_RUN_BYTES = 128
_LOOKS = 10_000


class Doing(IntEnum):
    NOTHING = 0
    ASKS = 1
    """For a run, and for the one before it to be recorded."""
    HOLDS = 2
    """A run that is its own and has not begun."""
    RUNS = 3


class Seen(NamedTuple):
    """What a process's slot says at one moment."""

    doing: Doing
    number: int
    """Of the tag that it asks with, or holds its run under; each is one more than the last."""
    ended: int
    """How many runs have ended in this process."""
    began: float
    """Seconds since the epoch."""
    deadline: float
    """Of `time.monotonic`, which all processes share: when its timeout is over; 0: it has none."""
    run: str


class Tally(NamedTuple):
    """How many jobs a process has run, and for how long."""

    successful: int = 0
    failed: int = 0
    seconds: float = 0.0

    def plus(self, other: Tally) -> Tally:
        """With what another one has run."""
        return Tally(*map(operator.add, self, other))


class Slot:
    """One process's; it writes, its parent reads.

    Its first byte is odd while it is written, and another one each time.
    """

    def __init__(self, page: mmap.mmap, place: int) -> None:
        self._page = page
        self._at = place * _SIZE
        self._body = slice(self._at + 1, self._at + 1 + _LAYOUT.size)

    def write(
        self,
        doing: Doing,
        number: int = 0,
        ended: int = 0,
        began: float = 0.0,
        deadline: float = 0.0,
        run: str = "",
    ) -> None:
        """Say what `Seen` reads, while another process may be reading."""
        text = run.encode()[:_RUN_BYTES]
        body = _LAYOUT.pack(doing, number, ended, began, deadline, len(text), text)
        version = self._page[self._at]
        self._page[self._at] = version | 1
        self._page[self._body] = body
        self._page[self._at] = ((version | 1) + 1) % 256

    def read(self) -> Seen:
        """What it says. A process that died while it wrote leaves what it had written."""
        for _ in range(_LOOKS):
            version = self._page[self._at]
            found = self._page[self._body]
            if not version & 1 and self._page[self._at] == version:
                break
        doing, number, ended, began, deadline, length, text = _LAYOUT.unpack(found)
        return Seen(Doing(doing), number, ended, began, deadline, text[:length].decode())

    def count(self, succeeded: bool, seconds: float) -> None:
        """One run more; a fork for one job counts for the process whose fork it is."""
        successful, failed, before = self.tally()
        counted = successful + succeeded, failed + (not succeeded), before + seconds
        _TALLY.pack_into(self._page, self._at + _TALLY_AT, *counted)

    def tally(self) -> Tally:
        return Tally(*_TALLY.unpack_from(self._page, self._at + _TALLY_AT))

    def rest(self) -> None:
        """It has nothing in its hands."""
        seen = self.read()
        self.write(Doing.NOTHING, seen.number, seen.ended)

    def clear(self) -> None:
        """For another process, which has done nothing yet."""
        self.write(Doing.NOTHING)
        _TALLY.pack_into(self._page, self._at + _TALLY_AT, 0, 0, 0.0)


def shared_slots(number: int) -> list[Slot]:
    """As many slots, shared with every process that is forked from now on."""
    page = mmap.mmap(-1, number * _SIZE)
    return [Slot(page, place) for place in range(number)]
