"""What `celery beat` runs: the sites' schedules, led by one scheduler of any number.

Rows come from the reader, due entries leave through `schedule.fire`. A team's own
`app.conf.beat_schedule` keeps running beside them, by Celery's own code.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cached_property, partial
from typing import Any

from celery import Celery
from celery import beat as celery_beat
from celery.backends.base import DisabledBackend
from redis.exceptions import ResponseError

from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.bridge import FRAPPES
from frappe_celery.jobs.hosts import Host
from frappe_celery.jobs.limits.outages import begin_silence, end_silence
from frappe_celery.jobs.outbox.process import RelayProcess
from frappe_celery.jobs.record.due_claim import AHEAD_SECONDS, AlreadyActedOn, Deposed
from frappe_celery.schedule import marks
from frappe_celery.schedule.agenda import Agenda, Entry
from frappe_celery.schedule.celery_schedule import CronSchedule
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.fire import claim_of, enqueue_scheduled
from frappe_celery.schedule.frappes_lock import FrappesLock
from frappe_celery.schedule.leadership import LeaderHeartbeat, LockTimeoutError, SchedulerLease
from frappe_celery.schedule.reader import SILENT, News, Reader

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""The longest sleep: how soon a changed row or a free lease is noticed."""
ENTRIES_A_TICK = 100
_now = partial(datetime.now, timezone.utc)


