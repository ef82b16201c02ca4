"""The pages in a real Chromium, by keyboard and by mouse, with a real worker and beat.

With FRAPPE_CELERY_SCREENSHOTS=1 the pictures of the documentation are taken on the way.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from math import pi, sin

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.watch import minutes
from tests.browser import chromium
from tests.integration.benches import inside
from tests.integration.pages.client import PASSWORD
from tests.integration.pages.server import USERS, address_of
from tests.pages import TELEPHONE, Pages
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until
from tests.warm import WarmPython

HOOKS = """
app_name = "shop"
scheduler_events = {
    "hourly": ["shop.tasks.refresh_prices"],
    "daily_long": ["shop.tasks.rebuild_statistics"],
    "weekly": ["shop.tasks.send_summary"],
    "cron": {
        "0 9 * * 1-5": ["shop.tasks.morning_report"],
        "0 0 L * *": ["shop.tasks.close_month"],
    },
}
"""
TASKS = """
import time
from pathlib import Path

import frappe

FILES = Path(__file__).parents[1]


def charge_card(customer, amount, card_token):
    if not (FILES / "paid").exists():
        raise frappe.ValidationError(f"the card of {customer} was declined for {amount} EUR")
    while not (FILES / "answered").exists():
        time.sleep(0.05)
    return {"customer": customer, "charged": amount}


def refresh_prices():
    return {"tea": 6.0, "coffee": 12.0}


def export_orders(days=30):
    return f"orders of {days} days"


rebuild_statistics = send_summary = morning_report = close_month = refresh_prices
"""
METHODS = ("shop.tasks.refresh_prices", "shop.tasks.export_orders")


# -- the project, its processes, the browser


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython
) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("shop"), redis_url, warm)
    project.write("shop/__init__.py", "")
    project.write("shop/hooks.py", HOOKS)
    project.write("shop/tasks.py", TASKS)
    project.write("sites/apps.txt", "shop\n")
    project.configure(time_zone="Europe/Amsterdam")
    yield project
    project.close()


@pytest.fixture(scope="module")
def store(shop: Project) -> Iterator[JobStore]:
    with inside(shop) as store:
        yield store


@pytest.fixture(scope="module")
def address(shop: Project, store: JobStore) -> str:
    """Of the pages, once a worker and beat run and an hour's work lies behind them."""
    shop.python(USERS, PASSWORD)
    worker = shop.celery(
        "worker", "-l", "INFO", "-c", "2", "-n", "worker1@shop", "--without-mingle"
    )
    shop.celery("beat", "-l", "INFO")
    admin = shop.start("admin", "-m", "frappe_celery.cli", "admin", "--port", "0")
    worker.wait_for(" ready.")
    shop.python(
        """
        import time
        import frappe_celery, frappe
        for number in range(12):
            frappe.enqueue("shop.tasks.refresh_prices")
            frappe.enqueue("shop.tasks.export_orders", days=number, queue="long")
        for customer, amount in (("C-101", 80), ("C-102", 12)):
            job = frappe.enqueue("shop.tasks.charge_card", customer=customer, amount=amount,
                                 card_token="tok_5", queue="short")
            while not job.is_failed:  # so that they fail one after the other
                time.sleep(0.05)
        frappe_celery.enqueue_in(7200, "shop.tasks.export_orders")
        """
    )
    wait_until(lambda: store.counts()[JobStatus.FINISHED] >= 24, what="the jobs have run")
    wait_until(lambda: store.counts()[JobStatus.FAILED] == 2, what="two have failed")
    _an_hour_of_work(store, shop.site)
    return address_of(admin).rstrip("/")


def _an_hour_of_work(store: JobStore, site: str) -> None:
    """What the chart would show had there been jobs all the while."""
    minute, steady = int(time.time()) // 60, random.Random(7)
    for ago in range(1, 60):
        ended = {"finished": steady.randint(18, 42), "failed": int(steady.random() < 0.2)}
        for status, number in ended.items():
            store.client.hincrby(store.keys.ended(minute - ago), f"{site}|default|{status}", number)
    for ago in (*range(7 * 1440, 1440, -30), *range(1440, 0, -1)):
        busy = 1 + sin(ago / 1440 * 2 * pi)
        numbers = int(30 * busy) + steady.randint(8, 20), int(steady.random() < 0.1), 3
        for name in (site, minutes.EVERY_SITE):
            minutes._write(store, minute - ago, [(name, *numbers, int(9 * busy))])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(browser: Chrome, address: str) -> Pages:
    """Anna, who logged in by keyboard."""
    pages = Pages(browser, address)
    pages.log_in("anna")
    assert "Overview" in pages.text
    return pages


