"""Which scheduler leads: a lease in Redis that its holder renews and others wait for.

Frappe's scheduler has a lock file with a LockTimeoutError; this is
its counterpart.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.lease import Lease

LEASE_SECONDS = 10.0
"""A holder that gave no sign of life for so long is replaced."""


class LockTimeoutError(FrappeCeleryError):
    """The leading scheduler stood still for so long that its lease ran out."""


class SchedulerLease:
    """One scheduler's view of the lease. Every method may raise BrokerUnreachable.

    Args:
        name: how logs call this scheduler.
        seconds: how long the lease lasts without being renewed.
        monotonic: seconds on a clock that is never set.
    """

    def __init__(
        self,
        store: JobStore,
        name: str = "",
        seconds: float = LEASE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name or f"{socket.gethostname()}.{os.getpid()}"
        self.store, self.seconds, self.monotonic = store, seconds, monotonic
        self.fence = 0
        """Greater than every former holder's; 0: not held."""
        self.leader = ""
        """Who held it when it was last asked for; '' after a holder that left in order."""
        self._asked = self._renewed = 0.0
        self._lease = Lease(store, store.keys.lease, seconds)

    def keep(self) -> bool:
        """Whether this scheduler leads; takes a free lease, renews its own in time.

        Raises:
            LockTimeoutError: it led and stood still for longer than the lease lasts.
        """
        now = self.monotonic()
        if self.fence and now - self._renewed < self.seconds / 3:
            return True
        stood_still, self._asked = now - self._asked, now
        if not (self.fence and self._lease.keep(self.fence)):
            led, self.fence = self.fence > 0, 0
            if led and stood_still >= self.seconds:
                raise LockTimeoutError(
                    f"scheduler {self.name} stood still for {stood_still:.0f} s,"
                    f" its lease lasts {self.seconds:.0f} s"
                )
            keys = self.store.keys
            self.fence, leader = self.store.run_script(
                "acquire_lease",
                (self._lease.key, keys.fence, keys.leader),
                *(self.name, self._lease.milliseconds),
            )
            self.leader = leader.decode()
        self._renewed = now
        return self.fence > 0

    def doubt(self) -> None:
        """Ask Redis at the next `keep`, however long ago it was renewed."""
        self._renewed = float("-inf")

    def release(self) -> None:
        """Give it up, so that another scheduler leads at once."""
        if self.fence:
            self._lease.give_up(self.fence, self.store.keys.leader)
            self.fence = 0
