"""The clock is put on and back, on a real row: the real scheduler, at times that the test gives."""

from __future__ import annotations

import pytest

from tests.bench.bench import Bench
from tests.bench.test_beat import A, sites

__all__ = ["sites"]

ZONE = "Europe/Amsterdam"
RUN = """
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
import frappe_celery
from frappe_celery.beat_schedule import Scheduler
from frappe_celery.hosts.bench import schedule
from frappe_celery.jobs import get_store
from frappe_celery.schedule import changed_sites
from frappe_celery.schedule.reader import Reader

site, zone = frappe.local.site, ZoneInfo({zone!r})
now = datetime.fromisoformat({begin!r}).replace(tzinfo=timezone.utc)

class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return now

def write(last):
    naive = last.astimezone(zone).replace(tzinfo=None)
    frappe.db.sql("update `tabScheduled Job Type` set stopped = 0, frequency = 'Cron',"
                  " cron_format = %s, last_execution = %s where method = %s",
                  ({expression!r}, naive, {method!r}))
    frappe.db.commit()
    changed_sites.mark(site)

frappe.db.set_single_value("System Settings", "time_zone", {zone!r})
frappe.clear_cache()
write(now)
frappe.destroy()
schedule.datetime = Clock  # what beat takes for the time, when it reads what Frappe wrote
Reader.start = lambda reader: None
scheduler = Scheduler(frappe_celery.app, clock=lambda: now)
fired = []
while now < datetime.fromisoformat({end!r}).replace(tzinfo=timezone.utc):
    for _ in range(3):
        if scheduler.reader:
            scheduler.reader.poll()
        scheduler.tick()
    for job in get_store().page(site=site):
        if job.is_queued:  # a run, as Frappe's: `last_execution`, in the site's time, then its end
            fired.append(now.strftime("%H:%M"))
            job.cancel()
            frappe.init(site=site); frappe.connect()
            write(now)
            frappe.destroy()
    now += timedelta(minutes=15)
scheduler.close()
frappe.init(site=site); frappe.connect()
answer = fired
"""
BACK = {"begin": "2025-10-25 23:00", "end": "2025-10-26 03:00"}
"""At 01:00 UTC 03:00 becomes 02:00 again."""
ON = {"begin": "2026-03-28 23:30", "end": "2026-03-29 03:00"}
"""At 01:00 UTC 02:00 becomes 03:00."""


@pytest.mark.parametrize(
    ("expression", "change", "fired"),
    [
        ("30 2 * * *", BACK, ["00:30"]),
        ("30 * * * *", BACK, ["23:30", "00:30", "01:30", "02:30"]),
        ("30 2 * * *", ON, ["01:00"]),
        ("30 * * * *", ON, ["00:30", "01:30", "02:30"]),
    ],
)
def test_at_a_change_of_the_clock(
    bench: Bench, sites: list[str], expression: str, change: dict[str, str], fired: list[str]
) -> None:
    zone = bench.ask("answer = frappe.db.get_single_value('System Settings', 'time_zone')")
    try:
        code = RUN.format(expression=expression, zone=ZONE, method=A, **change)
        assert bench.ask(code) == fired
    finally:
        bench.ask(
            f"frappe.db.set_single_value('System Settings', 'time_zone', {zone!r})\n"
            "frappe.clear_cache()"
        )
