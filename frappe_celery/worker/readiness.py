"""Tells whoever started this worker that it is ready, as systemd's services do.

`frappe-celery supervise` waits for it before the worker before this one is told to stop; systemd
does with `Type=notify`.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from celery import bootsteps, signals

from frappe_celery.worker.new_code import BEFORE, NewCode


class Readiness(bootsteps.Step):
    """Sends `READY=1` to $NOTIFY_SOCKET, once, when the worker takes jobs.

    One that is to take another's place ends here instead, where its code does not import.
    """

    def create(self, worker: Any) -> None:
        """Before the pool forks, whose jobs have no business with that socket."""
        self.address = os.environ.pop("NOTIFY_SOCKET", "")
        before = os.environ.pop(BEFORE, None)
        worker.new_code = None if before is None else NewCode()
        if before:
            worker.new_code.take_over(int(before))
        if self.address:
            signals.worker_ready.connect(self.tell)

    def tell(self, **_: Any) -> None:
        """Say it; '@' begins an abstract name."""
        signals.worker_ready.disconnect(self.tell)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(b"READY=1", self.address.replace("@", "\0", 1))
