"""`Timing`: when a site's rows are due, by its configuration and its Frappe.

Entries that would all start at one moment start a little apart. Frappe v14 and early v15 add up to
ten minutes to every ``*_long`` event; from v16 on they mean to shift ``*_maintenance`` by up to an
hour per site, compute it and forget it. Both are drawn from hashes here: once for a slot, the same
in every process and after every restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha1, sha256
from typing import Any
from zoneinfo import ZoneInfo

from frappe_celery.config.misfire import Misfire, misfires_of
from frappe_celery.config.numbers import is_whole, require
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.cron import Cron, CronError, in_utc
from frappe_celery.schedule.frequencies import cron_of, frequency_of

TICK_KEYS = ("scheduler_tick_interval", "scheduler_interval")
BENCH_TICK_SECONDS = 240
"""Frappe's own `all` interval, in every version."""
LONGEST_DELAY = 600
"""Seconds, as Frappe's own `randint(1, 600)`."""
EVER = Misfire()


@dataclass(frozen=True)
class Tick:
    """How often the event `all` is due."""

    seconds: int
    origin: str
    """Where the number came from, for people."""


@dataclass(frozen=True)
class Timing:
    """When a site's rows are due. Equal timings give equal times."""

    site: str
    zone: str
    """IANA name; in a bench that of System Settings, in which Frappe writes its times."""
    delays_long: bool
    """Whether its Frappe starts `*_long` events up to ten minutes late."""
    tick: Tick
    misfires: Mapping[str, Misfire] = field(default_factory=dict)
    """By method; any other one may run however late."""

    @classmethod
    def of(cls, config: Settings, site: str) -> Timing:
        """A site's timing as configured now.

        Raises:
            ConfigError: the site's configuration is broken, its tick is no number of seconds, or
                what it says of misfires cannot be followed.
        """
        values = config.site_config(site)
        return cls(
            site=site,
            zone=hosts.current().time_zone(site) or values.get("time_zone") or config.zone,
            delays_long=hosts.current().delays_long(site),
            tick=tick_of(values, config.frappe_version, bench=hosts.is_bench()),
            misfires=misfires_of(values.get("misfire")),
        )

    def on_the_wall(self, instant: datetime) -> datetime:
        """An instant as the site's clocks show it."""
        return instant.astimezone(ZoneInfo(self.zone))

    def expression(self, row: ScheduleRow) -> str:
        """The cron expression of a row; for a frequency word the one that it stands for."""
        return cron_of(row.cron_format or row.frequency, self.tick.seconds)

    def next_start(self, row: ScheduleRow, after: datetime) -> datetime:
        """When a row is due next, strictly after an aware instant, in UTC.

        Raises:
            CronError: the row's expression cannot be read.
        """
        cron = Cron(self.expression(row), self.zone)
        return next_start(cron, after, row.frequency, self.site, row.name, self.delays_long)

    def next_starts(self, row: ScheduleRow, at: datetime, count: int) -> list[datetime] | str:
        """As many next times after an aware instant, on the site's clocks, or why there is none."""
        after = at
        if row.since > datetime.now(timezone.utc):  # also of a site whose time zone has moved
            after = max(after, row.since)
        times: list[datetime] = []
        try:
            while len(times) < count:
                after = self.next_start(row, after)
                times.append(self.on_the_wall(after))
        except CronError as exc:
            return times or str(exc)
        return times

    def last_start(self, row: ScheduleRow, due: datetime, until: datetime) -> datetime:
        """The last time that a row is due from `due`, one of its times, to `until`, at most.

        Found by halving: a year of missed minutes takes about as long as a day of them.
        """
        while (later := self._next_until(row, due, until)) is not None:
            middle = later + (until - later) / 2
            beyond = self._next_until(row, middle, until)
            due, until = (later, middle) if beyond is None else (beyond, until)
        return due

    def misfire(self, row: ScheduleRow) -> Misfire:
        """How late a row may run."""
        return self.misfires.get(row.method, EVER)

    def _next_until(self, row: ScheduleRow, after: datetime, until: datetime) -> datetime | None:
        try:
            due = self.next_start(row, after)
        except CronError:  # its last year is over
            return None
        return due if due <= until else None


def tick_of(values: Mapping[str, Any], version: int, *, bench: bool) -> Tick:
    """Seconds between two `all` events.

    Raises:
        ConfigError: a configured number is none, or below 1.
    """
    for key in TICK_KEYS[1:] if bench else TICK_KEYS:
        seconds = values.get(key)
        if seconds:
            is_right = is_whole(seconds) and seconds >= 1
            require(is_right, key, seconds, "a whole number of seconds")
            return Tick(seconds, key)
    if bench:
        return Tick(BENCH_TICK_SECONDS, "Frappe's own default")
    return Tick(60, "default from v15 on") if version >= 15 else Tick(240, "default of v14")


# -- spread


def long_delay(site: str, key: str, due: datetime) -> int:
    """Seconds, 1 to 600, by which an entry's ``*_long`` slot starts after its cron time ``due``.

    ``key`` tells the site's entries apart (the method, or the Scheduled Job Type's name).
    """
    slot = f"{site}\n{key}\n{due.timestamp():.0f}"
    return 1 + int.from_bytes(sha256(slot.encode()).digest()[:8], "big") % LONGEST_DELAY


def is_maintenance(frequency: str) -> bool:
    """Whether a word or label is one of those that start shifted."""
    return frequency_of(frequency).endswith("_maintenance")


def maintenance_shift(site: str) -> int:
    """Minutes, 0 to 59, by which a site's ``*_maintenance`` events start after their cron time."""
    return int(sha1(site.encode(), usedforsecurity=False).hexdigest(), 16) % 60


def next_start(
    cron: Cron, instant: datetime, frequency: str, site: str, key: str, delays_long: bool
) -> datetime:
    """When an entry of a frequency is due next, strictly after ``instant``, its spread included.

    ``instant`` is aware, the answer in UTC. ``frequency`` is a word or a label (``daily_long``,
    ``Daily Long``); without a spread, such as for ``Cron``, this is ``cron.next_after(instant)``.
    ``delays_long``: whether this Frappe delays ``*_long`` events. Raises what that raises.
    """
    word = frequency_of(frequency)
    instant = in_utc(instant)
    if is_maintenance(word):
        shift = timedelta(minutes=maintenance_shift(site))
        if cron.next_after(instant - timedelta.resolution) == instant:
            return cron.next_after(instant) + shift  # it was skipped in Desk, which writes the slot
        return cron.next_after(instant - shift) + shift
    if not delays_long or not word.endswith("_long"):
        return cron.next_after(instant)
    due = cron.next_after(instant - timedelta(seconds=LONGEST_DELAY))
    while True:
        start = due + timedelta(seconds=long_delay(site, key, due))
        if start > instant:
            return start
        due = cron.next_after(due)
