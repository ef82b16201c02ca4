"""Waking a worker's loop that sleeps on its connections, and how long it waits for an answer."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

ANSWER_SECONDS = 5.0
"""After how long without an answer a connection is given up, unless the transport options say
otherwise: packets may get lost without a word."""
LOOK_ANYWAY_SECONDS = 1.0
"""How often a consumer looks into its queues although no bell rang: after a lost connection."""


class Alarm:
    """A pipe that the loop listens to besides its sockets; made in the loop's own thread."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self._writer, False)
        self._thread = threading.get_ident()

    def ring(self) -> None:
        """Wake the loop; nothing to do where the loop itself calls."""
        if threading.get_ident() != self._thread:
            with suppress(OSError):  # full: it rings already; closed: nobody sleeps any more
                os.write(self._writer, b"!")

    def silence(self) -> None:
        """Take the sign away, once the loop has woken by it."""
        os.read(self.reader, 4096)

    def close(self) -> None:
        os.close(self.reader)
        os.close(self._writer)
