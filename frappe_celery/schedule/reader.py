"""Reads the sites' rows again and again and delivers what changed; never in the scheduler's way.

A database or a site's configuration that fails is logged once and asked again; the entries that
are known go on meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from frappe_celery.errors import ConfigError
from frappe_celery.hosts.base import Host, ScheduleRow
from frappe_celery.schedule.events import rows_from_hooks
from frappe_celery.schedule.sync import announcements, differences, fill
from frappe_celery.schedule.timing import Timing
from frappe_celery.settings import Settings

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
LONGEST_POLL_SECONDS = 30.0
SHARE = 0.1
"""Of the time that reading may take: a round that takes long is followed by a longer pause."""
ROWS_AT_ONCE = 2000
"""In one piece of news, so that none takes the scheduler long."""
OFF_KEYS = ("maintenance_mode", "pause_scheduler", "disable_scheduler")


@dataclass(frozen=True)
class News:
    """What changed on a site."""

    site: str
    timing: Timing | None = None
    changed: list[ScheduleRow] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    off: str | None = None
    """Why nothing of the site is scheduled now; None: it is."""


@dataclass
class _Site:
    rows: dict[str, ScheduleRow] = field(default_factory=dict)
    state: Any = None
    """The rows' stamp and what else they depend on, when they were last read."""
    off: str | None = None
    trouble: str | None = None
    was_read: bool = False


class Reader:
    """Watches the rows of every site.

    Args:
        deliver: called with the news, from the thread that polls.
    """

    def __init__(self, host: Host, config: Settings, deliver: Callable[[News], Any]) -> None:
        self.host, self.config, self.deliver = host, config, deliver
        self._sites: dict[str, _Site] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Poll in a thread of its own until `stop`."""
        threading.Thread(target=self._run, name="schedule reader", daemon=True).start()

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._stopped.set()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            began = time.monotonic()
            self.poll()
            took = time.monotonic() - began
            pause = min(max(POLL_SECONDS, took / SHARE), LONGEST_POLL_SECONDS)

    def poll(self) -> None:
        """Look at every site once."""
        sites = self.config.sites()
        for site in self._sites.keys() - set(sites):
            self._tell(News(site, removed=list(self._sites.pop(site).rows)))
        for site in sites:
            if not self._stopped.is_set():
                self._poll_site(site, self._sites.setdefault(site, _Site()))

    def _poll_site(self, site: str, known: _Site) -> None:
        try:
            off = why_off(self.host, self.config, site)
            if off != known.off:
                known.off = off
                self._tell(News(site, off=off))
            if off is None:
                self._read(site, known)
        except Exception as exc:
            trouble = f"{type(exc).__name__}: {exc}"
            if trouble != known.trouble:
                logger.error(
                    "site %s: its schedule cannot be read (%s). Its %d known entries go on;"
                    " it is tried again by itself", site, trouble, len(known.rows)
                )  # fmt: skip
            known.trouble = trouble
        else:
            if known.trouble:
                logger.info("site %s: its schedule can be read again", site)
            known.trouble = None

    def _read(self, site: str, known: _Site) -> None:
        timing = Timing.of(self.config, site)
        stamp = schedule_stamp(self.host, site)
        state = (stamp, timing, self.config.site_config(site).get("cron_queues"))
        if stamp is not None and state == known.state:
            return
        rows = self.host.schedule_rows(site)
        if not known.was_read:
            rows = self._compare_with_hooks(site, rows)
            known.was_read = True
        changed = rows
        if known.state is not None and known.state[1] == timing:
            changed = [row for row in rows if known.rows.get(row.name) != row]
        current = {row.name: row for row in rows}
        removed = [name for name in known.rows if name not in current]
        known.rows, known.state = current, state
        for start in range(0, len(changed), ROWS_AT_ONCE):
            self._tell(News(site, timing, changed[start : start + ROWS_AT_ONCE]))
        if removed:
            self._tell(News(site, timing, removed=removed))

    def _compare_with_hooks(self, site: str, rows: list[ScheduleRow]) -> list[ScheduleRow]:
        """Fill empty rows; of other differences only say that they are there."""
        wanted, problems = rows_from_hooks(self.host, self.config, site)
        for problem in problems:
            logger.warning("site %s: %s", site, problem)
        filled = fill(self.host, self.config, site, rows)
        if filled is not rows:
            logger.info("site %s: first start, its schedule is filled from the hooks", site)
        for line in announcements(differences(filled, wanted, problems)):
            logger.warning("site %s: %s", site, line)
        return filled

    def _tell(self, news: News) -> None:
        if not self._stopped.is_set():
            self.deliver(news)


def why_off(host: Host, config: Settings, site: str) -> str | None:
    """Why nothing of a site is scheduled, None when it is (FRAPPE_FACTS, 'No scheduling while')."""
    try:
        values = config.site_config(site)
    except ConfigError as exc:
        return str(exc)
    for key in OFF_KEYS:
        if values.get(key):
            return f"{key} is set in its configuration"
    ask: Callable[[str], str | None] | None = getattr(host, "scheduling_off", None)
    return ask(site) if ask else None


def schedule_stamp(host: Host, site: str) -> Any:
    """Something cheap that differs once a row changed; None: the host has no such thing."""
    ask: Callable[[str], Any] | None = getattr(host, "schedule_stamp", None)
    return ask(site) if ask else None
