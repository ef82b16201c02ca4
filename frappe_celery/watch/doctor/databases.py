"""Sites whose database lets no job in, as the jobs that wait for it have told."""

from __future__ import annotations

from collections.abc import Iterable

from frappe_celery.jobs.limits.outages import LONG_SECONDS, SILENT, Outage
from frappe_celery.watch.doctor.report import Section, counted


def check(section: Section, found: Iterable[Outage], sites: list[str], now: float) -> None:
    """Those of these sites that are away."""
    for one in found:
        if one.site not in sites:
            continue
        away = max(0.0, now - one.since)  # it may have begun since the snapshot
        section.row(
            site=one.site,
            away_seconds=round(away),
            jobs_that_wait=one.waiting,
            looks_again_in_seconds=max(0, round(one.look - now)),
        )
        said = one.error if one.error == SILENT else f"it says: {one.error}"
        section.problem(
            f"the database of site {one.site} has been away for {away:,.0f} s"
            f"{': more than ten minutes' if away > LONG_SECONDS else ''}; {said}",
            f"{counted(one.waiting, 'job')} of it wait, and begin by themselves once it is back:"
            " start the database, or mend db_host, db_name and db_password in the site's"
            " site_config.json",
            "DatabaseLongAway" if away > LONG_SECONDS else "DatabaseAway",
            site=one.site,
        )
