"""Whether the schedule runs: each site, and the scheduler that leads."""

from __future__ import annotations

import json
from concurrent.futures import Future, wait
from threading import Thread

from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.bridge import FRAPPES
from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
from frappe_celery.schedule.leadership import LATE_SECONDS
from frappe_celery.schedule.reader import why_off
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.words import some_of

SITES_SECONDS = 5.0
"""For so long sites are asked, and a database that hangs is waited for."""
ASKED_AT_ONCE = 16
SCHEDULED, BY_FRAPPE = "scheduled", "scheduled by Frappe's scheduler"


def check(section: Section, now: Now) -> None:
    """Each site with the reason why nothing of it is scheduled; then the leader."""
    answers = _ask(now.store, now.sites)
    stopped: list[str] = []
    for site, answer in answers.items():
        if answer.done() or answer.running():
            told = Section(site) if site in now.away else section  # of which `databases` tells
            section.row(site=site, state=_state(told, site, answer, stopped))
    if left := sum(not answer.done() and not answer.running() for answer in answers.values()):
        section.note(f"{counted(left, 'more site')} not asked", "ask one with --site")
    if stopped:
        section.note(
            f"stopped in Scheduled Job Type, and not scheduled: {some_of(stopped)}",
            "should one run again: untick Stopped there",
        )
    states = {row["state"] for row in section.rows}
    acts = not hosts.is_bench() or now.store.settings.frappe_celery_enabled
    if BY_FRAPPE in states:
        section.note(FRAPPES)
    check_leader(section, now, SCHEDULED in states and acts)


Answer = Future[tuple[str | None, list[str]]]
"""Why a site is off, and the methods of its stopped rows where it is not."""


def _ask(store: JobStore, sites: list[str]) -> dict[str, Answer]:
    """What each site answers in time; a thread that waits still is left."""
    host, answers = hosts.current(), {site: Answer() for site in sites}
    left = iter([*answers.items()])  # each is one thread's

    def ask() -> None:
        for site, answer in left:
            answer.set_running_or_notify_cancel()
            try:
                store.settings.site_config(site)  # which why_off takes for a reason
                off = why_off(host, store.settings, site)
                rows = [] if off else host.schedule_rows(site)
                answer.set_result((off, [row.method or row.name for row in rows if row.stopped]))
            except Exception as exc:
                answer.set_exception(exc)

    for _ in range(min(len(sites), ASKED_AT_ONCE)):
        Thread(target=ask, daemon=True, name="asks sites").start()
    wait(answers.values(), SITES_SECONDS)
    return answers


def _state(section: Section, site: str, answer: Answer, stopped: list[str]) -> str:
    if not answer.done():
        section.problem(
            f"the database of site {site} does not answer: nothing came within"
            f" {SITES_SECONDS:.0f} s",
            "look whether it hangs, as when its process stands still or its disk is full; what"
            " waits for it goes on once it answers",
        )
        return "its database does not answer"
    try:
        off, methods = answer.result()
    except Exception as exc:
        what = str(exc) if isinstance(exc, ConfigError) else f"{type(exc).__name__}: {exc}"
        tell_unreadable(section, site, what)
        return f"cannot be read: {what}"
    stopped += [f"{method} of site {site}" for method in methods]
    if off is None:
        return SCHEDULED
    if off == FRAPPES:
        return BY_FRAPPE
    section.note(f"nothing of site {site} is scheduled: {off}")
    return f"off: {off}"


def tell_unreadable(section: Section, site: str, why: str) -> None:
    """A site whose configuration or database cannot be read."""
    section.problem(
        f"site {site} cannot be read, and nothing of it is scheduled: {why}",
        "mend its site_config.json, or its database: beat asks again by itself",
    )


def check_leader(section: Section, now: Now, scheduled: bool, late: float = LATE_SECONDS) -> None:
    """Who leads, or that one is missed where something is `scheduled`; `late`: by how much it may
    be."""
    found = now.leadership
    sign, leads = found.sign, found.leader is not None
    age = None if sign is None else max(0.0, now.at - sign.at)
    section.row(
        leader=found.leader,
        lag_seconds=sign.lag if sign and leads else None,
        entries=sign.entries if sign and leads else None,
        last_leader=None if sign is None or leads else sign.name,
        last_sign_seconds_ago=None if age is None else round(age, 1),
    )
    if sign and leads and sign.outdated:
        section.warn(
            f"the scheduler {found.leader} is older than the configuration, where"
            f" {some_of(sign.outdated.split(','))} changed since it began",
            "have it go by what stands there now: restart beat in your process manager",
        )
    for site, why in (json.loads(sign.unread) if sign and leads else {}).items():
        if site in now.away:
            continue
        whose = f"schedule of site {site}" if site else "sites' schedules"
        section.problem(f"the scheduler {found.leader} cannot read the {whose}: {why}")
    if not leads and scheduled and frappes_scheduler_runs():
        section.problem(
            "Frappe's scheduler runs on this machine, and beat does nothing beside it",
            "stop bench schedule (and a worker pool's)",
            "NoScheduler",
        )
    elif not leads and scheduled:
        last = "" if sign is None else f"; the last sign of one ({sign.name}) is {age:,.0f} s old"
        section.problem(
            f"no scheduler runs: nothing is enqueued when it is due{last}",
            "start one in your process manager, or by hand: frappe-celery beat",
            "NoScheduler",
        )
    elif leads and found.lag(now.at) > late:
        section.warn(
            f"the scheduler {found.leader} is {found.lag(now.at):,.0f} s late",
            "its log, logs/scheduler.log, tells what holds it up",
            "SchedulerLate",
        )
