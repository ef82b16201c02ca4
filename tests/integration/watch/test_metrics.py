"""`frappe-celery metrics`: what Prometheus reads, counted once whatever dies meanwhile."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import promql_parser
import pytest
import yaml

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.watch import caught
from frappe_pages import exposition
from tests.integration.benches import all_ended, inside, worker, write_tasks
from tests.integration.cli import OTHER, SITE, enqueued, failed, made
from tests.integration.stores import lead
from tests.integration.watch.scraping import Exporter, Scraped, finished, selectors
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        yield store


def test_ended_runs_are_counted_once_by_site_queue_and_method(store: JobStore) -> None:
    finished(store, method="myapp.before")
    exporter = Exporter(store)
    for _ in range(3):
        finished(store, method="myapp.a", queue="short")
    finished(store, method="myapp.a", site=OTHER)
    failed(store, method="myapp.b")
    for _ in range(2):
        scraped = exporter.scrape()
        name = "frappe_celery_jobs_ended_total"
        assert scraped.value(name, method="myapp.before") == 0  # ended before it looked
        assert scraped.value(name, method="myapp.a", site=SITE, queue="short") == 3
        assert scraped.value(name, method="myapp.a", site=OTHER, status="finished") == 1
        assert scraped.value(name, method="myapp.b", status="failed") == 1
        assert scraped.value(name, method="myapp.b", status="finished") == 0
    finished(store, method="myapp.a", queue="short")
    assert exporter.scrape().value(name, method="myapp.a", site=SITE) == 4


def test_what_was_recorded_late_or_while_the_broker_was_away_is_counted(store: JobStore) -> None:
    exporter = Exporter(store)
    finished(store, method="myapp.on_time")
    exporter.scrape()
    finished(store, method="myapp.late")
    place = f"{SITE}|default"
    (run,) = [
        run
        for run in store.client.zrange(store.keys.index(place, "finished"), 0, -1)
        if store.fetch_run(run.decode()).method == "myapp.late"
    ]
    store.client.zadd(store.keys.index(place, "finished"), {run: time.time() - 30})
    assert exporter.scrape().value("frappe_celery_jobs_ended_total", method="myapp.late") == 1
    assert exporter.scrape().value("frappe_celery_jobs_ended_total") == 2


def test_how_long_jobs_waited_and_ran(store: JobStore) -> None:
    exporter = Exporter(store)
    finished(store, ran=100.0, method="myapp.slow", enqueued_at=time.time() - 160.0)
    scraped = exporter.scrape()
    ran, waited = "frappe_celery_job_run_seconds", "frappe_celery_job_wait_seconds"
    assert 100 <= scraped.value(f"{ran}_sum", method="myapp.slow") < 100 + HANG_SECONDS
    assert scraped.value(f"{ran}_bucket", method="myapp.slow", le="60.0") == 0
    assert scraped.value(f"{ran}_bucket", method="myapp.slow", le="300.0") == 1
    labels = {"site": SITE, "queue": "default", "method": "myapp.slow"}
    assert 59.9 < scraped.value(f"{waited}_sum", **labels) < 60 + HANG_SECONDS


def test_what_waits_and_runs_now(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposition, "WAITING", 5)  # of two places: three of each
    exporter = Exporter(store)
    for number in range(4):
        enqueued(store, queue="short", method=f"myapp.waits{number // 2}", site=OTHER)
    enqueued(store, queue="long", enqueued_at=time.time() - 40)
    runs = enqueued(store, queue="long", method="myapp.runs")
    store.start(runs.run_id, "w")
    scraped = exporter.scrape()
    assert scraped.value("frappe_celery_jobs", queue="long", status="queued") == 1
    assert scraped.value("frappe_celery_jobs", queue="long", status="started") == 1
    assert scraped.value("frappe_celery_running_jobs", method="myapp.runs", site=SITE) == 1
    queued = "frappe_celery_queued_jobs"
    assert scraped.value(queued, method="myapp.waits0", site=OTHER, queue="short") == 2
    assert scraped.value(queued, method="myapp.waits1", site=OTHER, queue="short") == 1
    assert scraped.value(queued, site=SITE, queue="long") == 1
    assert 39 < scraped.value("frappe_celery_oldest_wait_seconds", queue="long") < 40 + HANG_SECONDS
    assert (scraped.value("frappe_celery_up"), scraped.value("frappe_celery_workers")) == (1, 0)
    assert scraped.value("frappe_celery_beat_leads") == 0


def test_batches_that_have_not_ended_are_counted(store: JobStore) -> None:
    exporter = Exporter(store)
    elsewhere, canceled = made(), made()
    made(), made(number=0, on_ended="myapp.core.nightly")
    store.client.hset(store.keys.batch(elsewhere.id), "site", OTHER)
    store.client.hset(store.keys.batch(canceled.id), "status", "canceled")
    scraped = exporter.scrape()
    name = "frappe_celery_batches"
    assert (scraped.value(name), scraped.value(name, status="going")) == (3, 2)
    assert scraped.value(name, site=OTHER, status="going") == 1
    assert scraped.value(name, site=SITE, status="canceled") == 1


def test_what_frappe_catches_is_counted(store: JobStore) -> None:
    exporter = Exporter(store)
    for _ in range(2):
        job = enqueued(store, method="myapp.core.nightly")
        caught.note(job, ValueError("no"))
        for _ in range(2):
            scraped = exporter.scrape()
    name = "frappe_celery_caught_failures_total"
    assert scraped.value(name, method="myapp.core.nightly", site=SITE) == 2


def test_a_scheduler_that_stands_still_is_late(store: JobStore) -> None:
    lead(store, lag=1.5, ago=30)
    scraped = Exporter(store).scrape()
    assert scraped.value("frappe_celery_beat_leads", scheduler="host.1") == 1
    assert 31 < scraped.value("frappe_celery_beat_lag_seconds") < 31 + HANG_SECONDS


def test_a_broker_that_is_away_is_told_and_nothing_is_lost(
    project: Project, own_redis: RedisServer
) -> None:
    project.configure(redis_queue=own_redis.url)
    with inside(project) as store:
        exporter = Exporter(store)
        finished(store, method="myapp.a")
        own_redis.kill()
        assert exporter.scrape().value("frappe_celery_up") == 0
        own_redis.start()
        assert exporter.scrape().value("frappe_celery_up") == 1
        assert exporter.scrape().value("frappe_celery_jobs_ended_total", method="myapp.a") == 1


def address_of(process: Process) -> str:
    process.wait_for("/metrics")
    url = re.search(r"http://\S+(?=/metrics)", process.output())
    assert url
    return url[0]


def asked(url: str) -> tuple[int, str]:
    """The status and the text of what is there, or where it leads."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def served(process: Process) -> Scraped:
    return Scraped(asked(f"{address_of(process)}/metrics")[1])


