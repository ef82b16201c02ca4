"""`frappe-celery doctor`: what is wrong is said, with the way out; what is not is not."""

from __future__ import annotations

import json
import math
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import pytest
from kombu import Connection
from redis import Redis

from frappe_celery import Retry, options
from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.limits.outages import begin_silence
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.schedule.agenda import Agenda
from frappe_celery.schedule.leadership import LeaderHeartbeat
from frappe_celery.watch.doctor import failures
from frappe_celery.watch.doctor.examination import at_a_glance
from frappe_celery.watch.notify.conditions import look
from frappe_pages import overview
from tests.integration.benches import inside, worker
from tests.integration.cli import OTHER, SITE, enqueued, failed, made, read, run
from tests.integration.stores import lead, take
from tests.ports import free_port
from tests.project import Project
from tests.servers import RabbitMQServer, RedisServer
from tests.unit.schedule.memory_host import row
from tests.waiting import HANG_SECONDS, wait_until


def section(name: str, *arguments: str, code: int = 2) -> dict[str, Any]:
    found: dict[str, Any] = read("doctor", *arguments, code=code)["sections"][name]
    return found


def texts(found: dict[str, Any], level: str) -> list[str]:
    return [f["text"] for f in found["findings"] if f["level"] == level]


# -- scheduler and workers


def test_with_a_worker_and_beat_nothing_is_wrong(project: Project, store: JobStore) -> None:
    worker(project)
    beat = project.beat()

    def healthy() -> Any:
        report = read("doctor")
        leader = report["sections"]["scheduler"]["rows"][-1]
        return report if leader["entries"] == 2 else None  # each site's monthly hook

    report = wait_until(healthy, 20, "exit code 0, and the rows are read")
    assert report["status"] == "ok"
    leader = report["sections"]["scheduler"]["rows"][-1]
    assert (leader["leader"].endswith(str(beat.pid)), leader["lag_seconds"]) == (True, 0)
    (row,) = report["sections"]["workers"]["rows"]
    assert (row["processes"], row["state"]) == (1, "idle")
    assert set(row["queues"]) == {"short", "default", "long"}
    told = run("doctor").output
    assert told.startswith("Nothing is wrong.\n")
    assert "\nNothing to tell of: " in told
    assert "  none" not in told.splitlines()

    beat.stop()
    assert "no scheduler runs" in run("doctor", code=2).output


def test_without_worker_and_beat_it_says_so(store: JobStore) -> None:
    report = read("doctor", code=2)
    assert report["status"] == "problem"
    output = run("doctor", code=2).output
    assert "no worker runs" in output
    assert "frappe-celery worker" in output
    assert "no scheduler runs" in output
    assert "frappe-celery beat" in output


def test_why_a_site_is_not_scheduled(project: Project, store: JobStore) -> None:
    project.write(f"sites/{OTHER}/site_config.json", '{"pause_scheduler": 1}')
    rows = {row.get("site"): row.get("state") for row in section("scheduler")["rows"]}
    assert rows[SITE] == "scheduled"
    assert rows[OTHER] == "off: pause_scheduler is set in its configuration"
    # with nothing to schedule, no scheduler is missed
    assert not texts(section("scheduler", "--site", OTHER), "problem")


