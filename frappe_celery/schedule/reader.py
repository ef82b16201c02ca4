"""A thread that reads the sites' rows again and again, and tells the scheduler what changed.

A database or a site's configuration that fails is logged once and asked again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.hosts import Host, ScheduleRow
from frappe_celery.schedule.events import read_hooks
from frappe_celery.schedule.sync import announcements, differences, fill
from frappe_celery.schedule.timing import Timing

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
SHARE = 0.1
"""Of the time that looking at sites where no change is known of may take."""
SWEEP_SECONDS = 60.0
"""A site with a database of its own is looked at that often though no change is known of, for
edits made in SQL. Sites of one database are looked at in turn, as often as SHARE allows."""
SITE_SECONDS = 5.0
"""Of few such sites each is looked at so much more often that every so many seconds one is: a
database that hangs is seen by nobody else."""
PATIENCE_SECONDS = 2.0
"""A site that has not answered for so long is left to itself, the others are looked at."""
SILENCE_SECONDS = 10.0
"""And after so long nothing of it is scheduled any more."""
SILENT = f"its database has not answered for {SILENCE_SECONDS:.0f} s"
ROWS_AT_ONCE = 2000
"""In one piece of news, so that none takes the scheduler long."""
OFF_KEYS = ("maintenance_mode", "pause_scheduler", "disable_scheduler")


@dataclass(frozen=True)
class News:
    """What has changed in a site's schedule."""

    site: str
    timing: Timing | None = None
    changed: list[ScheduleRow] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    present: frozenset[str] | None = None
    """All that the site has, when it was read for the first time: the others are gone."""
    off: str | None = None
    """Why nothing of the site is scheduled now; None: it is."""
    answers: bool | None = None
    """Whether its database answered when it was looked at; None: it was not."""


@dataclass
class _Site:
    name: str
    rows: dict[str, ScheduleRow] = field(default_factory=dict)
    timing: Timing | None = None
    """By which they were last read; None: they were not yet."""
    off: str | None = None
    trouble: str | None = None
    configuration: Any = None
    is_due: bool = True
    """To be looked at at once: it is new, it was told of, or its configuration changed."""
    looked_at: float = 0.0
    looking: threading.Thread | None = None
    is_slow: bool = False