def test_the_command_with_a_worker_and_beat(project: Project, store: JobStore) -> None:
    process = project.start("metrics", "-m", "frappe_celery.cli", "metrics", "--port", "0")
    address = address_of(process)
    for path in ("/metrics", "/"):  # which leads there
        assert "frappe_celery_up 1.0" in asked(address + path)[1]
    for path, answer in {"/health": (200, "ok\n"), "/ready": (200, "ok\n")}.items():
        assert asked(address + path) == answer
    for path in ("/nothing", "/metrics/", "/favicon.ico"):
        assert asked(address + path) == (404, "There is GET /metrics, /health and /ready\n")
    worker(project, "-c", "2")
    project.beat()
    jobs = [enqueue("myapp.core.record", text=str(n)) for n in range(20)]
    assert all_ended(jobs) == [JobStatus.FINISHED] * 20
    name = "frappe_celery_jobs_ended_total"
    wait_until(lambda: served(process).value(name, method="myapp.core.record") == 20, HANG_SECONDS)
    wait_until(lambda: served(process).value("frappe_celery_beat_entries") > 0, HANG_SECONDS)
    scraped = served(process)
    assert scraped.value("frappe_celery_worker_processes") == 2
    assert scraped.value("frappe_celery_beat_leads") == 1
    assert scraped.value("frappe_celery_beat_lag_seconds") == 0
    assert process.stop() == 0


def test_processes_wanted_are_what_runs_and_what_would_begin_but_for_them(store: JobStore) -> None:
    limits = Limits(store)
    for n in range(5):
        job = enqueued(store, queue="long")
        if n < 2:
            store.client.lrem(store.waiting_list(job.site, "long"), 1, job.run_id)
            store.start(job.run_id, "w")
    enqueued(store, queue="short")
    exporter = Exporter(store)

    def wanted(queue: str) -> float:
        return exporter.scrape().value("frappe_celery_wanted_processes", queue=queue)

    assert [wanted(queue) for queue in ("long", "short", "default")] == [5, 1, 0]
    limits.change("queue:l*", running=3)
    assert wanted("long") == 3
    limits.change("queue:long", running=1)
    assert wanted("long") == 2, "what runs is not ended"
    limits.pause("queue:long")
    assert wanted("long") == 2
    assert wanted("short") == 1


def test_what_a_limit_keeps_back_wants_no_process(project: Project, store: JobStore) -> None:
    limits, exporter = Limits(store), Exporter(store)
    limits.pause("method:myapp.core.record")
    for _ in range(3):
        enqueue("myapp.core.record")
    name = "frappe_celery_wanted_processes"
    assert exporter.scrape().value(name, queue="default") == 3, "nobody has looked at them yet"
    worker(project)
    wait_until(lambda: sum(limits.kept_back().values()) == 3, what="they are kept back")
    scraped = exporter.scrape()
    assert scraped.value(name, queue="default") == 0
    assert scraped.value("frappe_celery_jobs", queue="default", status="queued") == 3


def test_the_recipe_for_keda_asks_for_it(store: JobStore) -> None:
    page = (Path(__file__).parents[3] / "docs" / "observability.md").read_text()
    (recipe,) = re.findall(r"```yaml\n(apiVersion: keda.+?)```", page, re.DOTALL)
    (trigger,) = yaml.safe_load(recipe)["spec"]["triggers"]
    (asked,) = selectors(promql_parser.parse(trigger["metadata"]["query"]))
    labels = {matcher.name: matcher.value for matcher in asked.matchers.matchers}
    for _ in range(3):
        enqueued(store, queue="long")
    assert Exporter(store).scrape().value(asked.name, **labels) == 3
