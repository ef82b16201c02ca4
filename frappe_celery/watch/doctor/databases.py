"""Sites whose database lets no job in, as the jobs that wait for it have told."""

from __future__ import annotations

from frappe_celery.jobs.limits.outages import LONG_SECONDS, SILENT
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted


def check(section: Section, now: Now) -> None:
    """Those that are away."""
    for one in now.outages:
        away = max(0.0, now.at - one.since)  # it may have begun since the snapshot
        section.row(
            site=one.site,
            away_seconds=round(away),
            jobs_that_wait=one.waiting,
            looks_again_in_seconds=max(0, round(one.look - now.at)),
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
