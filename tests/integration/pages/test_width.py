"""The pages in a real browser, with long names, desk or telephone, light and dark.

Nothing scrolls sideways, and axe-core finds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium_axe_python import Axe

from frappe_celery import batch
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.workers import ProcessInfo, WorkerInfo
from frappe_celery.watch import minutes
from tests.browser import chromium
from tests.integration.benches import inside
from tests.integration.cli import enqueued, failed
from tests.integration.pages.server import prepare, serve
from tests.integration.stores import started
from tests.pages import Pages
from tests.project import Project
from tests.warm import WarmPython

SITE = "warehouse-and-spare-parts.northern-europe.customers.erp.example.com"
METHOD = "myapp.integrations.marketplaces.amazon.tasks.synchronise_all_open_orders"
HOOKS = f"""
app_name = "myapp"
scheduler_events = {{
    "daily_long": ["{METHOD}"],
    "cron": {{"*/15 6-22 1-15 1,4,7,10 1-5": ["myapp.accounting.receivables.send_reminders"]}},
}}
"""
ADMIN = "/admin/frappe_celery/"
WIDTHS = (1440, 1200, 1024, 768, 390)
DJANGOS = ("users", "a user")
"""Pages that are all Django's: a box in them may scroll, a date's two fields share a label."""
COLOURS = "{runOnly: ['color-contrast'], resultTypes: ['violations']}"
SCHEMES = {"light": "{resultTypes: ['violations']}", "dark": COLOURS}
"""What axe is asked of each: the dark page has the same elements."""
LEGIBLE = 9
"""Pixels of the smallest letters of a chart."""
MEASURES = """
    const root = document.documentElement, wide = [];
    for (const e of document.querySelectorAll('body *')) {
        const box = e.getBoundingClientRect(), style = getComputedStyle(e);
        if (box.right > root.clientWidth + 1 && box.width > 1)
            wide.push(e.tagName + '.' + e.className.toString() + ' ' + Math.round(box.right));
        if (e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(style.overflowX))
            wide.push('scrolls: ' + e.tagName + '.' + e.className);
    }
    return {page: root.scrollWidth, window: root.clientWidth, wide: wide.slice(0, 9),
        letters: [...document.querySelectorAll('.fc-chart text')].map(
            e => e.getBoundingClientRect().height).filter(Boolean)};
