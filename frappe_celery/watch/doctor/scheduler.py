"""Whether the schedule runs: each site, and the scheduler that leads."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread

from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.routes import FRAPPES
from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
from frappe_celery.schedule.leadership import LATE_SECONDS, leadership
from frappe_celery.schedule.reader import why_off
from frappe_celery.watch.doctor.report import Section, counted

SITES_SECONDS = 5.0
"""For so long sites are asked, and a database that hangs is waited for."""
ASKED_AT_ONCE = 16
SCHEDULED, BY_FRAPPE = "scheduled", "scheduled by Frappe's scheduler"


def check(section: Section, store: JobStore, sites: list[str], now: float) -> None:
    """Each site with the reason why nothing of it is scheduled; then the leader."""
    answers = _ask(store, sites)
    for site, answer in answers.items():
        if answer.done() or answer.running():
            section.row(site=site, state=_state(section, site, answer))
    if left := sum(not answer.done() and not answer.running() for answer in answers.values()):
        section.note(f"{counted(left, 'more site')} not asked", "ask one with --site")
    states = {row["state"] for row in section.rows}
    acts = not hosts.is_bench() or store.settings.frappe_celery_enabled
    if BY_FRAPPE in states:
        section.note(FRAPPES)
    _check_leader(section, store, now, SCHEDULED in states and acts)


def _ask(store: JobStore, sites: list[str]) -> dict[str, Future[str | None]]:
    """Why each site is off, as far as it says so in time; a thread that waits still is left."""
    host, answers = hosts.current(), {site: Future[str | None]() for site in sites}
    left = deque(answers.items())

    def ask() -> None:
        with suppress(IndexError):
            while True:
                site, answer = left.popleft()
                answer.set_running_or_notify_cancel()
                try:
                    store.settings.site_config(site)  # which why_off takes for a reason
                    answer.set_result(why_off(host, store.settings, site))
                except Exception as exc:
                    answer.set_exception(exc)

    for _ in range(min(len(sites), ASKED_AT_ONCE)):
        Thread(target=ask, daemon=True, name="asks sites").start()
    wait(answers.values(), SITES_SECONDS)
    return answers


def _state(section: Section, site: str, answer: Future[str | None]) -> str:
    if not answer.done():
        section.problem(
            f"the database of site {site} does not answer: nothing came within"
            f" {SITES_SECONDS:.0f} s",
            "look whether it hangs, as when its process stands still or its disk is full; what"
            " waits for it goes on once it answers",
        )
        return "its database does not answer"
    try:
        off = answer.result()
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
