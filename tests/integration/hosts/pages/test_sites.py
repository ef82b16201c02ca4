"""The pages of sites: which are seen, what waits of each, its schedule."""

from __future__ import annotations

from collections.abc import Callable

from frappe_celery.jobs import JobStore
from tests.integration.cli import OTHER, SITE, enqueued, failed
from tests.integration.hosts.pages.client import Client

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