# -- what people do


def test_a_failed_job_is_found_understood_and_requeued_by_keyboard(
    pages: Pages, shop: Project, store: JobStore
) -> None:
    wait_until(store.workers.all, what="the worker is listed")
    pages.open("/admin/frappe_celery/")
    pages.press(Keys.TAB)
    assert "Skip to main content" in pages.browser.switch_to.active_element.text
    assert "worker, 0 busy" in pages.text
    assert "shop.tasks.charge_card" in pages.text
    bars = pages.element(".fc-chart .fc-series-0").get_attribute("d") or ""
    assert bars.count("M") >= 58

    pages.click("Failures")
    assert "was declined for … EUR (charge_card in tasks.py)" in pages.text
    pages.picture("failures")
    pages.tab_to("Requeue all")
    pages.enter()
    assert "They are all that match now." in pages.text
    pages.click("No, take me back")
    assert "Only with the error" in pages.text

    pages.open("/admin/frappe_celery/")
    pages.tab_to("failed in the last hour")
    pages.enter()
    assert "the card of C-101 was declined for 80 EUR" in pages.text
    pages.picture("jobs")
    pages.tab_to("shop.tasks.charge_card")  # its checkbox
    pages.tab_to("shop.tasks.charge_card")
    pages.enter()
    assert pages.status == "failed"
    assert "ValidationError: the card of C-102 was declined for 12 EUR" in pages.text
    assert '"card_token": "********"' in pages.text
    assert "tok_5" not in pages.browser.page_source
    pages.picture("job", until="section:has(> #fc-traceback)")

    (shop.root / "paid").touch()
    pages.tab_to("Requeue")
    pages.enter()
    assert "It runs again, as a new run with the same arguments." in pages.text
    pages.picture("confirm")
    pages.enter()  # the answer yes has the focus
    assert "1 job was requeued." in pages.text
    wait_until(lambda: store.counts()[JobStatus.STARTED] == 1, what="it runs")
    wait_until(lambda: pages.status == "started", HANG_SECONDS, "the page follows it by itself")
    pages.tab_to("Delete")
    (shop.root / "answered").touch()
    wait_until(lambda: pages.status == "finished", HANG_SECONDS, "it shows that it finished")
    assert '"charged": 12' in pages.text
    assert pages.element("#fc-said").get_attribute("textContent") == "The job is finished."
    pages.has_focus("#fc-act-delete")  # which is another place in the page by now
    assert "Looks again" not in pages.text


