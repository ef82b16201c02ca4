"""Many jobs at once: of all sites, users and three queues, good and bad, while sites change.

FRAPPE_BENCH_JOBS says how many (issue 3, must show 4: 5000).
"""

from __future__ import annotations

import os
import uuid
from collections import Counter

import pytest

from tests.bench.bench import Bench

JOBS = int(os.environ.get("FRAPPE_BENCH_JOBS", "1000"))
EVENTS = """
rows = frappe.get_all("Scheduled Job Type", {"stopped": 0}, ["name", "last_execution"])
"""
ENQUEUE = """
for row in rows:
    frappe.get_doc("Scheduled Job Type", row.name).enqueue(force=True)
"""
EXECUTED = "answer = {row.name: str(row.last_execution) for row in rows}"
WHY = """
import frappe.utils.background_jobs
from frappe_celery.jobs import JobStatus, get_store
jobs = get_store().page(statuses=[JobStatus.FAILED], length=10_000)
get_store().read_messages(jobs)
answer = [(job.id, job.exc_info) for job in jobs
          if job.kwargs["kwargs"].get("label") in {missing}]
"""


@pytest.mark.timeout(400)
def test_each_jobs_effect_is_in_its_own_site_under_its_own_user_once(bench: Bench) -> None:
    assert bench.other_site, "give the bench a second site"
    bench.worker(2)
    ran_before = {site: bench.ask(EVENTS + EXECUTED, site) for site in bench.sites}
    label = uuid.uuid4().hex
    code = """
        import random
        from frappe.installer import update_site_config
        is_14 = frappe.__version__.startswith("14.")  # which has no deduplicate
        once = {} if is_14 else {"deduplicate": True}
        for n in range(begin, end):
            queue = random.choice(["short", "default", "long"])
            kind = n % 10
            if kind == 9:
                frappe.enqueue(fc_probe.fail, queue=queue, label=f"{label}-{n}")
            elif kind == 8:
                frappe.enqueue(fc_probe.ask_for_a_rerun, queue=queue, key=f"{label}-{n}", times=0)
            elif kind == 7:
                frappe.enqueue(fc_probe.make_a_mess, queue=queue, how=random.choice(["raise", ""]))
            elif kind == 6:
                for _ in range(1 if is_14 else 2):
                    frappe.enqueue(
                        fc_probe.write, queue=queue, label=f"{label}-{n}", job_id=f"{label}-{n}",
                        enqueue_after_commit=True, **once)
            else:
                front = kind == 5
                frappe.enqueue(fc_probe.write, queue=queue, label=f"{label}-{n}", at_front=front)
            if n % 50 == 0:
                frappe.db.commit()
                update_site_config("fc_probe_changed", n)
        frappe.db.commit()
        update_site_config("fc_probe_changed", "None")
    """
    step = JOBS // 10
    places = [(site, user) for user in ("Administrator", "Guest") for site in bench.sites]
    expected: Counter[str] = Counter()
    for part in range(10):
        site, user = places[part % len(places)]
        begin, end = part * step, (part + 1) * step
        start = f"\n        label, begin, end = {label!r}, {begin}, {end}"
        bench.ask(start + code, site, user)
        if part < len(bench.sites):  # one of every event that its apps have
            bench.ask(EVENTS + ENQUEUE, site)
        expected.update(
            f"{label}-{n}|{site}|{user}"
            for n in range(begin, end)
            if n % 10 in (0, 1, 2, 3, 4, 5, 6)
        )
    found: Counter[str] = Counter()
    for site in bench.sites:
        found.update(
            bench.ask(
                f"""
                from frappe.utils.background_jobs import get_jobs
                until(lambda: not get_jobs(site=frappe.local.site), 200)
                answer = written({label!r})
                """,
                site,
            )
        )
    missing = [line.split("|")[0] for line in expected - found]
    assert found == expected, bench.ask(WHY.format(missing=missing))
    assert not bench.ask("answer = written('left behind')")
    for site, before in ran_before.items():
        after = bench.ask(EVENTS + EXECUTED, site)
        assert after.keys() == before.keys()
        assert not [name for name, time in after.items() if time == before[name]]
