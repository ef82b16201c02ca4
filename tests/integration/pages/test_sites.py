"""The pages of sites: which are seen, what waits of each, its schedule."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.stats import rates
from frappe_celery.watch import minutes
from frappe_pages.charts import SPANS
from tests.integration.cli import OTHER, SITE, enqueued, failed
from tests.integration.pages.client import JOBS, Client
from tests.integration.stores import started
from tests.waiting import wait_until

SITES = "/admin/frappe_celery/site/"
Users = Callable[[str], Client]


def test_the_list_begins_with_the_site_of_which_most_waits(user: Users, store: JobStore) -> None:
    enqueued(store)
    for _ in range(3):
        enqueued(store, site=OTHER)
    found = user("anna").get(SITES)
    assert [link for link in found.links(SITES) if link != SITES] == [
        f"{SITES}{OTHER}/",
        f"{SITES}{SITE}/",
    ]
    assert f"{OTHER} 3" in found.text


def test_the_first_page_says_who_fills_a_queue_and_who_waits_longest(
    user: Users, store: JobStore
) -> None:
    enqueued(store, enqueued_at=time.time() - 7200)
    for _ in range(4):
        enqueued(store, site=OTHER, queue="long")
    started(store, "long")
    anna = user("anna")
    first = anna.get("/admin/frappe_celery/").text.partition("who fills the queues")[2]
    assert f"{OTHER} 3 long 3" in first
    assert "ms 1 0" in first  # at work
    assert f"{SITE} 1 default 1 2.0 h 0" in first
    order = [link for link in anna.get(SITES, by="oldest").links(SITES) if link != SITES]
    assert order == [f"{SITES}{SITE}/", f"{SITES}{OTHER}/"]
    assert anna.get(SITES, by="made up").status == 200


def test_an_owner_sees_and_touches_what_is_theirs(user: Users, store: JobStore) -> None:
    own, other = failed(store, site=OTHER), failed(store, error="ValueError: theirs")
    enqueued(store)
    olga = user("olga")
    for path in ("/admin/frappe_celery/", SITES, f"{SITES}{OTHER}/", JOBS, f"{JOBS}{own.run_id}/"):
        page = olga.get(path)
        assert page.status == 200, path
        assert SITE not in page.source, path
    assert "All 1" in olga.get(JOBS).text
    assert "0 waiting" in olga.get("/admin/frappe_celery/").text
    assert "theirs" not in olga.get(JOBS, site=SITE).text
    for path in (f"{SITES}{SITE}/", f"{SITES}{SITE}/schedule/", f"{JOBS}{other.run_id}/"):
        assert olga.get(path).status == 404, path
    assert olga.get("/admin/frappe_celery/worker/").status == 403
    assert olga.act("requeue", own.run_id, other.run_id).status == 404
    assert olga.act("requeue", other.run_id).status == 404
    assert olga.act("delete", own.run_id).status == 403
    assert store.fetch_run(other.run_id).status == JobStatus.FAILED
    assert olga.act("requeue", own.run_id).status == 302
    assert store.counts(site=OTHER)[JobStatus.QUEUED] == 1
    for path in ("/admin/auth/user/", "/admin/auth/group/"):
        assert olga.get(path).status == 403


def test_a_site_s_owner_is_told_that_its_database_is_away_and_of_no_other(
    user: Users, store: JobStore
) -> None:
    for site in (SITE, OTHER):
        outage = {"since": time.time() - 9, "look": time.time(), "error": "refused", "pause": 1}
        store.client.hset(store.keys.outages, site, json.dumps(outage))
    olga = user("olga")
    for path in ("/admin/frappe_celery/", f"{SITES}{OTHER}/"):
        told = f"the database of site {OTHER} has been away for"
        wait_until(lambda path=path, told=told: told in olga.get(path).text, 30, "it is found")
        assert SITE not in olga.get(path).source, path


def test_a_site_has_a_page_of_its_own_jobs_and_schedule(user: Users, store: JobStore) -> None:
    failed(store, site=OTHER)
    enqueued(store)
    page = user("anna").get(f"{SITES}{OTHER}/")
    assert f"Jobs of {OTHER}." in page.text
    assert "0 waiting" in page.text
    assert "1 failed in the last hour" in page.text
    assert "in Desk" not in page.text
    schedule = user("anna").get(f"{SITES}{OTHER}/schedule/")
    assert "myapp.tasks.fail" in schedule.text
    assert "30 2 * * *" in schedule.text


def test_other_sites_are_not_there(user: Users, store: JobStore) -> None:
    for path in (f"{SITES}{OTHER}/", f"{SITES}{OTHER}/schedule/", f"{SITES}nowhere/"):
        assert user("ben").get(path).status == 404
    assert OTHER not in user("ben").get(SITES).text
    assert user("dora").get(SITES).status == 403
    assert user("dora").get(f"{SITES}{SITE}/").status == 403


def test_as_failed_is_counted_what_the_link_beside_the_number_lists(
    user: Users, store: JobStore
) -> None:
    anna = user("anna")
    for site in (SITE, OTHER, OTHER, OTHER):
        failed(store, site=site)
    anna.act("requeue", store.page(statuses=[JobStatus.FAILED], site=OTHER)[0].run_id)
    anna.act("stop", started(store))  # it ended, and is no failed one
    old = failed(store, site=OTHER).run_id
    store.client.zadd(store.keys.index(f"{OTHER}|default", "failed"), {old: time.time() - 3700})

    first = "/admin/frappe_celery/"
    for client, page, number in (
        (anna, first, 3),
        (anna, f"{SITES}{SITE}/", 1),
        (anna, f"{SITES}{OTHER}/", 2),
        (user("carla"), first, 1),
        (user("olga"), first, 2),
    ):
        shown = client.get(page)
        assert f"{number} failed in the last hour" in shown.text, page
        (link,) = {link for link in shown.links(JOBS) if link.endswith("status=failed&since=1h")}
        assert client.get(link).text.count("ValueError: no") == number, page


def test_the_charts_reach_back_an_hour_a_day_and_a_week(user: Users, store: JobStore) -> None:
    now = int(store.client.time()[0])
    hours_ago = {"hour": 0.5, "day": 20, "week": 100}
    for ago in sorted(hours_ago.values(), reverse=True):
        minute = int(now - ago * 3600) // 60
        store.client.hincrby(store.keys.ended(minute), f"{OTHER}|long|finished", 4)
        numbers = minutes._numbers(rates.by_minute(store, [minute])[minute], {OTHER: (9, 7200)})
        minutes._write(store, minute, numbers)
    rows = {}
    for span in (*hours_ago, "made up"):
        page = user("anna").get(f"{SITES}{OTHER}/", span=span).text
        assert f"Ended {SPANS.get(span, SPANS['hour']).title}" in page
        rows[span] = page.partition("Both as numbers")[2].count(" 4 0 9 2.0 h")
        own = user("carla").get("/admin/frappe_celery/", span=span).text
        assert "2.0 h" not in own.partition("Both as numbers")[2]
    assert rows == {"hour": 1, "day": 2, "week": 3, "made up": 1}


def test_the_first_page_says_what_is_wrong_to_who_sees_every_site(
    user: Users, store: JobStore
) -> None:
    """What was found is known for a quarter of a minute."""
    enqueued(store, site="gone.localhost")
    said = "1 job waiting of site gone.localhost, which has no folder here"
    anna = user("anna")
    wait_until(lambda: said in anna.get("/admin/frappe_celery/").text, 40, "it is said")
    first = anna.get("/admin/frappe_celery/").text
    assert "frappe-celery jobs cancel --all-waiting --site gone.localhost" in first
    assert said not in user("olga").get("/admin/frappe_celery/").text
