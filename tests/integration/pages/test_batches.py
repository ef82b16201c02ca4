"""The pages of batches: who sees them, what they show, what is done there, in a browser too."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from frappe_celery import Batch, batch
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.jobs.resumable.state import write
from frappe_pages.job_actions import requeue_failed
from frappe_standalone.site.context import visit
from tests.browser import chromium
from tests.integration.cli import OTHER, SITE, failed
from tests.integration.pages.client import JOBS, Answer, Client
from tests.integration.stores import let_go, started, waiting
from tests.pages import TELEPHONE, Pages
from tests.project import Project
from tests.waiting import wait_until

BATCHES = "/admin/frappe_celery/batch/"
WORK, REPORT, ANYWAY = (f"myapp.closing.{name}" for name in ("post", "report", "notify"))
Users = Callable[[str], Client]


@pytest.fixture(autouse=True, scope="module")
def closing(shop: Project) -> None:
    methods = ("post", "report", "notify")
    shop.write("myapp/closing.py", "".join(f"def {name}(**given): ...\n" for name in methods))


def made(title: str = "Close 2026", number: int = 2, site: str = SITE, **callbacks: Any) -> Batch:
    """A batch of some jobs, with both callbacks unless others are given."""
    callbacks = callbacks or {"on_finished": REPORT, "on_ended": ANYWAY}
    with visit(site, "someone"), batch(title, **callbacks) as b:
        b.enqueue_many(WORK, ({"text": str(n)} for n in range(number)))
    return b


def run(store: JobStore, error: str = "") -> Job:
    """The next job runs as by a worker."""
    job = store.fetch_run(started(store))
    if error:
        store.fail(job.run_id, f"Traceback (most recent call last):\n  in a file\n{error}\n")
    else:
        store.finish(job.run_id, 1)
    promote(store)
    return job


def of(b: Batch) -> str:
    return f"{BATCHES}{b.id}/"


def act(client: Client, b: Batch, action: str, **more: str) -> Answer:
    return client.post(f"{of(b)}act/", action=action, **more)


def counts(b: Batch) -> tuple[int, int, int, int]:
    s = b.state()
    return s.going, s.finished, s.failed, s.canceled


# -- who may


def test_who_may_look_and_who_may_act(user: Users, store: JobStore, address: str) -> None:
    b, theirs = made(number=1), made("theirs", 1, OTHER)
    run(store, "ValueError: no")
    pages = (BATCHES, of(b))
    for path in (*pages, f"{of(b)}act/"):
        answer = Client(address).get(path)
        assert (answer.status, answer.location) == (302, f"/admin/login/?next={path}")
    for path in pages:
        answer = user("dora").get(path)
        assert (answer.status, "'Can view Job'" in answer.text) == (403, True), path
        assert user("ben").get(path).status == 200
    assert act(user("dora"), b, "requeue", confirmed="yes").status == 403
    shown = user("ben").get(of(b)).text
    assert "ValueError: no" in shown
    assert "Requeue what failed" not in shown
    for confirmed in ({}, {"confirmed": "yes"}):
        refused = act(user("ben"), b, "requeue", **confirmed)
        assert (refused.status, "'Can change Job'" in refused.text) == (403, True)
    for path in (of(theirs), f"{BATCHES}nosuch/"):
        answer = user("carla").get(path)
        assert (answer.status, "There is no batch" in answer.text) == (404, True)
    assert act(user("carla"), theirs, "cancel", confirmed="yes").status == 404
    assert act(user("olga"), b, "requeue", confirmed="yes").status == 404
    assert "theirs" not in user("carla").get(BATCHES).text
    assert "theirs" not in user("carla").get(BATCHES, site=OTHER).text
    assert "Close" not in user("olga").get(BATCHES).text
    assert SITE not in user("olga").get(BATCHES).source
    assert user("olga").get(of(theirs)).status == 200
    assert counts(b) == (0, 0, 1, 0)
    assert counts(theirs) == (1, 0, 0, 0)


def test_a_form_of_another_page_is_refused(user: Users, store: JobStore) -> None:
    b, fields = made(), {"action": "cancel", "confirmed": "yes"}
    answer = user("anna").post_without_token(f"{of(b)}act/", **fields)
    assert (answer.status, "CSRF" in answer.text) == (403, True)
    assert user("anna").get(f"{of(b)}act/", **fields).status == 405
    assert counts(b) == (2, 0, 0, 0)


# -- looking


def test_a_thousand_are_listed_newest_first_a_page_at_a_time(user: Users, store: JobStore) -> None:
    for number in range(1000):
        made(f"batch {number}", 1, OTHER if number % 10 == 0 else SITE, on_ended=None)

    def reads() -> int:
        return int(store.client.info("commandstats")["cmdstat_hmget"]["calls"])

    anna, path, found = user("anna"), "", list[str]()
    for page in range(1, 21):
        before = reads()
        shown = anna.get(BATCHES + path)
        assert reads() - before < 100, "no more is read than is shown"
        titles = re.findall(r">(batch \d+)</a>", shown.source)
        assert len(titles) == 50, page
        found += titles
        path = next((link for link in shown.links("?") if f"page={page + 1}" in link), "")
    assert found == [f"batch {number}" for number in range(999, -1, -1)]
    assert path == ""
    theirs = anna.get(BATCHES, site=OTHER, page="2")
    assert "batch 490" in theirs.text
    assert "page=1" in " ".join(theirs.links(f"?site={OTHER}"))
    assert len(re.findall(r">batch \d*0</a>", theirs.source)) == 50
    before = reads()
    assert "batch 999" in user("carla").get(BATCHES).text
    assert reads() - before < 300
    for page in ("0", "-1", "nonsense", "9" * 30):
        assert "batch 999" in anna.get(BATCHES, page=page).text


def test_the_list_says_how_each_stands(user: Users, store: JobStore) -> None:
    assert "No batches yet" in user("anna").get(BATCHES).text
    b = made("<Close>", 4)
    run(store)
    run(store, "ValueError: no")
    shown = user("anna").get(BATCHES)
    assert re.search(rf"<Close> going {SITE} 2 of 4 1 \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d", shown.text)
    assert "<Close>" not in shown.source
    assert '<rect class="fc-finished" width="1" height="8"/>' in shown.source
    assert '<rect class="fc-failed" x="1" width="1" height="8"/>' in shown.source
    assert 'viewBox="0 0 4 8"' in shown.source
    assert of(b) in shown.links(BATCHES)


def test_one_batch_shows_its_counts_callbacks_and_what_failed(user: Users, store: JobStore) -> None:
    b = made(number=3)
    run(store)
    wrong = run(store, "ValueError: password=hush")
    shown = user("carla").get(of(b))
    assert "Done 2 of 3 jobs Wait or run 1 Finished 1 Failed 1 Canceled 0 Begun" in shown.text
    assert f"{ANYWAY} on_ended deferred {REPORT} on_finished deferred" in shown.text
    assert f"{JOBS}{wrong.run_id}/" in shown.links(JOBS)
    assert "password=********" in shown.text
    assert "hush" not in shown.source
    assert "Looks again every 3 s" in shown.text
    b.cancel()
    promote(store)
    assert f"{ANYWAY} on_ended queued {REPORT} on_finished deferred" in user("ben").get(of(b)).text
    run(store)
    over = user("ben").get(of(b))
    assert "ended" in over.text
    assert "on_ended finished" in over.text
    assert "Looks again" not in over.text


def test_of_many_failures_some_are_shown_and_of_none_no_table(user: Users, store: JobStore) -> None:
    b = made(number=60, on_ended=None)
    assert "It has none." in user("ben").get(of(b)).text
    assert "What failed" not in user("ben").get(of(b)).text
    for number in range(60):
        run(store, f"ValueError: {number}")
    shown = user("ben").get(of(b))
    assert "50 of 60." in shown.text
    assert len(set(shown.links(JOBS)) - {JOBS}) == 50


def test_one_that_was_never_whole_says_why(user: Users, store: JobStore) -> None:
    b = made(number=1)
    store.client.hset(store.keys.batch(b.id), mapping={"status": "making", "alive_at": 1})
    assert batch_state.tend(store, math.inf) == [b.id]
    shown = user("anna").get(of(b)).text
    assert "Why it was canceled its maker ended before all of it was enqueued" in shown


def test_a_job_s_page_leads_to_its_batch_and_a_callback_s_too(user: Users, store: JobStore) -> None:
    b, alone = made(number=1), failed(store)
    jobs = {"": next(b.jobs()), **batch_state.callbacks(store, b.id)}
    for role, job in jobs.items():
        assert job is not None
        shown = user("carla").get(f"{JOBS}{job.run_id}/")
        assert of(b) in shown.links(BATCHES), role
        said = f"Batch Close 2026 , of which it is {role} User" if role else "Batch Close 2026 User"
        assert said in shown.text
    page = user("carla").get(f"{JOBS}{alone.run_id}/")
    assert page.links(f"{BATCHES}b") == []
    assert "Batch " not in page.text
    store.client.delete(store.keys.batch(b.id))  # forgotten
    forgotten = user("carla").get(f"{JOBS}{job.run_id}/")
    assert f"Batch {b.id} , which is forgotten User" in forgotten.text
    assert of(b) not in forgotten.links(BATCHES)
    store.client.hset(store.keys.record(job.run_id), "message", "altered")
    assert "Batch " not in user("carla").get(f"{JOBS}{job.run_id}/").text


def test_without_scripts_a_batch_is_loaded_again_while_it_goes(
    user: Users, store: JobStore
) -> None:
    b, again = made(number=1), re.compile(r'<noscript><meta http-equiv="refresh" content="[35]">')
    for path in (of(b), BATCHES):
        assert "?follow=" in user("anna").get(path).links("?")
        assert again.search(user("anna").get(path, follow="").source)
    filtered = f"?site={OTHER}&page=2"
    assert f"{filtered}&follow=" in user("anna").get(BATCHES + filtered).links("?")
    assert filtered in user("anna").get(f"{BATCHES}{filtered}&follow").links("?")
    for _ in range(3):
        run(store)
    assert not again.search(user("anna").get(of(b), follow="").source)


# -- changing


def test_what_waits_is_canceled_and_what_runs_goes_on(user: Users, store: JobStore) -> None:
    b, carla = made(number=3), user("carla")
    running = started(store)
    asked = act(carla, b, "cancel")
    assert "Cancel what waits of Close 2026? Its jobs that wait never start;" in asked.text
    assert counts(b) == (3, 0, 0, 0)
    carla.told()
    assert act(carla, b, "cancel", confirmed="yes").location == of(b)
    assert carla.told() == "2 jobs were canceled."
    assert counts(b) == (1, 0, 0, 2)
    assert store.fetch_run(running).status == JobStatus.STARTED
    act(carla, b, "cancel", confirmed="yes")
    assert carla.told() == "No job of it waits."
    act(carla, b, "delete", confirmed="yes")
    assert carla.told() == "Choose what to do with the batch."


def test_what_failed_is_requeued_and_what_cannot_be_is_said(user: Users, store: JobStore) -> None:
    b, anna = made(number=4), user("anna")
    run(store)
    run(store, "ValueError: no")
    stopped = started(store)
    store.fetch_run(stopped).stop()
    altered = run(store, "ValueError: no")
    store.client.hset(store.keys.record(altered.run_id), "message", "altered")
    run(store)  # on_ended
    anna.told()
    act(anna, b, "requeue", confirmed="yes")
    told = anna.told()
    assert told.startswith("2 jobs were requeued. Not requeued: ")
    assert counts(b) == (2, 1, 1, 0)
    assert len(waiting(store)) == 1
    assert store.counts()[JobStatus.SCHEDULED] == 1  # its old process has not gone
    assert "Requeued: 2 of its jobs" in anna.get("/admin/admin/logentry/").text
    altered.delete()
    let_go(store, stopped)
    promote(store)
    for _ in range(2):
        run(store)
    act(anna, b, "requeue", confirmed="yes")
    assert anna.told() == "No job of it has failed."


def test_one_request_acts_for_a_while_and_says_how_many_are_left(store: JobStore) -> None:
    b = made(number=5)
    for _ in range(5):
        run(store, "ValueError: no")
    for left in (4, 3):
        outcomes, unseen = requeue_failed(store, b.state(), seconds=0)
        assert ([one.error for one in outcomes], unseen) == ([None], left)
    assert requeue_failed(store, b.state())[1] == 0
    assert counts(b) == (5, 0, 0, 0)


def test_one_that_is_canceled_while_it_is_made_ends_with_that(store: JobStore) -> None:
    b = made()
    store.client.hset(store.keys.batch(b.id), mapping={"status": "making", "alive_at": 1})
    batch_state.cancel(store, b.id)
    assert (b.state().status, counts(b)) == ("canceled", (0, 0, 0, 2))


# -- in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def test_a_batch_is_followed_and_what_failed_requeued_by_keyboard(
    browser: Chrome, address: str, store: JobStore
) -> None:
    pages = Pages(browser, address.rstrip("/"))
    pages.log_in("carla")
    stock = made("Stock of December", 3)
    for _ in range(5):
        run(store)
    assert stock.state().is_finished
    made("Close 2026", 4)
    pages.click("Batches")
    parts = "return [...document.querySelectorAll('.fc-progress rect')].map("
    parts += "e => e.getBoundingClientRect().width / e.parentNode.getBoundingClientRect().width)"
    assert browser.execute_script(parts) == [0, 0, 0, 1, 0, 0]
    run(store)
    run(store, "ValidationError: no account 4711")
    widths = [0.25, 0.25, 0]

    def is_drawn() -> bool:
        return bool(browser.execute_script(parts)[:3] == pytest.approx(widths, abs=0.01))

    wait_until(is_drawn, 20, "the list follows it")
    pages.picture("batches")
    pages.tab_to("Close 2026")
    pages.enter()
    assert pages.status == "going"
    assert is_drawn()
    pages.picture("batch")
    for _ in range(2):
        run(store)
    wait_until(lambda: pages.status == "ended", 20, "the page follows it by itself")
    assert pages.element("#fc-said").get_attribute("textContent") == "The batch is ended."
    pages.tab_to("Requeue what failed")
    pages.enter()
    assert "What it did already, it does again." in pages.text
    pages.enter()  # the answer yes has the focus
    assert "1 job was requeued." in pages.text
    run(store)  # on_ended, which came first
    run(store)
    finished = "on_finished queued"
    wait_until(lambda: finished in " ".join(pages.text.split()), 20, "on_finished follows")
    pages.click(REPORT)
    assert "of which it is on_finished" in pages.text
    pages.click("Close 2026")
    assert pages.status == "ended"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_are_seen_on_a_telephone_in_the_dark_too(
    browser: Chrome, address: str, store: JobStore, scheme: str
) -> None:
    pages = Pages(browser, address.rstrip("/"))
    pages.log_in("anna")
    b = made(number=4)
    run(store)
    run(store, "ValueError: no")
    script = """
        const light = css => css.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
        const bar = document.querySelector('.fc-progress'), style = getComputedStyle;
        return [bar.getBoundingClientRect().width, light(style(document.body).backgroundColor),
            ...[...bar.children].map(e => light(style(e).fill))];
    """
    with pages.seen_as(TELEPHONE, scheme):
        for path in (BATCHES, of(b)):
            pages.open(path)
            width, page, *parts = browser.execute_script(script)
            assert width > TELEPHONE * 0.5, path
            assert (page < 150) == (scheme == "dark")
            assert all(abs(part - page) > 100 for part in parts), parts


@pytest.mark.parametrize(("name", "said"), [("dora", "You lack"), ("olga", "There is no batch")])
def test_who_may_not_see_it_is_told_so_in_the_browser(
    browser: Chrome, address: str, store: JobStore, name: str, said: str
) -> None:
    pages, b = Pages(browser, address.rstrip("/")), made()
    pages.log_in(name)
    pages.open(of(b))
    assert said in pages.text
    browser.delete_all_cookies()
    pages.open(of(b))
    assert "/admin/login/" in browser.current_url
    pages.press(Keys.ESCAPE)


def test_a_job_s_page_shows_how_far_it_is_as_it_goes(
    browser: Chrome, address: str, store: JobStore
) -> None:
    pages = Pages(browser, address.rstrip("/"))
    pages.log_in("carla")
    made("Close 2026", 1)
    job = store.fetch_run(started(store))
    pages.open(f"{JOBS}{job.run_id}/")
    browser.execute_script("window.isTheSame = true")
    for done in (1_200, 2_400):
        write(job, done, 4_800, "entries")
        said = f"{done:,} of 4,800 ({done // 48} %): entries"
        wait_until(lambda said=said: said in pages.text, 20, f"the page says {said}")  # type: ignore[misc]
    assert browser.execute_script("return window.isTheSame"), "it was loaded again"
    let_go(store, job.run_id)