class Scheduler(celery_beat.Scheduler):
    """Celery's scheduler with the sites' rows on an agenda of its own.

    Args:
        clock: the time now, aware.
        host: where the rows are. Default: this process's.
    """

    def __init__(
        self,
        app: Celery,
        *args: Any,
        clock: Callable[[], datetime] = _now,
        host: Host | None = None,
        **kwargs: Any,
    ) -> None:
        self.clock, self.host = clock, host
        self.reader: Reader | None = None
        self._frappes_lock = FrappesLock()
        self._relay = RelayProcess()
        self._role = self._trouble = ""
        self._was_deposed = False
        self._looked_at = self.clock()
        settings.outdated()  # what changes from now on
        self._step_down()
        super().__init__(app, *args, **kwargs)

    @cached_property
    def lease(self) -> SchedulerLease:
        """What decides whether this scheduler leads."""
        return SchedulerLease(get_store())

    @property
    def info(self) -> str:
        return (
            f"    . schedule -> Scheduled Job Type rows, sites: {len(settings.current().sites())}"
        )

    # -- one turn

    def tick(self, *_: Any, **__: Any) -> float:
        """Do what is due; returns the seconds until the next turn."""
        self._relay.look()
        self._look_at_the_clock()
        try:
            if not self._leads():
                return TICK_SECONDS
            busy = self._hear()
            self._fire()
            self._heartbeat.beat(self.agenda, self.clock())
            own = self._tick_own()
        except (BrokerUnreachable, ResponseError, ValueError, KeyError) as exc:
            if not self._trouble:
                logger.error("%s. What is due waits; it is tried again by itself", exc)
            self._trouble = f"{type(exc).__name__}: {exc}"
            self._heap = None  # which may lack the app's entry that was just sent
            return TICK_SECONDS
        except Deposed:  # it stood still after it had looked, or the Redis was away for long
            self.lease.doubt()
            again, self._was_deposed = self._was_deposed, True
            return TICK_SECONDS if again else 0.0  # again: it is Frappe's scheduler that acts
        self._was_deposed = False
        if self._trouble:
            logger.info("the Redis that keeps the jobs answers again")
            self._trouble = ""
        return 0.0 if busy else min(own, self._until_next())

    def close(self) -> None:
        """Step down at once, so that another scheduler leads."""
        self._step_down()
        with suppress(BrokerUnreachable, ResponseError):
            self.lease.release()

    def _until_next(self) -> float:
        first = self.agenda.first()
        wait = TICK_SECONDS if first is None else (first.due - self.clock()).total_seconds()
        return min(max(wait, 0.0), TICK_SECONDS)

    # -- who leads

    def _look_at_the_clock(self) -> None:
        now, before = self.clock(), self._looked_at
        if now < before - timedelta(seconds=AHEAD_SECONDS):
            logger.error(
                "the clock was set back from %s: what it acted on until then counts no more", before
            )
            self._step_down()
        self._looked_at = now

    def _leads(self) -> bool:
        try:
            leads = self.lease.keep()
        except LockTimeoutError as exc:
            logger.error("LockTimeoutError: %s. Whoever asks first leads now", exc)
            self._step_down()
            return False
        if leads and not self._frappes_lock.keep():
            self._wait_for_frappes()
            return False
        if leads and self._role != "leads":
            self._take_the_lead()
        elif not leads and self._role != "stands by":
            self._step_down()
            logger.info("scheduler %s stands by: %s leads", self.lease.name, self.lease.leader)
            self._role = "stands by"
        return leads

    def _wait_for_frappes(self) -> None:
        waited = self._role == "waits"
        self.close()
        if not waited:
            logger.error(
                "Frappe's scheduler runs on this machine, and what is due would run twice: nothing"
                " is scheduled here until it has ended. Stop `bench schedule`"
            )
        self._role = "waits"

    def _take_the_lead(self) -> None:
        lease = self.lease
        self._recall_own_runs()  # first: if the Redis is away, all this is done at the next turn
        if lease.leader and lease.leader != lease.name:
            logger.error(
                "scheduler %s acts now, and what is due runs: scheduler %s gave no sign of life for"
                " %.0f s. If that one died, see that its process manager starts it again",
                lease.name, lease.leader, lease.seconds,
            )  # fmt: skip
        logger.info("scheduler %s leads", lease.name)
        self._role = "leads"
        self.reader = Reader(
            self.host or hosts.current(), settings.current(), deliver=self._news.append
        )
        self.reader.start()
        self._heartbeat = LeaderHeartbeat(get_store(), lease.name, self.reader.unread)

    def _step_down(self) -> None:
        """Know nothing, as at the start."""
        if self.reader is not None:
            self.reader.stop()
            self.reader = None
        self._frappes_lock.give_up()
        self.agenda = Agenda()
        self._news: deque[News] = deque()
        self._off: dict[str, str] = {}
        self._away: set[str] = set()
        self._parked: dict[str, list[Entry]] = {}
        self._role = ""

    # -- rows

    def _hear(self) -> bool:
        """Apply a piece of news; whether there is more."""
        if self.reader:
            self.reader.watch()
        if self._news:
            self._apply(self._news[0])
            self._news.popleft()  # only now: the Redis may have been away
        return bool(self._news)

    def _apply(self, news: News) -> None:
        is_back = bool(news.answers) and end_silence(get_store(), news.site)
        if news.timing is None:
            self._switch(news, is_back)
        if news.present is not None:
            marks.forget_others(news.site, news.present, self.lease.fence)
        set_back = marks.see(news.site, news.changed, self.lease.fence)
        marks.forget(news.site, news.removed, self.lease.fence)
        for name in news.removed:
            self.agenda.remove(news.site, name)
        for row in news.changed:
            if row.stopped or news.timing is None:
                self.agenda.remove(row.site, row.name)
                continue
            try:
                self.agenda.put(row, news.timing, set_back=row.name in set_back)
            except CronError as exc:
                logger.error("site %s: %s is not scheduled: %s", row.site, row.name, exc)

    def _switch(self, news: News, is_back: bool) -> None:
        """`is_back`: that its database is has just been said."""
        site, off = news.site, news.off
        if off == SILENT:
            begin_silence(get_store(), site)
        if off is not None:
            if news.answers is not False or site not in self._away:  # else it has been said
                self._tell_why(site, off)
            self._off[site] = off
        elif self._off.pop(site, None):
            if not is_back:
                logger.info("site %s: is scheduled again", site)
            for entry in self._parked.pop(site, []):
                self.agenda.push_back(entry)
        (self._away.add if news.answers is False else self._away.discard)(site)

    def _tell_why(self, site: str, off: str) -> None:
        if off == SILENT:
            logger.error(
                "the database of site %s is away: it does not answer. Its jobs wait, and nothing of"
                " it is scheduled, until it is back", site
            )  # fmt: skip
        elif off != FRAPPES:
            logger.warning("site %s: nothing is scheduled, %s", site, off)
        elif FRAPPES not in self._off.values():
            logger.info("%s", off)

    # -- what is due

    def _fire(self) -> None:
        """Act on what is due, some entries a turn."""
        for _ in range(ENTRIES_A_TICK):
            first = self.agenda.first()
            if first is None or first.due > self.clock():
                return
            self._act(first)

    def _act(self, entry: Entry) -> None:
        row = entry.row
        if row.site in self._off:
            self._parked.setdefault(row.site, []).append(self.agenda.take())
            return
        due = entry.timing.last_start(row, entry.due, self.clock())
        what = f"{row.method} of site {row.site}, due {entry.timing.on_the_wall(due)}"
        try:
            done = self._run(entry, due, what)
        except AlreadyActedOn:
            logger.debug("%s: was acted on", what)
        else:
            if due != entry.due:
                done += f" (once for all missed since {entry.timing.on_the_wall(entry.due)})"
            logger.info("%s: %s", what, done)
        try:
            self.agenda.done(entry, due)
        except CronError as exc:
            logger.info("%s, was its last time: %s", what, exc)

    def _run(self, entry: Entry, due: datetime, what: str) -> str:
        """Enqueue a run for a due time, or note why there is none; what was done, for the log."""
        row, since = entry.row, entry.due if due != entry.due else None
        claim = claim_of(row, due, self.lease.fence, since, self.clock())
        late = (self.clock() - due).total_seconds()
        reason = entry.timing.misfire(row).leaves_out(late)
        if not reason:
            try:
                job = enqueue_scheduled(row, claim)
            except (BrokerUnreachable, Deposed, AlreadyActedOn):
                raise
            except Exception as exc:
                logger.exception("%s: could not be enqueued", what)
                reason = f"it could not be enqueued: {type(exc).__name__}: {exc}"
            else:
                return f"enqueued on {row.queue}" if job else "left out, a run of it waits or runs"
        get_store().skip(claim, reason)
        return f"left out, {reason}"

    # -- the app's own entries

    def setup_schedule(self) -> None:
        """Take the app's own entries; those of `beat_schedule()` are on the agenda already."""
        given = self.app.conf.beat_schedule.items()
        own = {name: one for name, one in given if not isinstance(one["schedule"], CronSchedule)}
        self.merge_inplace(own)
        if not isinstance(self.app.backend, DisabledBackend):
            self.install_default_entries(self.schedule)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one of them, and tell later leaders when."""
        super().apply_entry(entry, producer=producer)
        ran = self.schedule[entry.name].last_run_at or self.clock()
        get_store().client.hset(get_store().keys.own_runs, entry.name, ran.isoformat())

    def _tick_own(self) -> float:
        return super().tick() if self.schedule else TICK_SECONDS

    def _recall_own_runs(self) -> None:
        """When the leader before ran the app's own entries."""
        runs = get_store().client.hgetall(get_store().keys.own_runs)
        for name, entry in self.schedule.items():
            ran = runs.get(name.encode())
            if ran is not None:
                entry.last_run_at = datetime.fromisoformat(ran.decode())
        self._heap = None
