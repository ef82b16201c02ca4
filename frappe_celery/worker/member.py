"""A process or a thread that runs jobs: what it says of itself (`Slot`), what its worker's parent
tells it (`Orders`), and what that knows of it (`Member`).

A slot lies in memory that both share: a job costs no message, and what a process did when it died
is known. Orders come through a pipe: a process that waits for a job hears it too, and one whose
parent has gone hears the end.
"""

from __future__ import annotations

import mmap
import operator
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from multiprocessing import Pipe
from typing import Any, NamedTuple

_LAYOUT = struct.Struct("=BQQdd129pII")
"""As `Seen`; of a run's id what is longer than 128 bytes is cut."""
_TALLY = struct.Struct("=QQd")
_TALLY_AT = 176
_SIZE = 200
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
    """Of `time.monotonic`, which all processes share: when its timeout is over, in which what it
    left is put right too; 0: it has none."""
    run: str
    most_memory: int = 0
    """MiB that its job may have; 0: any number."""
    memory_before: int = 0
    """MiB that its process had grown by before, and that it may have beside those."""


class Tally(NamedTuple):
    """How many jobs a process has run, and for how many seconds; named as in `WorkerInfo`."""

    successful: int = 0
    failed: int = 0
    total_working_time: float = 0.0

    def plus(self, other: Tally) -> Tally:
        """With what another one has run."""
        return Tally(*map(operator.add, self, other))


class Slot:
    """One process's; it writes, its parent reads.

    Its first byte is odd while it is written, and another one each time.
    """

    def __init__(self, page: mmap.mmap, place: int) -> None:
        self.place = place
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
        most_memory: int = 0,
        memory_before: int = 0,
    ) -> None:
        """Say what `Seen` reads, while another process may be reading."""
        body = _LAYOUT.pack(
            doing, number, ended, began, deadline, run.encode(), most_memory, memory_before
        )
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
        doing, number, ended, began, deadline, run, *memory = _LAYOUT.unpack(found)
        return Seen(Doing(doing), number, ended, began, deadline, run.decode(), *memory)

    def limit_memory(self, most: int, before: int = 0) -> None:
        """The job that runs may have so many MiB, beside those that were there before it."""
        self.write(*self.read()._replace(most_memory=most, memory_before=before))

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


class Orders:
    """Which queues to serve, and when to stop.

    Made by the parent, whose end the process lets go of, or it would not hear that this has gone.
    """

    def __init__(self) -> None:
        self._reads, self._writes = Pipe(duplex=False)
        self.reader = self._reads.fileno()
        """The descriptor by which one can wait for an order."""
        self._poll = select.poll()  # the pipe's own makes another one each time: 20 µs a job
        self._poll.register(self.reader, select.POLLIN)
        self.queues: tuple[str, ...] = ()
        """Those to serve, in their order; none: take nothing for the time being."""
        self.stop = False
        self.events = False

    # -- the parent

    def give(self, queues: Sequence[str], stop: bool = False, events: bool = False) -> None:
        """Tell; a process that is no more hears nothing."""
        self._writes.send((tuple(queues), stop, events))

    def close(self) -> None:
        """In the parent, once it is gone."""
        self._reads.close()
        self._writes.close()

    # -- the process

    def keep_hearing(self) -> None:
        """In the process, at its start."""
        self._writes.close()

    def receive(self, seconds: float | None = 0) -> None:
        """Hear what has been told, waiting for it for so long at most (None: until it is told)."""
        while self._poll.poll(None if seconds is None else seconds * 1000):
            seconds = 0
            try:
                self.queues, stop, self.events = self._reads.recv()
            except EOFError:
                self.stop = True
                return
            self.stop = self.stop or stop

    def asks_to_stop(self) -> bool:
        """Whether it is to stop, asked while a job runs."""
        self.receive()
        return self.stop

    def are_there(self) -> bool:
        """Whether some are to be heard, asked by who is not to hear them."""
        return bool(self._poll.poll(0))


@dataclass
class Member:
    """One process or thread that runs jobs, as its worker's parent knows it."""

    slot: Slot
    orders: Orders = field(default_factory=Orders)
    birth: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    leaves: bool = False
    """It was told to stop."""
    thread: int = 0
    """The system's number of it; 0: it is the first of its process, and has that one's number."""

    process: Any = None
    """Its own, of `billiard`; None: a thread, or the worker itself."""
    killed_because: str = ""
    again: bool = True
    """Whether its job may be run again, if idempotent, once its process is dead."""

    @property
    def pid(self) -> int:
        """Of the process that it is in."""
        return int(self.process.pid) if self.process is not None else os.getpid()
