"""Tests against a real bench: `./dev test --bench PATH` on one that `./dev bench-from` made, else
FRAPPE_BENCH=/path/to/bench FRAPPE_SITE=site ./dev test tests/bench

The site is a trial one, with `allow_tests`: Frappe's own tests run in it. The bench has a second
site, for the pages a third, and no other worker. The package is installed in its environment
(`env/bin/pip install -e '.[admin]'`) and not in sites/apps.txt: tests put it there. Those that make
sites need the database's root password in FRAPPE_DB_ROOT_PASSWORD. The bench is switched on for the
tests and afterwards as it was before, also after tests that were broken off: the next run puts
right what they left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.as_before import Before
from tests.bench.bench import CHECKOUT, Bench
from tests.waiting import wait_until

LEFT_BEHIND = """
from frappe_celery.jobs import get_store
from frappe_celery.worker.reaper import reap
reap(get_store(), dead_after=-1)
"""
"""Jobs that ran when tests were broken off: a schedule would wait for their end."""

NO_JOB_LEFT = """
from frappe_celery.jobs import get_store
store = get_store()
for status, number in store.counts().items():
    for job in store.page(statuses=[status], length=number) if number else ():
        store.delete(job.run_id)
for kind in ("job", "queue", "failed", "finished", "canceled", "deferred", "wip", "results"):
    for key in store.client.keys(f"rq:{kind}:*"):
        store.client.delete(key)
for key in store.client.keys("rq:worker*"):  # killed with the tests before
    store.client.delete(key)
"""

NOTHING_OF_TESTS = """
from frappe.utils.doctor import purge_pending_jobs
purge_pending_jobs()
for site in {sites!r}:
    frappe.destroy()
    frappe.init(site=site)
    frappe.connect()
    frappe.db.delete("ToDo", {{"description": ("like", "%|%|%")}})
    frappe.db.commit()
"""
"""One process for all sites, before each test: starting one takes longer than all that it does."""


def clean(bench: Bench) -> None:
    """No job waits, and no row that a job of the tests wrote is left."""
    bench.ask(NOTHING_OF_TESTS.format(sites=bench.sites))


@pytest.fixture(scope="session")
def real_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The bench, switched on."""
    folder, site = os.environ.get("FRAPPE_BENCH"), os.environ.get("FRAPPE_SITE")
    if not folder or not site:
        pytest.skip("needs a real bench: FRAPPE_BENCH=/path/to/bench FRAPPE_SITE=a-trial-site")
    bench = Bench(Path(folder), site, tmp_path_factory.mktemp("bench"))
    before = Before(bench)
    before.put_right()
    was_on = bench.config.get("frappe_celery_enabled")
    before.keep()
    try:
        bench.run("frappe-celery", "enable")
        bench.ask(LEFT_BEHIND)
        yield bench
        clean(bench)
    finally:
        if not was_on:
            bench.run("frappe-celery", "disable")
        bench.close()
        before.forget()


@pytest.fixture
def bench(real_bench: Bench, tmp_path: Path) -> Iterator[Bench]:
    """The bench, for one test: its queues are empty, its processes end with the test."""
    bench = Bench(real_bench.root, real_bench.site, tmp_path / "logs")
    try:
        clean(bench)
        yield bench
    finally:
        bench.close()


@pytest.fixture(scope="session")
def since_15(real_bench: Bench) -> None:
    """Of a test that is about what Frappe 14 has not."""
    if real_bench.is_14:
        pytest.skip("Frappe 14 has no such thing")


@pytest.fixture(scope="session")
def on_mariadb(real_bench: Bench) -> None:
    """Of a test that is about MariaDB alone."""
    if real_bench.database != "mariadb":
        pytest.skip("is about MariaDB's accounts, connections and locks")


@pytest.fixture(scope="session")
def on_a_server(real_bench: Bench) -> None:
    """Of a test that is about a database's server."""
    if real_bench.database == "sqlite":
        pytest.skip("SQLite has no server that is away or ends a connection")


@pytest.fixture
def no_job_left(bench: Bench) -> None:
    """Neither system has a job, waiting or failed, of the tests before."""
    bench.ask(NO_JOB_LEFT)


@pytest.fixture
def armed(bench: Bench, no_job_left: None) -> Iterator[Bench]:
    """Everything on RQ, with the seam in each process that starts; afterwards on, as before."""
    config = bench.root / "sites" / "common_site_config.json"
    before = config.read_text()
    config.write_text(json.dumps({**json.loads(before), "scheduler_tick_interval": 1}))
    bench.run("frappe-celery", "disable")
    bench.run("frappe-celery", "enable", "--armed")
    try:
        yield bench
    finally:
        for process in bench.processes:
            process.kill()
        bench.start("frappe-celery", "disable", "--settle").wait(120)
        config.write_text(before)
        bench.run("frappe-celery", "enable")


@pytest.fixture(scope="session")
def app_on_one_site(real_bench: Bench) -> Iterator[None]:
    """The package is an app of the bench, installed on the bench's `site` and on no other."""
    apps = real_bench.root / "sites" / "apps.txt"
    before = apps.read_text()
    assert "frappe_celery" not in before.split(), "the tests install the app themselves"
    apps.write_text(before.rstrip("\n") + "\nfrappe_celery\n")
    on_site = ("--site", real_bench.site)
    folder = real_bench.root / "apps" / "frappe_celery"
    if real_bench.is_14:  # which looks for an app's commands in no other place
        folder.symlink_to(CHECKOUT)
    try:
        real_bench.frappe(*on_site, "install-app", "frappe_celery")
        yield
    finally:
        real_bench.frappe(*on_site, "uninstall-app", "frappe_celery", "--yes", "--no-backup")
        apps.write_text(before)
        folder.unlink(missing_ok=True)


@pytest.fixture(params=["with the app", "without the app"])
def site(request: pytest.FixtureRequest, bench: Bench, app_on_one_site: None) -> str:
    """A site that has the package as an app, and one that has not."""
    other = bench.other_site
    assert other, "give the bench a second site"
    return bench.site if request.param == "with the app" else other


@pytest.fixture
def until_told(bench: Bench) -> Callable[[], list[str]]:
    """What Redis is told for browsers, until all is done."""
    from redis import Redis

    told_by = "redis_socketio" if bench.is_14 else "redis_queue"
    listening = Redis.from_url(bench.config[told_by]).pubsub()
    listening.subscribe("events")

    def told() -> list[str]:
        found: list[str] = []

        def hears() -> bool:
            message = listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
            if message:
                found.append(message["data"].decode())
            return '": 100' in "".join(found[-1:]).replace("'", '"')  # percent, or 17's progress

        wait_until(hears, 20, "Desk is told")
        return found

    return told
