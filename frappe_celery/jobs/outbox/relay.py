"""Publishes the rows that their callers left, and deletes those that were published.

One process of the bench does it for all sites, one connection at a time. A site's database is asked
when something was published there or left, for a while after the broker was away, and every ten
seconds.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError, Refused
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR
from frappe_celery.jobs.lease import Lease
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.outbox.at_commit import AWAY_SECONDS, OWN_SECONDS, is_on
from frappe_celery.jobs.outbox.table import OF_A_TASK, Row, Table
from frappe_celery.jobs.queue import publish

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
ANYWAY_SECONDS = 10.0
"""How often a site is asked of which nothing was heard: a caller may have died."""
RESTS = 5
"""Times as long as a round over all sites takes it rests, where that is longer."""
SLOW_SECONDS = 0.1
"""One that takes longer waits for something, and says nothing of the others."""
LEASE_SECONDS = 15.0
OVERDUE_SECONDS = 60.0
"""Of rows that wait longer people are told."""
AT_ONCE = 500
FORGOTTEN_AFTER_SECONDS = 600.0
"""How long a mark outlives its row: for as long a caller may stand still before it publishes."""
LONGEST_TRANSACTION_SECONDS = 3600.0
"""Rows that are older than the last time when none waited, by more than that, came with a restored
database."""


@dataclass(frozen=True)
class State:
    """A site's outbox; times in seconds since the epoch."""

    site: str
    waiting: int
    """Rows whose job is not enqueued yet."""
    aside: int
    """Rows that somebody has to decide about."""
    oldest: float | None
    """When the first one of those that wait was written."""
    drained: float
    """When none waited."""