def test_a_stopped_row_is_a_choice_and_said_in_one_line(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(store)
    rows = [row("myapp.tasks.a"), row("myapp.tasks.b", stopped=True)]
    monkeypatch.setattr(hosts.current(), "schedule_rows", lambda site: rows)
    (note,) = section("scheduler", "--site", SITE)["findings"]
    assert note["level"] == "note"
    assert note["text"] == (
        f"stopped in Scheduled Job Type, and not scheduled: myapp.tasks.b of site {SITE}"
    )


def test_a_site_that_is_gone_a_cache_that_is_away_and_a_frappe_of_another_count(
    project: Project, store: JobStore
) -> None:
    enqueued(store, site="gone.localhost")
    project.configure(redis_cache=f"redis://127.0.0.1:{free_port()}")
    project.write("apps/frappe/frappe/__init__.py", '__version__ = "2.1.3"\n')
    settings.use(None)
    with inside(project):
        (gone,) = [text for text in texts(section("queues"), "problem") if "gone" in text]
        assert gone == "1 job waiting of site gone.localhost, which has no folder here"
        (cache,) = [text for text in texts(section("broker"), "problem") if "frappe.cache" in text]
        assert "does not answer" in cache
        assert any(
            "calls itself version 2, which is none that is known: it is taken for 14" in text
            for text in texts(section("configuration"), "warning")
        )
        project.configure(frappe_version=14)
        settings.use(None)
        assert "calls itself" not in str(texts(section("configuration"), "warning"))


def test_a_quota_that_is_reached_and_a_clock_that_is_wrong(
    project: Project, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.configure(frappe_version=16)
    project.write(f"sites/{SITE}/site_config.json", '{"max_queued_jobs": 1}')
    settings.use(None)
    for _ in range(51):
        enqueued(store)
    (full,) = [text for text in texts(section("queues"), "problem") if "no more jobs" in text]
    assert full.startswith(f"no more jobs of site {SITE} are taken into queue default: 51 wait")
    Limits(store).pause("queue:default")
    assert "it is paused" in str(section("queues")["findings"])
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 60)
    (clock,) = [text for text in texts(section("broker"), "warning") if "clock" in text]
    assert "s ahead of the Redis server's" in clock


WRONG_CLOCK = """
    import os, socket, time

    if "AHEAD" in os.environ:
        real = time.time
        time.time = lambda: real() + float(os.environ["AHEAD"])
        here = os.environ.get("MACHINE", "elsewhere")
        socket.gethostname = lambda: here
"""


@pytest.mark.parametrize("ahead", [600, -600])
def test_another_machine_whose_clock_is_wrong_is_named(
    project: Project, store: JobStore, ahead: int
) -> None:
    project.write("sitecustomize.py", WRONG_CLOCK)
    code = "from frappe_celery.enqueue_shim import enqueue; enqueue('myapp.core.record')"
    project.python(code)
    assert not texts(section("broker"), "warning")
    project.python(code, AHEAD=str(ahead))
    (clock,) = texts(section("broker"), "warning")
    which = "ahead of" if ahead > 0 else "behind"
    assert re.match(rf"the clock of elsewhere is (599|600) s {which} the Redis server's: ", clock)


def test_a_process_on_this_machine_with_a_clock_of_its_own_is_named(
    project: Project, store: JobStore
) -> None:
    project.write("sitecustomize.py", WRONG_CLOCK)
    code = "from frappe_celery.enqueue_shim import enqueue; enqueue('myapp.core.record')"
    project.python(code, AHEAD="600", MACHINE=socket.gethostname())
    (clock,) = texts(section("broker"), "warning")
    assert clock.startswith("the clock of a process on this machine is ")


@pytest.mark.parametrize("ahead", ["600", "-600"])
def test_a_worker_whose_clock_is_wrong_is_seen_and_drives_no_other_out(
    project: Project, store: JobStore, ahead: str
) -> None:
    project.write("sitecustomize.py", WRONG_CLOCK)
    worker(project)
    project.worker(AHEAD=ahead)
    names = {one.name.partition("@")[2] for one in store.workers.all()}
    assert len(names) == len(store.workers.all()) == 2
    assert "elsewhere" in names
    (clock,) = texts(section("broker"), "warning")
    assert re.match(r"the clock of elsewhere is (599|600) s", clock)


def test_mails_that_no_server_takes_and_logs_that_cannot_be_written(
    project: Project, store: JobStore
) -> None:
    store.client.lpush(f"{store.keys.prefix}mail:outbox", "letter")
    assert not texts(section("failures of the last hour"), "warning")
    store.client.hset(f"{store.keys.prefix}mail:retry", "tries", 1)
    (mails,) = texts(section("failures of the last hour"), "warning")
    assert mails == "1 failure mail could not be delivered to everybody yet"
    (project.root / "logs" / "scheduler.log").mkdir(parents=True)
    (closed,) = texts(section("configuration"), "problem")
    assert closed.endswith("scheduler.log is not ours to write")
    store.client.delete(f"{store.keys.prefix}mail:outbox")  # what is sent is elsewhere meanwhile
    assert "failure mails could not be delivered" in str(
        texts(section("failures of the last hour"), "warning")
    )


def test_a_disk_that_is_full_is_told(project: Project, store: JobStore) -> None:
    logs = project.root / "logs"
    logs.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "full", str(logs)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        with suppress(OSError), (logs / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        (full,) = texts(section("configuration"), "problem")
        assert full == f"nobody can write what happens: the disk of {logs} is full"
    finally:
        subprocess.run(["umount", str(logs)], check=True)


def test_with_a_full_redis_it_cannot_be_told_which_workers_run(
    project: Project, own_redis: RedisServer
) -> None:
    project.configure(redis_queue=own_redis.url)
    settings.use(None)
    with inside(project) as store:
        enqueued(store)
        assert take(store)
        (consumer,) = store.client.zrange(store.keys.consumers, 0, -1)
        store.client.zadd(store.keys.consumers, {consumer: time.time() - 60})
        store.client.config_set("maxmemory", store.client.info("memory")["used_memory"] - 1000)
        workers = section("workers")
        assert not texts(workers, "problem")
        assert not texts(workers, "warning"), "nobody can give a sign of life"
        assert overview.look(store, None, [])["unknown"] == "the Redis is full"
        assert texts(workers, "note") == [
            "which workers run cannot be told while the Redis is full: they wait for it"
        ]


def test_the_page_goes_by_the_configuration_as_it_stands(project: Project, store: JobStore) -> None:
    """Its process may be older."""
    project.configure(celery_error_emails={"nonsense": 1})
    assert any(found.text.startswith("no failure is mailed") for found in at_a_glance(store))
    broken = project.write(f"sites/{OTHER}/site_config.json", '{"pause_scheduler": ')
    for told in (at_a_glance(store), at_a_glance(store, OTHER)):
        (text,) = [found.text for found in told if f"site {OTHER} cannot be read" in found.text]
        assert f"{broken}, line 1" in text
    assert not at_a_glance(store, SITE)


def test_mails_that_cannot_come_and_apps_that_are_not_there_are_problems(project: Project) -> None:
    project.configure(
        celery_error_emails={"nonsense": 1}, apps=["myapp", "gone"], job_modules=["gone.too"]
    )
    settings.use(None)
    found = texts(section("configuration"), "problem")
    assert [text.partition(";")[0] for text in found] == [
        "no failure is mailed: celery_error_emails.nonsense is not known",
        "apps names gone, which is no package here",
        "job_modules names gone.too, which is no package here",
    ]


def test_a_broken_site_does_not_hide_the_others(project: Project, store: JobStore) -> None:
    project.write(f"sites/{OTHER}/site_config.json", '{"pause_scheduler": ')
    found = section("scheduler")
    assert [row["state"] for row in found["rows"] if row.get("site") == SITE] == ["scheduled"]
    (text,) = [text for text in texts(found, "problem") if OTHER in text]
    assert "site_config.json" in text


def test_a_scheduler_that_is_late_is_a_warning(store: JobStore) -> None:
    lead(store, lag=1.5)
    assert not section("scheduler")["findings"]
    lead(store, lag=40)
    assert texts(section("scheduler"), "warning") == ["the scheduler host.1 is 40 s late"]


def test_what_the_scheduler_cannot_read_is_a_problem(store: JobStore) -> None:
    lead(store)
    why = "AttributeError: 'str' object has no attribute 'replace'"
    signs = LeaderHeartbeat(store, "host.1", lambda: {SITE: why})
    signs.beat(Agenda(), datetime.now(timezone.utc))
    assert texts(section("scheduler"), "problem") == [
        f"the scheduler host.1 cannot read the schedule of site {SITE}: {why}"
    ]


def test_a_database_that_is_away_is_one_problem(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_connect(site: str) -> str:
        raise OSError("cannot connect")

    lead(store)
    signs = LeaderHeartbeat(store, "host.1", lambda: {SITE: "cannot connect"})
    signs.beat(Agenda(), datetime.now(timezone.utc))
    monkeypatch.setattr(hosts.current(), "scheduling_off", cannot_connect)
    begin_silence(store, SITE)
    found = read("doctor", "--site", SITE, code=2)["sections"]
    assert found["scheduler"]["rows"][0]["state"] == "cannot be read: OSError: cannot connect"
    assert not found["scheduler"]["findings"]
    assert len(texts(found["databases"], "problem")) == 1


def test_an_outage_of_a_site_that_is_gone_is_told_as_alerts_tell_it(store: JobStore) -> None:
    """With `--site` only what is that site's: no outage, folder or quota of another."""
    enqueued(store, site="gone.localhost")
    begin_silence(store, "gone.localhost")
    assert [one.alert for one in look(store) if one.of] == ["DatabaseAway"]
    (away,) = texts(section("databases"), "problem")
    assert "database of site gone.localhost has been away" in away
    of_a_site = read("doctor", "--site", SITE, code=2)["sections"]
    assert "gone.localhost" not in json.dumps(of_a_site)


def test_jobs_in_the_hands_of_dead_workers_are_counted(store: JobStore) -> None:
    line = store.waiting_list(SITE, "default")
    for consumer, ago in (("dead", 100), ("died too", 100), ("idle and dead", 100), ("alive", 1)):
        store.client.zadd(store.keys.consumers, {consumer: time.time() - ago})
        if "idle" not in consumer:
            held = {"job": f"{line}\n{enqueued(store).run_id}", "task": f'{line}\n{{"body": ""}}'}
            store.client.hset(store.keys.in_flight(consumer), mapping=held)
    assert texts(section("workers"), "warning") == ["2 jobs in the hands of 2 workers that died"]


# -- queues


def test_pending_jobs_by_queue_and_method(store: JobStore) -> None:
    for number in range(3):
        enqueued(store, method="myapp.a", queue="short", enqueued_at=time.time() - 50 + number)
    enqueued(store, method="myapp.b", queue="short")
    enqueued(store, method="myapp.c", queue="long", site=OTHER)
    rows = {row["queue"]: row for row in section("queues")["rows"]}
    assert (rows["short"]["queued"], rows["short"]["methods"]) == (4, {"myapp.a": 3, "myapp.b": 1})
    assert 49 < rows["short"]["oldest_waits_seconds"] < 50 + HANG_SECONDS
    assert rows["long"]["queued"] == 1
    assert [row["queue"] for row in section("queues", "--site", OTHER)["rows"]] == ["long"]
    assert "myapp.a: 3" in run("doctor", code=2).output


def test_a_queue_without_a_worker_and_one_that_is_slow(project: Project, store: JobStore) -> None:
    worker(project, "-Q", "long")
    enqueued(store, queue="short")
    (text,) = texts(section("queues"), "problem")
    assert text.startswith("1 job waiting in queue short, and no worker")
    # a job that is older than any may run; its record lies, so that no worker takes it
    key = store.keys.index(f"{SITE}|long", "queued")
    store.client.zadd(key, {"no such run": time.time() - 2000})
    store.client.sadd(store.keys.places, f"{SITE}|long")
    (text,) = texts(section("queues"), "warning")
    assert text.startswith("a job in queue long has waited for 2,0")


def test_what_is_not_kept_back_is_seen_behind_many_that_are(store: JobStore) -> None:
    from frappe_celery.jobs.limits.rules import Limits
    from frappe_celery.watch.doctor import queues

    Limits(store).pause("method:myapp.tasks.flood")
    for _ in range(3):
        enqueued(store, method="myapp.tasks.flood", enqueued_at=time.time() - 9000)
    assert take(store) is None
    enqueued(store, enqueued_at=time.time() - 2000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queues, "LOOKED_AT", 2)
        (text,) = texts(section("queues"), "problem")
    assert "no worker takes jobs from it" in text


def test_open_batches_are_counted_and_those_that_were_never_whole_are_named(
    store: JobStore,
) -> None:
    made("Close 2026", OTHER)
    dead, silent, old = made("Import"), made("Export"), made("Last week")
    now = store.now()
    for b, ago in ((dead, 70), (silent, 300), (old, 70)):
        told = {"status": "making", "alive_at": now - ago}
        store.client.hset(store.keys.batch(b.id), mapping=told)
    store.run_script("tend", (), store.keys.prefix, dead.id, "0")
    batch_state.tend(store, math.inf)
    store.client.hset(store.keys.batch(old.id), "ended_at", now - 90_000)
    canceled = (
        "2 batches canceled in the last day, with the reason 'its maker ended before all of it was"
        " enqueued':"
    )
    found = section("queues")
    assert texts(found, "note") == ["1 open batch"]
    (text,) = texts(found, "warning")
    assert text == f"{canceled} Export ({silent.id}), Import ({dead.id})"
    assert text in [each.text for each in at_a_glance(store)]
    assert "1 open batch" in run("doctor", "--site", OTHER, code=2).output
    told = {"status": "making", "alive_at": now - 300}
    store.client.hset(store.keys.batch(silent.id), mapping=told)
    store.client.hdel(store.keys.batch(silent.id), "ended_at")
    found = section("queues", "--site", SITE)
    assert texts(found, "note") == ["1 open batch"]
    assert texts(found, "warning")[0] == (
        "1 batch not enqueued whole, and for two minutes nothing was heard of who enqueues:"
        f" Export ({silent.id})"
    )
    assert texts(found, "warning")[1].startswith("1 batch canceled in the last day")


def test_a_worker_with_older_code(project: Project, store: JobStore) -> None:
    first = worker(project)
    assert section("workers")["findings"] == []
    project.write("myapp/core.py", "NEW = True\n")
    (text,) = texts(section("workers"), "warning")
    assert "w0@" in text
    assert "myapp/core.py was changed" in text
    first.stop()
    worker(project)
    assert section("workers")["findings"] == []


def test_a_worker_that_is_older_than_the_configuration(project: Project, store: JobStore) -> None:
    worker(project)
    assert section("workers")["findings"] == []
    project.configure(
        developer_mode=1, frappe_celery_alerts=[]
    )  # Frappe's own, and what is read anew
    project.configure(max_queued_jobs=7, rq_results_ttl=70)

    def told() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = section("workers")["findings"]
        return found

    (found,) = wait_until(told, what="the worker has told it")
    changed = "rq_results_ttl, max_queued_jobs"
    assert f" is older than the configuration, where {changed} changed since" in found["text"]
    assert found["advice"].endswith("frappe-celery workers restart")


def test_a_scheduler_that_is_older_than_the_configuration(
    project: Project, store: JobStore
) -> None:
    project.beat()
    wait_until(lambda: section("scheduler")["rows"][-1]["leader"], what="it leads")
    assert not texts(section("scheduler"), "warning")
    project.configure(rq_results_ttl=70)
    (told,) = wait_until(lambda: texts(section("scheduler"), "warning"), what="beat has told it")
    assert " is older than the configuration, where rq_results_ttl changed since it began" in told


# -- failures


def test_failing_methods_of_the_last_hour(store: JobStore) -> None:
    for number in range(3):
        failed(store, error=f"ValueError: number {number}", method="myapp.often")
    old = failed(store, method="myapp.long_ago")
    key = store.keys.index(f"{SITE}|default", "failed")
    store.client.zadd(key, {old.run_id: time.time() - 4000})
    failed(store, error="OSError: http://u:sesame@host", method="myapp.other", site=OTHER)
    found = section("failures of the last hour")
    assert {row["method"]: row["failed"] for row in found["rows"]} == {
        "myapp.often": 3,
        "myapp.other": 1,
    }
    assert found["rows"][0]["error"] == "ValueError: number 2"
    assert "sesame" not in str(found)
    assert texts(found, "warning") == ["4 jobs failed in the last hour"]
    here = section("failures of the last hour", "--site", SITE)
    assert texts(here, "warning") == ["3 jobs failed in the last hour"]


def test_of_many_failures_the_methods_are_told_of_the_newest_of_each_place(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "LOOKED_AT", 20)
    for _ in range(36):
        failed(store, method="myapp.often")
    for queue in ("short", "long"):
        for _ in range(2):
            failed(store, method="myapp.other", queue=queue)
    found = section("failures of the last hour")
    assert {row["method"]: row["failed"] for row in found["rows"]} == {
        "myapp.often": 18,
        "myapp.other": 2,
    }
    text = "40 jobs failed in the last hour; of the newest 20 the methods are told"
    assert texts(found, "warning") == [text]
    page = overview.look(store, SITE, [])
    assert (page["jobs"].failed_lately, page["failing_of"]) == (40, 20)


def test_attempts_that_are_run_again_are_told_apart(project: Project, store: JobStore) -> None:
    """They failed, and the job may yet succeed."""
    retry = Retry(max=1, delay=600)
    options(retry=retry).enqueue("myapp.core.fail")
    worker(project)

    def told() -> Any:
        found = section("failures of the last hour")
        return found if found["rows"] else None

    found = wait_until(told, 20, "doctor tells of it")
    (row,) = found["rows"]
    assert (row["failed"], row["run_again"]) == (0, 1)
    assert row["error"] == "ValueError: broken on purpose"
    text = "1 attempt (run again) failed in the last hour"
    assert (texts(found, "note"), texts(found, "warning")) == ([text], [])


def test_failures_that_frappe_catches_are_told_too(project: Project, store: JobStore) -> None:
    """A scheduled method raises, its job ends as finished: only the Scheduled Job Log says so."""
    cron = '{"cron": {"* * * * * *": ["myapp.core.fail"]}}'
    project.write("myapp/hooks.py", f"app_name = 'myapp'\nscheduler_events = {cron}\n")
    project.write(f"sites/{OTHER}/site_config.json", '{"pause_scheduler": 1}')
    worker(project)
    project.beat()

    def told() -> Any:
        found = read("doctor", "--site", SITE, code=1)["sections"]["failures of the last hour"]
        return found if found["rows"] else None

    (row,) = wait_until(told, 20, "doctor tells of it")["rows"]
    assert row["scheduled method or queued action"] == "myapp.core.fail"
    assert row["error"] == "ValueError: broken on purpose"
    assert row["failed"] >= 1
    assert not section("failures of the last hour", "--site", OTHER, code=0)["rows"]


def test_refused_messages_are_a_warning(store: JobStore) -> None:
    store.refuse("short", "run", "the signature is missing or wrong")
    (text,) = texts(section("failures of the last hour"), "warning")
    assert "signature" in text


# -- the broker


@pytest.fixture
def own(project: Project, own_redis: RedisServer) -> Iterator[JobStore]:
    project.configure(redis_queue=own_redis.url)
    with inside(project) as store:
        yield store


def set_(store: JobStore, **options: Any) -> None:
    for name, value in options.items():
        store.client.config_set(name.replace("_", "-"), value)


def broker(level: str) -> list[str]:
    return texts(section("broker"), level)


def test_what_the_broker_guarantees(own: JobStore) -> None:
    assert section("broker")["findings"] == []  # appendfsync always
    assert section("broker")["rows"][0]["visibility_timeout"].startswith("none")
    set_(own, appendfsync="everysec")
    assert broker("note")[0].startswith("appendfsync is everysec")
    set_(own, appendfsync="no")
    assert "last half minute" in broker("warning")[0]
    set_(own, appendfsync="always", maxmemory_policy="allkeys-lru")
    assert broker("note")[0].startswith("maxmemory-policy is allkeys-lru; without maxmemory")
    set_(own, maxmemory="1gb")
    assert "jobs that wait vanish" in broker("problem")[0]
    set_(own, maxmemory_policy="volatile-lru")
    assert "records of ended jobs vanish" in broker("warning")[0]
    used = own.client.info("memory")["used_memory"]
    set_(own, maxmemory_policy="noeviction", maxmemory=int(used * 1.05))
    assert "of maxmemory is used" in broker("warning")[0]
    set_(own, maxmemory=0, appendonly="no", save="3600 1")
    assert "snapshots only" in broker("warning")[0]
    set_(own, save="")
    assert "every job that waits is lost" in broker("warning")[0]


def test_replicas(project: Project, own: JobStore, redis_server: RedisServer) -> None:
    replica = Redis(port=redis_server.port)
    port = own.client.connection_pool.connection_kwargs["port"]
    replica.replicaof("127.0.0.1", port)
    try:
        wait_until(lambda: own.client.info("replication")["connected_slaves"] == 1, 20)
        assert "asynchronously" in broker("warning")[0]
        wait_until(lambda: replica.info("replication")["master_link_status"] == "up", 20)
        project.configure(redis_queue=redis_server.url)
        with inside(project):
            assert "it is a replica" in run("doctor", code=2).output
    finally:
        replica.replicaof("no", "one")
        replica.flushall()


def test_a_rabbitmq_that_is_away(project: Project, store: JobStore) -> None:
    project.configure(broker_url=f"amqp://someone:sesame@127.0.0.1:{free_port()}//")
    with inside(project) as ours:
        enqueued(ours)
        assert "the RabbitMQ at amqp://***@127.0.0.1" in broker("problem")[0]
        assert broker("warning") == ["1 job that RabbitMQ has not confirmed"]
        output = run("doctor", code=2).output
        assert "sesame" not in output
        assert "no worker" not in output
        assert "cannot be told while RabbitMQ is away" in output
        (page, *_) = overview.look(ours, None, [])["findings"]
        assert "the RabbitMQ at amqp://***@127.0.0.1" in page.text
        assert page.advice == "jobs are taken meanwhile, and wait in the Redis until it is back"


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_what_rabbitmq_guarantees(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer
) -> None:
    def said(level: str) -> list[str]:
        return texts(section("broker"), level)

    assert section("broker")["rows"][1]["server"].startswith("RabbitMQ 4")
    assert (said("problem"), said("warning")) == ([], [])
    name = f"{store.keys.prefix}short"
    with Connection(rabbitmq_server.url) as connection:
        channel = connection.default_channel
        channel.queue_delete(name)
        channel.queue_declare(name, durable=True, auto_delete=False)
        assert said("problem") == [
            f"the queue {name} is not the quorum queue that jobs are safe in"
        ]
        channel.queue_delete(name)
    rabbitmq_server.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        (problem,) = wait_until(lambda: said("problem"), what="its memory is full")
        assert problem.startswith("RabbitMQ answers, and takes no message")
    finally:
        rabbitmq_server.ctl("set_vm_memory_high_watermark", "0.6")
    wait_until(lambda: not said("problem"), what="it takes messages again")


# -- no broker


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--site", SITE)])
def test_a_broker_that_is_away_is_said_soon(
    project: Project, own_redis: RedisServer, arguments: tuple[str, ...]
) -> None:
    url = own_redis.url.replace("redis://", "redis://someone:sesame@")
    project.configure(redis_queue=url)
    own_redis.pause() if "--site" in arguments else own_redis.stop()
    with inside(project):
        began = time.monotonic()
        output = run("doctor", *arguments, code=2).output
        assert time.monotonic() - began < HANG_SECONDS
    own_redis.resume()
    assert f"***@127.0.0.1:{own_redis.port}" in output
    assert "does not answer" in output
    assert "sesame" not in output
