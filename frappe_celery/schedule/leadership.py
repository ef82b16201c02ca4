"""Which scheduler leads, and its sign of life: how late it is, how many entries it has.

It leads by a lease in Redis that its holder renews and others wait for. Frappe's scheduler has a
lock file with a LockTimeoutError; this is its counterpart.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.lease import Lease
from frappe_celery.jobs.workers import process_name
from frappe_celery.schedule.agenda import Agenda, Entry

logger = logging.getLogger(__name__)

LEASE_SECONDS = 10.0
"""A holder that gave no sign of life for so long is replaced."""
HEARTBEAT_SECONDS = 3.0
LATE_SECONDS = 15.0
"""What the change of a leader may take; whoever is later is in trouble."""
SAY_AGAIN_SECONDS = 60.0


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
        self.name = name or process_name()
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


@dataclass(frozen=True)
class Sign:
    """A sign of life of the scheduler that leads."""

    at: float
    """Seconds since the epoch."""
    name: str
    """The scheduler's, as logs have it."""
    lag: float
    """Seconds for which the longest due entry has waited to be acted on; 0: none waits."""
    entries: int
    unread: str = "{}"
    """Sites whose schedule it cannot read, and why, as JSON; '' stands for all."""
    outdated: str = ""
    """Options, between commas, that were changed since it began (`settings.outdated`)."""


class LeaderHeartbeat:
    """Gives a sign every few seconds, and says so when the scheduler falls behind."""

    def __init__(self, store: JobStore, name: str, unread: Callable[[], dict[str, str]]) -> None:
        self.store, self.name, self.unread = store, name, unread
        self._next = 0.0
        self._late_since: float | None = None
        self._say_again = 0.0

    def beat(self, agenda: Agenda, now: datetime) -> None:
        """Called at each turn, once what is due was acted on."""
        if time.monotonic() < self._next:
            return
        first = agenda.first()
        lag = max(0.0, (now - first.due).total_seconds()) if first else 0.0
        troubles = json.dumps(self.unread())
        outdated = ",".join(settings.outdated())
        sign = Sign(time.time(), self.name, round(lag, 3), len(agenda), troubles, outdated)
        self.store.client.hset(self.store.keys.sign_of_life, mapping=asdict(sign))
        self._next = time.monotonic() + HEARTBEAT_SECONDS
        self._watch(lag, first)

    def _watch(self, lag: float, first: Entry | None) -> None:
        now = time.monotonic()
        if first is not None and lag > LATE_SECONDS:
            if self._late_since is None:
                self._late_since = now
            if now >= self._say_again:
                self._say_again = now + SAY_AGAIN_SECONDS
                logger.warning(
                    "scheduler %s is %.0f s behind: %s of site %s was due %s and waits with all"
                    " that were due later", self.name, lag, first.row.method, first.row.site,
                    first.timing.on_the_wall(first.due),
                )  # fmt: skip
        elif self._late_since is not None:
            logger.info("scheduler %s has caught up, in %.0f s", self.name, now - self._late_since)
            self._late_since, self._say_again = None, 0.0


@dataclass(frozen=True)
class Leadership:
    """Who leads now, and the last sign that any leader gave."""

    leader: str | None
    sign: Sign | None

    def lag(self, now: float) -> float:
        """Seconds for which the longest due entry waits, and a leader that stands still stood."""
        if self.sign is None:
            return 0.0
        age = max(0.0, now - self.sign.at)
        return self.sign.lag + (age if age > 2 * HEARTBEAT_SECONDS else 0.0)


def leadership(store: JobStore) -> Leadership:
    """Who leads and who stands by, as Redis has it. Raises BrokerUnreachable."""
    client, keys = store.client, store.keys
    leader = client.get(keys.leader) if client.exists(keys.lease) else None
    kept, sign = client.hgetall(keys.sign_of_life), None
    if kept:
        name, unread = kept[b"name"].decode(), kept.get(b"unread", b"{}").decode()
        lag, entries = float(kept[b"lag"]), int(kept[b"entries"])
        outdated = kept.get(b"outdated", b"").decode()
        sign = Sign(float(kept[b"at"]), name, lag, entries, unread, outdated)
    return Leadership(leader.decode() if leader else None, sign)