class Relay:
    """One of those that may relay; it does while it holds the lease."""

    def __init__(self, store: JobStore, token: str) -> None:
        self._store, self._client, self._keys = store, store.client, store.keys
        self._host, self._token = hosts.current(), token
        self._table = Table(self._host)
        self._lease = Lease(store, self._keys.outbox_lease, LEASE_SECONDS)
        self._server = ""
        self._doubts_until = 0.0
        self._sites: list[str] = []
        """Whose outbox is on, as it was found out last."""
        self._sites_until = 0.0
        self._took = 0.0
        """How long the last site that was asked took, in seconds."""
        self._made: set[str] = set()
        self._asked: dict[str, float] = {}
        self._troubles: dict[str, str] = {}

    def look(self) -> None:
        """At every site that may have rows; raises BrokerUnreachable, and looks at all after it."""
        try:
            if not (self._lease.keep(self._token) or self._lease.take(self._token)):
                return
            self._notice_restarts()
            news = self._client.spop(self._keys.outbox_news, 10**6) or ()
            told = {site.decode() for site in news}
            sites = self._with_one()
            pause = max(ANYWAY_SECONDS, RESTS * len(sites) * self._took)
            if time.monotonic() < self._doubts_until:
                pause = LOOK_SECONDS
            marked = self._client.each("zcount", map(self._keys.outbox_marks, sites), 0, 0)
            for site, has_marks in zip(sites, marked, strict=True):
                due = time.monotonic() - self._asked.get(site, 0.0) > pause
                if site in told or due or has_marks:
                    self._ask(site)
                    self._lease.keep(self._token)
        except BrokerUnreachable:
            self._doubt()
            raise

    def _with_one(self) -> list[str]:
        """The sites whose outbox is on; their files are not read at each look."""
        if time.monotonic() > self._sites_until:
            self._sites = [site for site in self._store.settings.sites() if is_on(site)]
            self._sites_until = time.monotonic() + ANYWAY_SECONDS
        return self._sites

    def _notice_restarts(self) -> None:
        """One may lie between two looks."""
        server = self._client.info("server")["run_id"]
        if server != self._server:
            self._server = server
            self._doubt()

    def _doubt(self) -> None:
        """Callers found the broker away, and some will not ask it for a while."""
        self._doubts_until = time.monotonic() + AWAY_SECONDS + 2 * OWN_SECONDS

    def _ask(self, site: str) -> None:
        began = self._asked[site] = time.monotonic()
        try:
            with self._host.in_site(site, ADMINISTRATOR):
                if site not in self._made:
                    self._table.make()
                    self._host.commit()
                    self._made.add(site)
                self._relay(site)
            self._troubles.pop(site, None)
            self._took = min(time.monotonic() - began, SLOW_SECONDS)
        except BrokerUnreachable:
            raise
        except Exception as exc:
            if site not in self._troubles:
                logger.error("the outbox of site %s cannot be read: %s", site, exc)
            self._troubles[site] = str(exc)

    def _relay(self, site: str) -> None:
        client, marks, now = self._client, self._keys.outbox_marks(site), time.time()
        marked = [run.decode() for run in client.zrangebyscore(marks, 0, 0, 0, AT_ONCE)]
        rows = self._table.take(now - OWN_SECONDS, AT_ONCE)
        before = client.hget(self._keys.outboxes, site)
        drained: float = json.loads(before)["drained"] if before else 0.0
        back = self._came_back(rows, marks)
        done = {*marked, *(row.run for row in rows if self._publish(row, site, drained, back))}
        self._table.delete(sorted(done))
        self._host.commit()
        waiting, oldest, aside = self._table.counts()
        pipe = client.pipeline()
        if done:
            pipe.zadd(marks, dict.fromkeys(done, now + FORGOTTEN_AFTER_SECONDS), xx=True)
        pipe.zremrangebyscore(marks, "(0", now)
        state = State(site, waiting, aside, oldest, now if not waiting else drained)
        pipe.hset(self._keys.outboxes, site, json.dumps(asdict(state)))
        if len(rows) == AT_ONCE or len(marked) == AT_ONCE:
            pipe.sadd(self._keys.outbox_news, site)
        pipe.execute()

    def _came_back(self, rows: Sequence[Row], marks: str) -> set[str]:
        """Runs of those whose job was enqueued and whose row was deleted then."""
        pipe = self._client.pipeline()
        for row in rows:
            pipe.zscore(marks, row.run)
            pipe.exists(self._keys.record(row.run))
        told = iter(pipe.execute())
        return {
            row.run
            for row, mark, is_kept in zip(rows, told, told, strict=True)
            if mark or (mark is None and is_kept)
        }

    def _publish(self, row: Row, site: str, drained: float, back: Collection[str]) -> bool:
        """Whether it is enqueued, or was; what can not be is set aside."""
        try:
            if row.run in back:
                raise Refused(
                    "it came back with an older state of the database: its job was enqueued before"
                    " (to run it again, delete the job, then relay the row)"
                )
            self._enqueue(row, site, drained)
        except BrokerUnreachable:
            raise
        except FrappeCeleryError as why:
            logger.error("a job of site %s stays in its outbox: %s (run %s)", site, why, row.run)
            self._table.set_aside(row.run, str(why))
            return False
        return True

    def _enqueue(self, row: Row, site: str, drained: float) -> None:
        """Raises FrappeCeleryError: it must not be."""
        if row.bench != self._store.settings.prefix:
            raise Refused(f"it is of another bench, {row.bench!r}: its database was restored here")
        if row.created < drained - LONGEST_TRANSACTION_SECONDS:
            raise Refused("it came back with an older state of the database, and may have run")
        sealed = row.message.encode()
        if row.options == OF_A_TASK:
            from frappe_celery.jobs.outbox import tasks  # Django

            tasks.publish(self._store, row.run, sealed, site)
            return
        message = JobMessage.open(self._store.signer, sealed, row.run)
        if message.site != site:
            raise Refused(f"it is of site {message.site}")
        options = json.loads(row.options)
        options.pop("own_id", None)  # which older processes go by
        publish.publish(message, outbox=True, **options)


def states(store: JobStore) -> list[State]:
    """Of each site's outbox, as it was when last looked at; raises BrokerUnreachable."""
    told: dict[bytes, bytes] = store.client.hgetall(store.keys.outboxes)
    return [State(**json.loads(text)) for _, text in sorted(told.items())]
