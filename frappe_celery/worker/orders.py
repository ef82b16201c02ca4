"""What a worker's parent tells one of its processes: which queues to serve, and when to stop.

A pipe: a process that waits for a job hears it too, and one whose parent has gone hears the end.
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Sequence
from contextlib import suppress


class Orders:
    """Made by the parent; each side lets go of the other's end after the fork."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self.queues: tuple[str, ...] = ()
        """Those to serve, in their order; none: take nothing for the time being."""
        self.stop = False
        self.events = False
        self._rest = b""

    # -- the parent

    def give(self, queues: Sequence[str], stop: bool = False, events: bool = False) -> None:
        """Tell; a process that is no more hears nothing."""
        line = json.dumps([list(queues), stop, events]) + "\n"
        with suppress(BrokenPipeError):
            os.write(self._writer, line.encode())

    def keep_giving(self) -> None:
        """In the parent, once the process is there."""
        os.close(self.reader)

    def close(self) -> None:
        """In the parent, once it is gone."""
        os.close(self._writer)

    # -- the process

    def keep_hearing(self) -> None:
        """In the process, at its start."""
        os.close(self._writer)
        self.hear()

    def hear(self) -> None:
        """In a thread, at its start."""
        self._poll = select.poll()
        self._poll.register(self.reader, select.POLLIN)

    def receive(self, seconds: float | None = 0) -> None:
        """Hear what has been told, waiting for it for so long at most (None: until it is told)."""
        while self._poll.poll(None if seconds is None else seconds * 1000):
            seconds = 0
            found = os.read(self.reader, 65536)
            if not found:
                self.stop = True
                return
            *lines, self._rest = (self._rest + found).split(b"\n")
            for line in lines:
                queues, stop, self.events = json.loads(line)
                self.queues, self.stop = tuple(queues), self.stop or stop
