"""`frappe-celery admin` in a bench: every site in one place, with a database of its own."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench.bench import Bench
from tests.browser import chromium
from tests.integration.pages.client import JOBS, PASSWORD, Client
from tests.integration.pages.server import address_of
from tests.pages import Pages
from tests.waiting import wait_until

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


def test_a_job_s_arguments_are_its_method_s(bench: Bench, address: str) -> None:
    run = bench.ask("answer = frappe.enqueue(fc_probe.echo, customer='C-1').run_id")
    anna = Client(address, "anna")
    assert f'{run} {{"customer": "C-1"}}' in anna.get(JOBS).text
    for path in (f"{JOBS}{run}/", f"{JOBS}{run}/requeue/"):
        assert "execute_job" not in anna.get(path).text
    assert '{ "customer": "C-1" }' in anna.get(f"{JOBS}{run}/").text


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
    vera = _of_no_site(bench, address)
    assert "No site is yours." in vera.get("/admin/frappe_celery/").text
    assert not vera.get("/admin/").links(JOBS)
    assert olga.post_without_token(f"{JOBS}act/", action="cancel", run=own).status == 403
    assert olga.act("cancel", own).status == 302
    left = "from frappe_celery.jobs import get_store\nanswer = get_store().fetch_run(%r).status"
    assert bench.ask(left % own) == "canceled"
    assert bench.ask(left % theirs, other) == "queued"


def _of_no_site(bench: Bench, address: str) -> Client:
    """Vera, who may see jobs, and whose group is of a site that is none of hers any more."""
    bench.run(
        *("frappe-celery", "admin", "user", "vera", "--site", bench.site),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    database = sqlite3.connect(bench.root / "config/frappe_celery_admin.sqlite3")
    with closing(database), database:
        of_jobs = "select id from auth_permission where codename = 'view_job'"
        vera = "select id from auth_user where username = 'vera'"
        database.execute(f"delete from auth_user_groups where user_id = ({vera})")
        insert = "insert into auth_user_user_permissions (user_id, permission_id)"
        database.execute(f"{insert} values (({vera}), ({of_jobs}))")
    return Client(address, "vera")


def test_who_fills_a_queue_is_found_limited_paused_and_resumed(
    bench: Bench, no_job_left: None, address: str, tmp_path: Path
) -> None:
    if len(bench.sites) < 3:
        pytest.skip("give the bench three sites")
    flood, *others = bench.sites
    bench.worker(2, "--queue", "default")
    jobs = [tmp_path / str(number) for number in range(30)]
    bench.ask(f"for path in {list(map(str, jobs))}: frappe.enqueue(fc_probe.hold, until=path)")
    with chromium(tmp_path) as browser:
        pages, table = Pages(browser, address.rstrip("/")), Sites(address)
        try:
            table.until(lambda: table[flood] == ("28", "2"), "both processes are the flood's")
            for site in others:
                bench.ask("frappe.enqueue(fc_probe.nothing)", site)

            # by keyboard: find him, limit him
            pages.log_in("anna")
            pages.open("/admin/frappe_celery/")
            first = pages.text.partition("who fills the queues")[2]
            assert first.index(flood) < min(map(first.index, others))
            assert "default 28" in first
            assert [table[site] for site in others] == [("1", "0")] * len(others)
            assert all(map(table.wait, others))
            pages.picture("bench-overview")
            pages.tab_to(flood)
            pages.enter()
            pages.tab_to("running")
            pages.press("1")
            pages.enter()
            assert f"Done. site:{flood}: 1 at once." in pages.text
            pages.picture("bench-site", until="nav[aria-label=Time]")
            assert table[flood] == ("28", "2"), "what runs goes on"

            # what runs ends: one process goes on with the flood, the other serves the others
            for path in jobs[:2]:
                path.touch()
            table.until(lambda: table[flood] == ("27", "1"), "the flood has one process")
            table.until(lambda: {table[o] for o in others} == {("0", "0")}, "nobody else waits")
            assert not any(map(table.wait, others))
            assert table.wait(flood)
            for site in others:
                bench.ask("ended(frappe.enqueue(fc_probe.nothing))", site)
            assert table[flood] == ("27", "1")

            # by mouse: pause him, resume him
            pages.click("Limits")
            pages.click(f"Pause site:{flood}")
            assert f"Done. site:{flood}: paused until somebody resumes it." in pages.text
            jobs[2].touch()
            table.until(lambda: table[flood] == ("27", "0"), "nothing of it begins")
            pages.browser.refresh()
            pages.picture("bench-limits")
            pages.click(f"Resume site:{flood}")
            table.until(lambda: table[flood] == ("26", "1"), "it goes on, one at once")
            pages.click(f"Remove the limit of site:{flood}")
            assert "Nothing is limited or paused" in pages.text
            table.until(lambda: table[flood] == ("25", "2"), "it has both again")

            _an_owner_sees_theirs(bench, pages, others)
        finally:
            for path in jobs:
                path.touch()
            for command in ("resume", "limit"):
                remove = ("--remove",) if command == "limit" else ()
                bench.start("frappe-celery", command, f"site:{flood}", *remove).wait(60)


def _an_owner_sees_theirs(bench: Bench, pages: Pages, others: list[str]) -> None:
    own, not_own = others[0], [others[1], bench.site]
    bench.run(
        *("frappe-celery", "admin", "user", "olga", "--site", own),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    pages.log_in("olga")
    for link in ("Jobs", "Sites", own):
        pages.click(link)
        source = pages.browser.page_source.replace("<wbr>", "")
        assert not any(site in source for site in not_own), link
    assert f"Jobs of {own}." in pages.text
    pages.picture("bench-owner")
    for site in not_own:
        pages.open(f"{SITES}{site}/")
        assert "Not found" in pages.text
    pages.open(SITES)
    posted = """
        const [path, target, done] = arguments;
        const token = document.cookie.match(/frappe_celery_csrf=([^;]+)/)[1];
        const body = new URLSearchParams({csrfmiddlewaretoken: token, act: 'pause', target});
        fetch(path, {method: 'POST', body}).then(answer => done(answer.status));
    """
    for site in bench.sites:
        path = "/admin/frappe_celery/limit/act/"
        assert pages.browser.execute_async_script(posted, path, f"site:{site}") == 403


class Sites:
    """The table of sites as a second window has it: what waits, and how many processes work."""

    def __init__(self, address: str) -> None:
        self.client = Client(address, "anna")

    def __getitem__(self, site: str) -> tuple[str, str]:
        waiting, running, *_ = re.findall(r'class="fc-count">([\d,]*)<', self._row(site))
        return waiting, running

    def wait(self, site: str) -> str:
        """Of its oldest job."""
        (wait,) = re.findall(r'class="fc-time">([^<]*)<', self._row(site))
        return str(wait)

    def _row(self, site: str) -> str:
        source = self.client.get(SITES).source
        return source.partition(f">{site}</a>")[2].partition("</tr>")[0]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        wait_until(holds, 60, what, interval=0.3)
