"""`frappe-celery admin` in a bench: every site in one place, with a database of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.bench import Bench
from tests.integration.hosts.pages.client import JOBS, PASSWORD, Client
from tests.integration.hosts.pages.server import address_of

SITES = "/admin/frappe_celery/site/"
FILES = "config/frappe_celery_admin.sqlite3*"


@pytest.fixture
def address(bench: Bench) -> Iterator[str]:
    """Where the pages are, with anna who may all, and with no other user."""
    if not list((bench.root / "env").glob("lib/*/site-packages/waitress")):
        pytest.skip("needs the pages' packages in the bench: pip install 'frappe_celery[admin]'")
    kept = {path: path.read_bytes() for path in bench.root.glob(FILES)}
    _remove(bench.root)
    try:
        user = bench.run(
            "frappe-celery", "admin", "user", "anna", DJANGO_SUPERUSER_PASSWORD=PASSWORD
        )
        assert "anna can log in." in user
        yield address_of(bench.start("frappe-celery", "admin", "--port", "0"))
    finally:
        bench.close()
        _remove(bench.root)
        for path, content in kept.items():
            path.write_bytes(content)


def _remove(root: Path) -> None:
    for path in root.glob(FILES):
        path.unlink()


def test_every_site_has_its_own_schedule_as_its_database_has_it(bench: Bench, address: str) -> None:
    anna, row = Client(address, "anna"), "frappe.monitor.flush"
    stop = f"""
        name = frappe.db.get_value("Scheduled Job Type", {{"method": {row!r}}})
        frappe.db.set_value("Scheduled Job Type", name, "stopped", %d)
    """
    bench.ask(stop % 1)
    try:
        stopped = {
            site: "stopped" in anna.get(f"{SITES}{site}/schedule/").text.partition(row)[2][:120]
            for site in bench.sites
        }
    finally:
        bench.ask(stop % 0)
    assert stopped == {site: site == bench.site for site in bench.sites}
    assert f"{bench.site}:" in anna.get(f"{SITES}{bench.site}/").source  # Desk, with its port
    assert bench.root.joinpath("config/frappe_celery_admin.sqlite3").stat().st_mode & 0o077 == 0


def test_a_job_of_any_site_is_seen_requeued_and_runs_there(bench: Bench, address: str) -> None:
    other, label = bench.other_site, uuid.uuid4().hex
    assert other, "give the bench a second site"
    bench.worker(1)
    run = bench.ask(
        f"job = frappe.enqueue(fc_probe.write, label={label!r}); ended(job); answer = job.run_id",
        other,
    )
    anna = Client(address, "anna")
    assert other in anna.get(f"{JOBS}{run}/").text
    assert anna.act("requeue", run).status == 302
    twice = f"until(lambda: len(written({label!r})) == 2); answer = written({label!r})"
    assert bench.ask(twice, other) == [f"{label}|{other}|Administrator"] * 2
    assert bench.ask(f"answer = written({label!r})") == []


def test_a_site_s_owner_sees_it_and_no_other(bench: Bench, address: str) -> None:
    other = bench.other_site
    assert other, "give the bench a second site"
    made = bench.run(
        *("frappe-celery", "admin", "user", "olga", "--site", bench.site),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    assert f"olga can log in, and sees {bench.site}." in made
    own, theirs = (
        bench.ask("answer = frappe.enqueue(fc_probe.nothing).run_id", site)
        for site in (bench.site, other)
    )
    olga = Client(address, "olga")
    for path in ("/admin/frappe_celery/", SITES, f"{SITES}{bench.site}/", JOBS, f"{JOBS}{own}/"):
        page = olga.get(path)
        assert page.status == 200, path
        assert not any(site in page.source for site in bench.sites[1:]), path
    for path in (f"{SITES}{other}/", f"{SITES}{other}/schedule/", f"{JOBS}{theirs}/"):
        assert olga.get(path).status == 404, path
    assert olga.act("cancel", theirs).status == 404
    assert olga.post_without_token(f"{JOBS}act/", action="cancel", run=own).status == 403
    assert olga.act("cancel", own).status == 302
    left = "from frappe_celery.jobs import get_store\nanswer = get_store().fetch_run(%r).status"
    assert bench.ask(left % own) == "canceled"
    assert bench.ask(left % theirs, other) == "queued"