def test_the_first_page_follows_what_runs_and_leaves_a_reader_alone(
    pages: Pages, shop: Project, store: JobStore
) -> None:
    (shop.root / "answered").unlink()
    (shop.root / "paid").touch()
    pages.open("/admin/frappe_celery/")
    pages.element("#fc-numbers summary").click()
    pages.tab_to("finished in the last hour")
    pages.browser.execute_script("document.same = true; scrollTo(0, 300)")
    shop.python(
        "import frappe_celery, frappe; frappe.enqueue('shop.tasks.charge_card', customer='C',"
        " amount=1, card_token='t', queue='short')"
    )
    tile = (By.CSS_SELECTOR, ".fc-tiles a[href$='status=started'] strong")
    running = lambda: pages.browser.find_element(*tile).text  # noqa: E731
    wait_until(lambda: running() == "1", 20, "the page shows that it runs")
    kept = """
        return [document.same, scrollY, document.querySelector('#fc-numbers').open,
                document.activeElement.innerText, document.querySelector('#fc-said').innerText];
    """
    same, scrolled, is_open, focused, said = pages.browser.execute_script(kept)
    assert (same, scrolled, is_open, said) == (True, 300, True, "")
    assert "finished in the last hour" in focused

    pages.browser.execute_script("document.querySelector('#fc-follow button').click()")
    (shop.root / "answered").touch()
    wait_until(lambda: store.counts()[JobStatus.STARTED] == 0, what="it has ended")
    requests = "return performance.getEntriesByType('resource').length"
    before = pages.browser.execute_script(requests)
    time.sleep(6)  # more than one look's
    assert (pages.browser.execute_script(requests), running()) == (before, "1")
    pages.element("#fc-follow button").click()
    wait_until(lambda: running() == "0", HANG_SECONDS, "it follows again")

    def told() -> str:
        return pages.element("#fc-said").text  # what is seen of it

    offline = {"latency": 0, "downloadThroughput": 0, "uploadThroughput": 0, "offline": True}
    pages.browser.execute_cdp_cmd("Network.enable", {})
    pages.browser.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    wait_until(lambda: "Not up to date: " in told(), HANG_SECONDS, "it says that nobody answers")
    online = {**offline, "offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    pages.browser.execute_cdp_cmd("Network.emulateNetworkConditions", online)
    wait_until(lambda: told() == "", HANG_SECONDS, "and no more once somebody does")
    pages.browser.get_log("browser")  # type: ignore[no-untyped-call]

    hide = """
        Object.defineProperty(document, "hidden", {value: arguments[0], configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    """
    pages.browser.execute_script(hide, True)
    before = pages.browser.execute_script(requests)
    time.sleep(6)
    assert pages.browser.execute_script(requests) == before
    pages.browser.delete_all_cookies()
    pages.browser.execute_script(hide, False)
    wait_until(lambda: "You are logged out" in told(), 10, "it looks at once")
    pages.log_in("anna")


def test_what_is_none_of_the_server_s_files_is_not_run(pages: Pages) -> None:
    pages.open("/admin/frappe_celery/")
    pages.browser.execute_script(
        """
        document.addEventListener("securitypolicyviolation", event => {
            document.body.dataset.refused = event.effectiveDirective;
        });
        document.body.insertAdjacentHTML("beforeend",
            "<button id='foreign' onclick='document.body.dataset.owned = 1'>x</button>");
        document.getElementById("foreign").click();
        """
    )
    told = "return document.body.dataset.refused"
    wait_until(lambda: pages.browser.execute_script(told), what="it is refused")
    assert pages.browser.execute_script(told) == "script-src-attr"
    assert pages.browser.execute_script("return document.body.dataset.owned") is None
    pages.browser.get_log("browser")  # type: ignore[no-untyped-call]


def test_the_charts_reach_back_a_week(pages: Pages) -> None:
    pages.open("/admin/frappe_celery/")
    for name in ("Last day", "Last week"):
        pages.click(name)
        bars = pages.element(".fc-chart .fc-series-0").get_attribute("d") or ""
        assert bars.count("M") >= {"Last day": 1400, "Last week": 160}[name]
        if name == "Last day":
            pages.picture("history", until="section:has(> #fc-failing)")


def test_jobs_are_filtered_chosen_and_requeued_by_mouse(pages: Pages, store: JobStore) -> None:
    pages.open("/admin/frappe_celery/")
    pages.click("Jobs")
    pages.element(".fc-filter summary").click()
    pages.element("#id_method").send_keys("shop.tasks.*")
    Select(pages.element("#id_queue")).select_by_visible_text("long")
    pages.click("Filter")
    rows = pages.browser.find_elements(By.CSS_SELECTOR, "#result_list tbody tr")
    assert len(rows) == 12
    pages.element("#action-toggle").click()
    assert "12 of 12 selected" in pages.text
    Select(pages.element("select[name=action]")).select_by_value("requeue")
    pages.click("Go")
    assert "Requeue 12 jobs?" in pages.text
    pages.click("Yes, requeue")
    assert "12 jobs were requeued." in pages.text
    assert pages.element("#id_method").get_attribute("value") == "shop.tasks.*"
    wait_until(lambda: store.counts(queue="long")[JobStatus.FINISHED] == 12, what="they ran again")
    pages.click("Workers")
    assert "worker1@shop" in pages.text
    assert "idle" in pages.text
    pages.picture("workers")


def test_a_changed_schedule_moves_its_next_run(pages: Pages, store: JobStore) -> None:
    pages.open("/admin/frappe_celery/")
    pages.click("Schedule")
    assert "09:00:00" in pages.text
    pages.picture("schedule")
    pages.click("tasks.morning_report")
    assert _next_runs(pages) == ["09:00:00"] * 5

    cron = pages.element("#id_cron_format")
    cron.clear()
    cron.send_keys("30 7 * * mon,wed")
    pages.click("Save and continue editing")
    assert _next_runs(pages) == ["07:30:00"] * 5
    pages.picture("schedule-row", until=".submit-row")

    cron = pages.element("#id_cron_format")
    cron.clear()
    cron.send_keys("61 * * * *", Keys.TAB)
    pages.tab_to("Save and continue editing")
    pages.enter()
    assert "Please correct the error below." in pages.text
    assert "61" in pages.element("#id_cron_format_error").text

    cron = pages.element("#id_cron_format")
    cron.clear()
    cron.send_keys("* * * * * *")  # every second: beat sees it within seconds
    pages.click("Save and continue editing")
    found = (By.CSS_SELECTOR, ".field-last_run .readonly")
    assert pages.browser.find_element(*found).text == "never"

    def has_run() -> bool:
        pages.browser.refresh()
        return pages.browser.find_element(*found).text != "never"

    wait_until(has_run, 15, "beat follows the changed row", interval=0.5)
    pages.element("#id_stopped").click()
    pages.click("Save")
    assert "was changed successfully" in pages.text


def test_the_dark_mode_of_the_admin_is_respected(pages: Pages) -> None:
    script = """
        const light = css => css.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
        const tab = document.querySelector('.fc-tabs a'), style = getComputedStyle;
        return [light(style(document.body).backgroundColor), light(style(tab).backgroundColor),
                light(style(document.querySelector('.fc-jobs .fc-error')).color)];
    """
    with pages.seen_as(1280, "dark"):
        pages.open("/admin/frappe_celery/job/?status=failed")
        page, tab, error = pages.browser.execute_script(script)
        assert page < 150
        assert tab < 150
        assert error > 380
        pages.picture("dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_each_row_is_a_card(pages: Pages, scheme: str) -> None:
    with pages.seen_as(TELEPHONE, scheme):
        for name, path in {"overview": "", "jobs": "job/", "workers": "worker/"}.items():
            pages.open(f"/admin/frappe_celery/{path}")
            width = pages.browser.execute_script("return document.documentElement.scrollWidth")
            assert width == TELEPHONE
            row, number = (
                pages.element(f".fc-jobs tbody tr {of}").rect for of in ("", "[data-label]")
            )
            assert row["width"] > TELEPHONE * 0.9
            assert number["width"] < row["width"]
            if name != "workers":
                pages.picture(f"telephone-{name}-{scheme}")


def test_a_job_is_requeued_with_other_arguments_by_keyboard(
    pages: Pages, shop: Project, store: JobStore
) -> None:
    (shop.root / "paid").touch()
    (shop.root / "answered").touch()
    pages.open("/admin/frappe_celery/job/?status=failed")
    pages.click("shop.tasks.charge_card")
    pages.tab_to("Requeue with other arguments")
    pages.enter()
    assert '"card_token": "********"' in pages.element("#id_arguments").get_attribute("value")
    pages.has_focus("#id_arguments")
    pages.press(Keys.CONTROL, "a")
    pages.press(json.dumps({"customer": "C-101", "amount": 8, "card_token": "********"}))
    pages.picture("arguments")
    pages.press(Keys.TAB)
    pages.enter()
    assert "Changed arguments: amount." in pages.text
    wait_until(lambda: store.counts()[JobStatus.FAILED] == 0, what="it was requeued")
    wait_until(lambda: pages.status == "finished", 20, "it has run")
    assert '"charged": 8' in pages.text
    (message,) = (store.fetch_run(run).opened for run in [pages.browser.current_url.split("/")[-2]])
    assert message.decoded_kwargs()["card_token"] == "tok_5"


def _next_runs(pages: Pages) -> list[str]:
    return [line.split()[-1] for line in pages.element("#fc-next-runs").text.splitlines()]
