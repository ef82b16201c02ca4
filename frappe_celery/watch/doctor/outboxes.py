"""The sites' outboxes, as who relays them last saw them."""

from __future__ import annotations

from shlex import quote

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.outbox.hold import is_on
from frappe_celery.jobs.outbox.relay import OVERDUE_SECONDS, states
from frappe_celery.watch.doctor.report import Section, counted


def check(section: Section, store: JobStore, sites: list[str], now: float) -> None:
    """Those of these sites that have one."""
    with_one = [site for site in sites if is_on(site)]
    if with_one and not store.client.exists(store.keys.outbox_lease):
        section.problem(
            "nobody relays the outboxes: what callers could not enqueue themselves waits",
            "start a worker or beat; those that ran before frappe_celery_outbox was set: again",
        )
    for state in states(store):
        if state.site not in sites or not (state.site in with_one or state.waiting or state.aside):
            continue
        waits = now - state.oldest if state.oldest is not None else 0.0
        section.row(
            site=state.site,
            waiting=state.waiting,
            oldest_seconds=round(waits),
            set_aside=state.aside,
        )
        if state.site not in with_one:
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
