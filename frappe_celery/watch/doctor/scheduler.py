"""Whether the schedule runs: each site, and the scheduler that leads."""

from __future__ import annotations

import json
import time

from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.routes import FRAPPES
from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
from frappe_celery.schedule.leadership import LATE_SECONDS, leadership
from frappe_celery.schedule.reader import why_off
from frappe_celery.watch.doctor.report import Section

SITES_SECONDS = 5.0
"""For so long sites are asked, one after the other: each may have a database of its own."""
SCHEDULED, BY_FRAPPE = "scheduled", "scheduled by Frappe's scheduler"


def check(section: Section, store: JobStore, sites: list[str], now: float) -> None:
    """Each site with the reason why nothing of it is scheduled; then the leader."""
    until = time.monotonic() + SITES_SECONDS
    for number, site in enumerate(sites):
        if time.monotonic() > until:
            section.note(f"{len(sites) - number} more sites were not asked", "ask one with --site")
            break
        section.row(site=site, state=_state(section, store, site))
    states = {row["state"] for row in section.rows}
    acts = not hosts.is_bench() or store.settings.frappe_celery_enabled
    if BY_FRAPPE in states:
        section.note(FRAPPES)
    _check_leader(section, store, now, SCHEDULED in states and acts)


def _state(section: Section, store: JobStore, site: str) -> str:
    try:
        store.settings.site_config(site)  # which why_off takes for a reason
        off = why_off(hosts.current(), store.settings, site)
    except Exception as exc:
        what = str(exc) if isinstance(exc, ConfigError) else f"{type(exc).__name__}: {exc}"
        section.problem(
            f"site {site} cannot be read, and nothing of it is scheduled: {what}",
            "mend its site_config.json, or its database: beat asks again by itself",
        )
        return f"cannot be read: {what}"
    if off is None:
        return SCHEDULED
    if off == FRAPPES:
        return BY_FRAPPE
    section.note(f"nothing of site {site} is scheduled: {off}")
    return f"off: {off}"


def _check_leader(section: Section, store: JobStore, now: float, scheduled: bool) -> None:
    found = leadership(store)
    sign, leads = found.sign, found.leader is not None
    age = None if sign is None else max(0.0, now - sign.at)
    section.row(
        leader=found.leader,
        lag_seconds=sign.lag if sign and leads else None,
        entries=sign.entries if sign and leads else None,
        last_leader=None if sign is None or leads else sign.name,
        last_sign_seconds_ago=None if age is None else round(age, 1),
    )
    for site, why in (json.loads(sign.unread) if sign and leads else {}).items():
        whose = f"schedule of site {site}" if site else "sites' schedules"
        section.problem(f"the scheduler {found.leader} cannot read the {whose}: {why}")
    if not leads and scheduled and frappes_scheduler_runs():
        section.problem(
            "Frappe's scheduler runs on this machine, and beat does nothing beside it",
            "stop bench schedule (and a worker pool's)",
        )
    elif not leads and scheduled:
        last = "" if sign is None else f"; the last sign of one ({sign.name}) is {age:,.0f} s old"
        section.problem(
            f"no scheduler runs: nothing is enqueued when it is due{last}",
            "start one in your process manager, or by hand: frappe-celery beat",
        )
    elif leads and found.lag(now) > LATE_SECONDS:
        section.warn(
            f"the scheduler {found.leader} is {found.lag(now):,.0f} s late",
            "its log, logs/scheduler.log, tells what holds it up",
        )
