"""What jobs of any of a worker's processes have met: those are forks, which share this memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from mmap import mmap
from typing import Any

SIZE = 1 << 20
"""Bytes, of which a worker takes those that it has written. Where its jobs have met 10,000 things,
one in 800 new ones is taken for one of them."""


class Seen:
    """A set of whatever has the same hash in each fork."""

    def __init__(self) -> None:
        self._bits, self._names, self._news = mmap(-1, SIZE), mmap(-1, 8), mmap(-1, 1)

    @property
    def news(self) -> int:
        """Another number once something was added."""
        return self._news[0]

    def place(self, *what: object) -> int:
        """Where it stands."""
        return hash(what) % (8 * SIZE)

    def __contains__(self, place: int) -> bool:
        return bool(self._bits[place >> 3] & 1 << (place & 7))

    def add(self, places: Iterable[int]) -> None:
        """Another process may write beside it, and undo it: it is met once more."""
        for place in places:
            self._bits[place >> 3] |= 1 << (place & 7)
        self._news[0] = (self._news[0] + 1) % 256

    def add_name(self, name: str) -> None:
        """Of what a job changed, once every process can hear of it."""
        place = self.place(name)
        if place not in self:
            self.add([place])
            self._names[:] = (int.from_bytes(self._names[:], "big") + 1).to_bytes(8, "big")

    def has_all_names_in(self, heard: Iterable[str]) -> bool:
        """Whether none was forgotten since."""
        known = sum(self.place(name) in self for name in heard)
        return known >= int.from_bytes(self._names[:], "big")


class Found:
    """What one of them has found out, so that the others need not."""

    def __init__(self) -> None:
        self._text, self._length = mmap(-1, SIZE), mmap(-1, 8)

    def tell(self, found: Any) -> None:
        """What JSON can say; where that takes more room, each finds out for itself."""
        text = json.dumps(found).encode()
        if len(text) <= SIZE:
            self._text[: len(text)] = text
            self._length[:] = len(text).to_bytes(8, "big")

    def heard(self) -> Any:
        """None: nobody has told, or had found nothing."""
        length = int.from_bytes(self._length[:], "big")
        return json.loads(self._text[:length]) if length else None
