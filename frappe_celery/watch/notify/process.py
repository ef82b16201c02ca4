"""The process that sends what is unsent, then ends."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.watch.notify.unsent import LEASE_SECONDS, Unsent

logger = logging.getLogger(__name__)

NICENESS = 10
"""Where the jobs leave no processor idle, a mail takes seconds longer and the jobs do not."""
PATIENCE_SECONDS = 120
"""After how long a server that drags on is given up, whatever it says meanwhile."""


def main(name: str, send: Callable[[str], object]) -> None:
    """Have `send` do so, as the process that holds the lease under the token in its arguments."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker: this goes out
    logging.basicConfig(
        level=logging.WARNING, format=f"%(asctime)s %(levelname)s {name} %(message)s"
    )
    try:
        send(sys.argv[1])
    except FrappeCeleryError as exc:
        logger.error("the rest is sent later: %s", exc)


@contextmanager
def holding(unsent: Unsent, token: str) -> Iterator[None]:
    """Give signs of life from a thread, however long a server takes; then let others send."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(LEASE_SECONDS / 5):
            with suppress(BrokerUnreachable):
                unsent.lease.keep(token)

    threading.Thread(target=keep, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        unsent.lease.give_up(token)


@contextmanager
def at_most(seconds: int = PATIENCE_SECONDS) -> Iterator[None]:
    """Raise TimeoutError in here after so long."""

    def time_is_up(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the server was not done after {seconds} s")

    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
