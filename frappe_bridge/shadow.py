"""While Frappe's scheduler acts: what beat would have enqueued beside what was run.

Nothing is enqueued or noted. Beat's due times are those of its own agenda, fed with the sites'
rows; Frappe's are seen by `last_execution`, which each run sets when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from frappe_celery.config.settings import Settings
from frappe_celery.jobs.hosts import Host, ScheduleRow
from frappe_celery.schedule.agenda import Agenda, Entry
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.frequencies import frequency_of
from frappe_celery.schedule.reader import configured_off
from frappe_celery.schedule.timing import Timing, is_maintenance, maintenance_shift

EARLY = timedelta(seconds=1)
"""By how much a run may seem to start before its time: Frappe's clock is its database's."""


@dataclass(frozen=True)
class Difference:
    """A due time that one of the two did not act on."""

    site: str
    method: str
    at: datetime
    """When it was due, or when it ran without that."""
    what: str
    why: str
    """What explains it, for people; '': nothing does."""


@dataclass
class _Seen:
    row: ScheduleRow
    timing: Timing
    due: list[datetime] = field(default_factory=list)
    """When beat would have enqueued it."""
    ran: list[datetime] = field(default_factory=list)
    waited: bool = False
    """Whether a run of it waited or ran when it was due."""


@dataclass
class Result:
    """What the comparison of the schedules has seen until now."""

    agreeing: int
    latest: timedelta
    """The longest that Frappe took from a due time to the start of its run."""
    differences: list[Difference]


UNREAD = "the site could not be read then"
Rows = dict[tuple[str, str], tuple[ScheduleRow, Timing]]
"""By site and name."""


@dataclass
class Shadow:
    """Of some sites, from the first `look` on."""

    host: Host
    config: Settings
    sites: list[str]
    is_running: Callable[[ScheduleRow], bool]
    """Whether a run of a row, whose site is open, runs now."""
    why_off: Callable[[], str | None]
    """Why nothing of a site, which is open, is scheduled; None: it is."""
    late: timedelta
    """How long after a due time Frappe's scheduler and a worker may start its run."""
    off: dict[str, str] = field(default_factory=dict)
    """Sites of which nothing is scheduled, and why."""
    unread: dict[str, str] = field(default_factory=dict)
    """Sites that could not be read at the last look, and why."""
    _read_at: dict[str, datetime] = field(default_factory=dict)
    _gaps: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    _agenda: Agenda = field(default_factory=Agenda)
    _seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)
    _began: datetime | None = None

    def look(self, clock: Callable[[], datetime]) -> None:
        """Read the rows; let beat's agenda act on what it knew before, as if it led; update it.

        The time is asked for once the rows are read: a run that they show began before that.
        """
        rows: Rows = {}
        were_unread, self.unread = self.unread, {}
        for site in self.sites:
            with self._noting(site):
                rows.update(self._read(site))
        now = clock()
        self._began = self._began or now
        later = []
        while (first := self._agenda.first()) is not None and first.due <= now:
            entry = self._agenda.take()
            site = entry.row.site
            with self._noting(site):
                if site not in self.unread:
                    self._act(entry, now, rows)
            if site in self.unread:
                later.append(entry)
        for entry in later:
            self._agenda.push_back(entry)
        for row, timing in rows.values():
            self._update(row, timing)
        for site in set(self.sites) - self.unread.keys():
            if site in were_unread:
                self._gaps.append((site, self._read_at.get(site, self._began), now))
            self._read_at[site] = now

    @contextmanager
    def _noting(self, site: str) -> Iterator[None]:
        """A database that is away is told, and asked again at the next look."""
        try:
            yield
        except Exception as exc:
            self.unread[site] = f"{type(exc).__name__}: {exc}"

    def _read(self, site: str) -> Rows:
        with self.host.visiting(site):
            off = configured_off(self.config, site)[0] or self.why_off()
            if off:
                self.off[site] = off
                return {}
            self.off.pop(site, None)
            rows, timing = self.host.schedule_rows(site), Timing.of(self.config, site)
        return {(site, row.name): (row, timing) for row in rows}

    def _act(self, entry: Entry, now: datetime, rows: Rows) -> None:
        row = entry.row
        due = entry.timing.last_start(row, entry.due, now)
        seen = self._seen[row.site, row.name]
        current, _ = rows.get((row.site, row.name), (None, None))
        if current is not None and not current.stopped:
            started = current.last_execution
            with self.host.visiting(row.site):
                running = started and started < due - EARLY and self.is_running(current)
            if running:
                seen.waited = True
            else:
                seen.due.append(due)
        self._agenda.done(entry, due)

    def _update(self, row: ScheduleRow, timing: Timing) -> None:
        seen = self._seen.setdefault((row.site, row.name), _Seen(row, timing))
        if row.last_execution != seen.row.last_execution and row.last_execution is not None:
            seen.ran.append(row.last_execution)
        seen.row, seen.timing = row, timing
        if row.stopped:
            self._agenda.remove(row.site, row.name)
            return
        with suppress(CronError):  # it is not on the agenda then
            self._agenda.put(row, timing)

    def result(self, now: datetime) -> Result:
        """Everything whose time to agree is over; it can be asked for again later."""
        agreeing, latest, differences = 0, timedelta(), []
        for seen in self._seen.values():
            ran, missed = list(seen.ran), []
            for due in seen.due:
                start = next((at for at in ran if due - EARLY <= at <= due + self.late), None)
                if start is not None:
                    ran.remove(start)
                    agreeing += 1
                    latest = max(latest, start - due)
                elif now > due + self.late:
                    missed.append(due)
            for due in missed:
                what, why = "beat alone", self._why_not_run(seen, due)
                start = next((at for at in ran if at > due), None)
                if start is not None:
                    ran.remove(start)
                    late = f"Frappe started it {(start - due).total_seconds():.0f} s after that"
                    what, why = "both, late", why or late
                differences.append(_difference(seen, due, what, why))
            for at in ran:
                if not self._is_the_end_of_a_run(seen, at):
                    why = self._why_run(seen, at)
                    differences.append(_difference(seen, at, "Frappe alone", why))
        return Result(agreeing, latest, sorted(differences, key=lambda found: found.at))

    def _is_the_end_of_a_run(self, seen: _Seen, at: datetime) -> bool:
        """Frappe sets `last_execution` of a row without a log when a run ends, too."""
        before = max((other for other in seen.ran if other < at), default=None)
        return not seen.row.create_log and before is not None and at - before <= self.late

    def _why_not_run(self, seen: _Seen, due: datetime) -> str:
        if self._began is not None and due < self._began:
            return "it was missed before this began: beat would have made up for it at once"
        return UNREAD if self._could_not_read(seen.row.site, due) else _spread(seen)

    def _why_run(self, seen: _Seen, at: datetime) -> str:
        if self._began is not None and at < self._began + self.late:
            return "it may have been due before this began"
        if self._could_not_read(seen.row.site, at):
            return UNREAD
        if seen.waited:
            return "a run of it waited or ran when it was due"
        return _spread(seen)

    def _could_not_read(self, site: str, at: datetime) -> bool:
        read_at = self._read_at.get(site, at)
        return (site in self.unread and at >= read_at) or any(
            one == site and begin <= at <= end + self.late for one, begin, end in self._gaps
        )


def _difference(seen: _Seen, at: datetime, what: str, why: str) -> Difference:
    return Difference(seen.row.site, seen.row.method, seen.timing.on_the_wall(at), what, why)


def _spread(seen: _Seen) -> str:
    if is_maintenance(seen.row.frequency):
        minutes = maintenance_shift(seen.row.site)
        return f"beat shifts this site's maintenance by {minutes} minutes; Frappe forgets to"
    if seen.timing.delays_long and frequency_of(seen.row.frequency).endswith("_long"):
        return "up to ten minutes are added to it, by each in its own way"
    return ""
