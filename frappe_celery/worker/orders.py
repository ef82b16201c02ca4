"""What a worker's parent tells one of its processes: which queues to serve, and when to stop.

A pipe: a process that waits for a job hears it too, and one whose parent has gone hears the end.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Pipe


class Orders:
    """Made by the parent; each side lets go of the other's end after the fork."""

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
        with suppress(BrokenPipeError):
            self._writes.send((tuple(queues), stop, events))

    def keep_giving(self) -> None:
        """In the parent, once the process is there."""
        self._reads.close()

    def close(self) -> None:
        """In the parent, once it is gone."""
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
