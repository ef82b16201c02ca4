"""Starts a process that sends, when there is something to send and nobody sends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


class Postman:
    """A worker's or beat's. Any number may look: Redis lets one of them send.

    Args:
        root: the bench's or project's folder, where the sender runs.
        module: the sender, as `python -m` starts it, with a token.
        sends: whether the holder of a token is to send now; may raise BrokerUnreachable.
    """

    def __init__(self, root: Path, module: str, sends: Callable[[str], bool]) -> None:
        self.root, self.module, self.sends = root, module, sends
        self._sender: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start a sender when there is work for one; raises BrokerUnreachable."""
        if self._sender is not None and self._sender.poll() is None:
            return
        self._sender = None
        token = uuid4().hex
        if self.sends(token):
            self._sender = subprocess.Popen(
                [sys.executable, "-m", self.module, token],
                stdin=subprocess.DEVNULL,
                cwd=self.root,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "FRAPPE_BENCH_ROOT": str(self.root),
                },
            )

    def wait(self, seconds: float) -> None:
        """Let a sender that runs end."""
        if self._sender is not None:
            with suppress(subprocess.TimeoutExpired):
                self._sender.wait(seconds)
