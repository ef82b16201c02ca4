"""The sites' outboxes, as who relays them last saw them."""

from __future__ import annotations

from shlex import quote

from frappe_celery.jobs.outbox.at_commit import is_on
from frappe_celery.jobs.outbox.relay import OVERDUE_SECONDS
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted


def check_relay(section: Section, now: Now) -> None:
    """Whether anybody relays them, where a site has one."""
    if not now.store.client.exists(now.store.keys.outbox_lease) and any(map(is_on, now.sites)):
        section.problem(
            "nobody relays the outboxes: what callers could not enqueue themselves waits",
            "start a worker or beat; those that ran before frappe_celery_outbox was set: again",
        )


def check(section: Section, now: Now) -> None:
    """Those in which something is, or may be."""
    for state in now.outboxes:
        has_one = is_on(state.site)
        if not (has_one or state.waiting or state.aside):
            continue
        waits = now.at - state.oldest if state.oldest is not None else 0.0
        section.row(
            site=state.site,
            waiting=state.waiting,
            oldest_seconds=round(waits),
            set_aside=state.aside,
        )
        if not has_one:
            section.problem(
                f"{counted(state.waiting + state.aside, 'job')} not enqueued, but left in the"
                f" outbox of site {state.site}, which was turned off",
                "turn it on until none is left: frappe_celery_outbox",
                "OutboxWaits" if waits > OVERDUE_SECONDS else "",
                site=state.site,
            )
        elif waits > OVERDUE_SECONDS:
            section.problem(
                f"{counted(state.waiting, 'job')} of site {state.site} committed, but for"
                f" {waits:,.0f} s not enqueued",
                "see the log of who relays, a worker or beat, for the reason",
                "OutboxWaits",
                site=state.site,
            )
        if state.aside:
            section.problem(
                f"{counted(state.aside, 'job')} set aside in the outbox of site {state.site}",
                f"frappe-celery outbox list --site {quote(state.site)} says why; then"
                " frappe-celery outbox relay or discard",
                "OutboxSetAside",
                site=state.site,
            )