"""


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython
) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("shop"), redis_url, warm)
    for site in (SITE, *(f"{number}.{SITE}" for number in range(4))):
        project.write(f"sites/{site}/site_config.json", "{}")
    project.configure(default_site=SITE, time_zone="Europe/Amsterdam")
    prepare(project)
    project.write("myapp/hooks.py", HOOKS)
    module, _, name = METHOD.rpartition(".")
    project.write(f"{module.replace('.', '/')}.py", f"def {name}(): ...\n")
    project.python("from frappe_celery.cli import main; main(['sync'], standalone_mode=False)")
    yield project
    project.close()


@pytest.fixture(scope="module")
def store(shop: Project) -> Iterator[JobStore]:
    with inside(shop) as store:
        yield store


@pytest.fixture(scope="module")
def paths(store: JobStore) -> dict[str, str]:
    """Every page, once there is something with a long name on each."""
    about: dict[str, Any] = {"method": METHOD, "name": METHOD, "user": f"someone@{SITE}"}
    kwargs = {"marketplace": "amazon" * 30, "api_key": "hush", "orders": list(range(300))}
    error = f"{METHOD}.OrderError: {'x' * 150} could not be read at https://{SITE}/{'y' * 90}"
    name = "import::" + "x" * 100
    for number in range(60):
        job = failed(store, f"{name}{number}", error, site=SITE, kwargs=kwargs, **about)
    title = "Close 2026 and import " + "x" * 118
    with batch(title, on_ended=METHOD, on_finished=METHOD) as b:
        b.enqueue_many(METHOD, [{}, {}, {}], queue="short")
    store.fail(started(store, "short"), error)
    site, now = f"3.{SITE}", time.time()
    for _ in range(4):
        waits = enqueued(store, site=site, queue="long", enqueued_at=now - 90_000, **about)
    Limits(store).pause(f"site:{site}")
    Limits(store).change(f"method:{METHOD}", running=2, per_minute=60)
    for _ in range(2):
        enqueued(store, site=SITE, **about)
    run = started(store, consumer="host:4711")
    store.client.hset(store.keys.in_flight("host:4711"), "host:4711:4712-1", run)
    who = (f"worker1@{SITE}", SITE, 4711, ("default", "long", "short"), 2, "busy", run)
    processes = tuple(ProcessInfo(pid, now - 190, 123_456, 7890, 61) for pid in (4712, 4713))
    more: dict[str, Any] = {"memory": {"4711": 2**27, "4712": 2**31, "4713": 2**30}}
    store.workers.write(
        WorkerInfo(*who, now - 7500, now + 3600, "host:4711", processes, 9, 9, 9.0, **more)
    )
    store.client.zadd(store.keys.workers, {who[0]: now + 3600})
    store.client.persist(store.keys.worker(who[0]))
    for ago in range(1, 1440):
        minute = int(now) // 60 - ago
        store.client.hincrby(store.keys.ended(minute), f"{SITE}|default|finished", 123_456 + ago)
        for of in (SITE, minutes.EVERY_SITE):
            minutes._write(store, minute, [(of, 123_456 + ago, 99, 12_345, 190_000 + ago)])
    return {
        "first": ADMIN,
        "overview, day": f"{ADMIN}?span=day",
        "overview, week": f"{ADMIN}?span=week",
        "jobs": f"{ADMIN}job/",
        "failed jobs": f"{ADMIN}job/?status=failed&since=1h",
        "failures": f"{ADMIN}failure/",
        "all that match": f"{ADMIN}job/?status=failed&search=order",
        "a filter that is wrong": f"{ADMIN}job/?since=yesterday&method={METHOD}",
        "failed job": f"{ADMIN}job/{job.run_id}/",
        "waiting job": f"{ADMIN}job/{waits.run_id}/",
        "running job": f"{ADMIN}job/{run}/",
        "no job": f"{ADMIN}job/{'x' * 36}/",
        "other arguments": f"{ADMIN}job/{job.run_id}/requeue/",
        "sites": f"{ADMIN}site/",
        "site": f"{ADMIN}site/{site}/",
        "schedule of a site": f"{ADMIN}site/{SITE}/schedule/",
        "batches": f"{ADMIN}batch/",
        "batch": f"{ADMIN}batch/{b.id}/",
        "job of a batch": f"{ADMIN}job/{next(b.jobs()).run_id}/",
        "limits": f"{ADMIN}limit/",
        "workers": f"{ADMIN}worker/",
        "schedule": f"{ADMIN}scheduledjobtype/",
        "row of the schedule": f"{ADMIN}scheduledjobtype/1/change/",
        "new row": f"{ADMIN}scheduledjobtype/add/",
        "events": f"{ADMIN}schedulerevent/",
        "new event": f"{ADMIN}schedulerevent/add/",
        "errors": f"{ADMIN}errorlog/",
        "runs of the schedule": f"{ADMIN}scheduledjoblog/",
        "what people did": "/admin/admin/logentry/",
        "users": "/admin/auth/user/",
        "a user": "/admin/auth/user/1/change/",
        "all": "/admin/",
    }


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(browser: Chrome, shop: Project, paths: dict[str, str]) -> Pages:
    pages = Pages(browser, serve(shop).rstrip("/"))
    pages.log_in("anna")
    return pages


@pytest.fixture(scope="module")
def wrong(pages: Pages, paths: dict[str, str]) -> dict[str, list[str]]:
    """What each page, opened once, has wrong: `wide`, `small` and what `axe` finds."""
    wrong: dict[str, list[str]] = {"wide": [], "small": [], "axe": []}
    axe = Axe(pages.browser)
    for name, path in paths.items():
        pages.open(path)
        for width in WIDTHS:
            with pages.seen_as(width):
                found: Any = pages.browser.execute_script(MEASURES)
            wide = found["page"] > width or found["window"] != width
            if wide or (found["wide"] and name not in DJANGOS):
                wrong["wide"].append(f"{name}, {width}: {found}")
            if min(found["letters"], default=LEGIBLE) < LEGIBLE:
                wrong["small"].append(f"{name}, {width}: {found}")
        axe.inject()
        for scheme, rules in SCHEMES.items():
            with pages.seen_as(1280, scheme):
                found = axe.run("document", COLOURS if name in DJANGOS else rules)
            wrong["axe"] += [
                f"{name}, {scheme}: {rule['id']}: {node['html']} {node['failureSummary']}"
                for rule in found["violations"]
                for node in rule["nodes"]
            ]
    return wrong


@pytest.mark.parametrize("what", ["wide", "small", "axe"])
def test_nothing_is_too_wide_or_too_small_or_found_by_axe(
    wrong: dict[str, list[str]], what: str
) -> None:
    assert not wrong[what], "\n".join(wrong[what])


def test_the_tab_key_comes_to_the_first_job_soon(pages: Pages, paths: dict[str, str]) -> None:
    pages.open(paths["jobs"])
    first = "return document.activeElement.matches('#result_list tbody tr:first-child a')"
    stops = 1
    pages.press(Keys.TAB)
    while not pages.browser.execute_script(first):
        pages.press(Keys.TAB)
        stops += 1
        assert stops < 10


def test_arrow_keys_go_from_one_status_to_the_next(pages: Pages, paths: dict[str, str]) -> None:
    pages.open(paths["failed jobs"])
    pages.tab_to("failed")
    pages.press(Keys.ARROW_LEFT)
    pages.enter()
    assert pages.element(".fc-tabs [aria-current]").text.startswith("finished")


@pytest.mark.parametrize("width", WIDTHS)
def test_what_asks_first_and_what_leads_on_are_below_the_table(
    pages: Pages, paths: dict[str, str], width: int
) -> None:
    with pages.seen_as(width):
        pages.open(paths["failed jobs"])
        box = "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
        table, pager = (
            pages.browser.execute_script(box, of) for of in ("#result_list", ".fc-pages")
        )
        assert pager["top"] >= table["bottom"]
        assert pager["right"] <= width
        pages.element("#action-toggle").click()
        pages.browser.find_element(By.CSS_SELECTOR, "select[name=action]").send_keys("Requeue")
        pages.click("Go")
        assert "Requeue 50 jobs?" in pages.text
        found: Any = pages.browser.execute_script(MEASURES)
        assert found["page"] <= width, found