class Reader:
    """Watches the rows of every site.

    A site is looked at when the host tells of a change (`changed_sites`), when its configuration
    changed, and in the sweep, which goes round all sites. While it cannot be read, nothing of it is
    scheduled. One that has a database of its own is looked at in a thread of its own, so that a
    database that hangs holds up nobody else. One that all sites have in common may hang too:
    `watch` sees that.

    Args:
        deliver: called with the news, from the threads that look.
        clock: seconds on a clock that is never set.
    """

    def __init__(
        self,
        host: Host,
        config: Settings,
        deliver: Callable[[News], Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host, self.config, self.deliver, self.clock = host, config, deliver, clock
        self._sites: dict[str, _Site] = {}
        self._rests_until = 0.0
        self._turned_at = clock()
        """When the thread began its last turn or look; in it the database of all sites is asked."""
        self._stopped = threading.Event()
        self._lock = threading.RLock()
        """So that no news of a site follows the news that it is gone."""

    def start(self) -> None:
        """Poll in a thread of its own until `stop`."""
        threading.Thread(target=self._run, name="schedule reader", daemon=True).start()

    def stop(self) -> None:
        """End it; what is being read now is not delivered."""
        self._stopped.set()

    def unread(self) -> dict[str, str]:
        """By site why its schedule cannot be read."""
        return {site.name: site.trouble for site in self._known() if site.trouble}

    def watch(self) -> None:
        """Say that the database of all sites is silent, where the thread that looks waits for it;
        for another thread to call."""
        waits = self.clock() - self._turned_at > SILENCE_SECONDS
        if waits and not self.host.site_databases:
            for site in self._known():
                self._failed(site, SILENT)

    def _known(self) -> list[_Site]:
        return list(self._sites.values())

    def _run(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                self.poll()
            except Exception:
                logger.exception("the sites could not be looked at; it is tried again by itself")
            pause = POLL_SECONDS

    def poll(self) -> None:
        self._turned_at = self.clock()
        names = self.config.sites()
        for name in self._sites.keys() - set(names):
            with self._lock:
                logger.error(
                    "site %s is gone, and nothing of it is scheduled: it has no site_config.json"
                    " any more", name,
                )  # fmt: skip
                self._tell(self._sites[name], removed=list(self._sites[name].rows))
                del self._sites[name]
        for name in names:
            self._sites.setdefault(name, _Site(name))
        changed = self._changed_sites()
        quiet: list[_Site] = []
        for site in self._known():
            if self._stopped.is_set():
                return
            site.is_due |= site.name in changed  # also where a look is under way, which may miss it
            if self._may_look(site):
                if site.is_due or site.trouble:
                    self._look(site)
                else:
                    quiet.append(site)
        self._sweep(sorted(quiet, key=attrgetter("looked_at")))

    def _changed_sites(self) -> set[str]:
        """Where a change is known of; what keeps from asking is told by the looks, or by beat."""
        try:
            return self.host.changed_sites()
        except Exception as exc:
            logger.debug("which sites changed cannot be asked: %s", exc)
            return set()

    def _sweep(self, quiet: Iterable[_Site]) -> None:
        """Look at some sites, the one first that has waited longest."""
        began = self.clock()
        if began < self._rests_until:
            return
        often = min(SWEEP_SECONDS, SITE_SECONDS * len(self._sites))
        every = often if self.host.site_databases else 0.0
        for site in quiet:
            if self.clock() - site.looked_at < every or self.clock() > began + POLL_SECONDS * SHARE:
                break
            self._look(site)
        took = self.clock() - began
        if took > POLL_SECONDS and not self.host.site_databases:  # one site has very many rows
            self._rests_until = began + took / SHARE

    def _may_look(self, site: _Site) -> bool:
        """Whether the site's configuration lets it be scheduled and no look is under way."""
        off, values = configured_off(self.config, site.name)
        if off is not None or values != site.configuration:
            site.configuration, site.is_due = values, True
        if off is not None:
            self._switch(site, off)
            return False
        if site.looking is not None and site.looking.is_alive():
            if self.clock() - site.looked_at > SILENCE_SECONDS:
                self._failed(site, SILENT)
            return False
        return True

    # -- one site

    def _look(self, site: _Site) -> None:
        """Look at a site, and wait for it unless it was slow the last time."""
        site.looked_at = self._turned_at = self.clock()
        site.is_due = False
        if not self.host.site_databases:
            self._look_now(site)
            return
        site.looking = threading.Thread(
            target=self._look_now, args=(site,), name=f"looks at {site.name}", daemon=True
        )
        site.looking.start()
        if not site.is_slow:
            site.looking.join(PATIENCE_SECONDS)

    def _look_now(self, site: _Site) -> None:
        began = self.clock()
        try:
            with self.host.visiting(site.name):
                off = self.host.scheduling_off(site.name)
                if off is None:
                    self._read(site)
                self._switch(site, off, answers=True)
        except Exception as exc:
            self._failed(site, f"{type(exc).__name__}: {exc}")
        else:
            site.trouble = None
        site.is_slow = self.clock() - began > PATIENCE_SECONDS

    def _failed(self, site: _Site, trouble: str) -> None:
        site.trouble = trouble
        off = SILENT if trouble == SILENT else f"its schedule cannot be read ({trouble})"
        self._switch(site, off, answers=False)

    def _switch(self, site: _Site, off: str | None, answers: bool | None = None) -> None:
        if off != site.off:
            site.off = off
            self._tell(site, off=off, answers=answers)

    def _read(self, site: _Site) -> None:
        timing, rows = Timing.of(self.config, site.name), self.host.schedule_rows(site.name)
        if site.timing is None:
            rows = self._compare_with_hooks(site.name, rows)
            present = frozenset(row.name for row in rows)
            answers = True if site.off is None else None  # else `_switch` tells
            self._tell(site, timing=timing, present=present, answers=answers)
        timed_anew = site.timing != timing
        changed = [row for row in rows if timed_anew or site.rows.get(row.name) != row]
        current = {row.name: row for row in rows}
        removed = [name for name in site.rows if name not in current]
        site.rows, site.timing = current, timing
        for start in range(0, len(changed), ROWS_AT_ONCE):
            self._tell(site, timing=timing, changed=changed[start : start + ROWS_AT_ONCE])
        if removed:
            self._tell(site, timing=timing, removed=removed)

    def _compare_with_hooks(self, site: str, rows: list[ScheduleRow]) -> list[ScheduleRow]:
        """Fill empty rows; of other differences only say that they are there."""
        wanted, problems = read_hooks(self.host.app_hooks(site), self.config, site)
        for problem in problems:
            logger.warning("site %s: %s", site, problem)
        filled = fill(self.host, self.config, site, rows)
        if filled is not rows:
            logger.info("site %s: first start, its schedule is filled from the hooks", site)
        for line in announcements(differences(filled, wanted, problems)):
            logger.warning("site %s: %s", site, line)
        return filled

    def _tell(self, site: _Site, **news: Any) -> None:
        with self._lock:
            if self._sites.get(site.name) is site and not self._stopped.is_set():
                self.deliver(News(site.name, **news))


def why_off(host: Host, config: Settings, site: str) -> str | None:
    """Why nothing of a site is scheduled, None when it is."""
    return configured_off(config, site)[0] or host.scheduling_off(site)


def configured_off(config: Settings, site: str) -> tuple[str | None, dict[str, Any]]:
    """The same as far as a site's configuration says, and this configuration."""
    try:
        values = config.site_config(site)
    except ConfigError as exc:
        return str(exc), {}
    off = next((f"{key} is set in its configuration" for key in OFF_KEYS if values.get(key)), None)
    return off, values
