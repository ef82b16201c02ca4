"""Every process of a bench enqueues to Celery once it is switched on, and to RQ once it is off."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from http.cookiejar import CookieJar

import pytest

from tests.bench.bench import Bench
from tests.servers import free_port
from tests.waiting import wait_until

WHERE_IT_WAITS = "answer = type(frappe.enqueue('frappe.ping')).__module__"
EVENT = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.execute_event"


def test_a_script_that_bound_its_names_early(bench: Bench) -> None:
    answer = bench.ask(
        """
        import rq, rq.job
        from frappe.utils.background_jobs import enqueue, get_redis_conn, is_job_enqueued
        from rq import Queue, Worker, get_current_job
        from rq.registry import FailedJobRegistry
        from frappe.utils.background_jobs import generate_qname
        job = enqueue("frappe.ping", job_id="early")
        own = rq.Queue("an-apps-own-queue", connection=get_redis_conn())
        answer = [is_job_enqueued("early"), rq.job.Job.fetch(job.id, get_redis_conn()) == job,
                  Queue(generate_qname("default"), connection=get_redis_conn()).count,
                  FailedJobRegistry(generate_qname("short"), get_redis_conn()).__module__,
                  type(own).__module__, own.count]
        """
    )
    assert answer == [True, True, 1, "frappe_celery.hosts.bench.registry", "rq.queue", 0]


def test_modules_imported_before_the_switch_acts(bench: Bench) -> None:
    bench.logs.mkdir(parents=True, exist_ok=True)
    (bench.logs / "fc_early.py").write_text("from rq import Queue\nfrom rq.job import Job\n")
    script = f"""
import sys; sys.path.insert(0, {str(bench.logs)!r})
import fc_early
before = fc_early.Queue.__module__
import frappe.utils.background_jobs
print(before, fc_early.Queue.__module__, fc_early.Job.__module__)
"""
    output = bench.run("python", "-c", script)
    assert output.split() == [
        "rq.queue",
        "frappe_celery.hosts.bench.queue",
        "frappe_celery.hosts.bench.rq_job",
    ]


def test_a_plain_script(bench: Bench, site: str) -> None:
    assert bench.ask(WHERE_IT_WAITS, site) == "frappe_celery.hosts.bench.rq_job"


def test_bench_execute_and_console(bench: Bench, site: str) -> None:
    bench.frappe("--site", site, "execute", "frappe.utils.background_jobs.enqueue_test_job")
    console = bench.start(
        "python", "-c",
        "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-m',"
        " 'frappe.utils.bench_helper', 'frappe', '--site', sys.argv[1], 'console'],"
        " input=b'frappe.enqueue(\"frappe.ping\")\\n').returncode)",
        site,
    )  # fmt: skip
    console.wait(60)
    count = (
        "from frappe.utils.background_jobs import get_queue; answer = get_queue('default').count"
    )
    assert bench.ask(count) == 2, console.output()


@pytest.mark.parametrize("preload", [[], ["--preload"]])
def test_the_web_server(bench: Bench, site: str, preload: list[str]) -> None:
    port = free_port()
    options = ["-b", f"127.0.0.1:{port}", "-w", "1", "-t", "60", *preload]
    web = bench.start("gunicorn", *options, "frappe.app:application")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def call(method: str, **arguments: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/method/{method}",
            json.dumps(arguments).encode(),
            {"Host": site, "Content-Type": "application/json"},
        )
        return str(opener.open(request, timeout=60).read())

    wait_until(lambda: "Booting worker" in web.output(), 60)
    wait_until(lambda: "pong" in call("ping"), 60)
    doc = bench.ask(
        """
        row = frappe.get_all("Scheduled Job Type", {"method": "frappe.oauth.delete_oauth2_data"})[0]
        answer = json.dumps({"name": row.name})
        """,
        site,
    )
    bench.ask(
        """
        from frappe.utils.password import update_password
        update_password("Administrator", "admin")
        """,
        site,
    )
    call("login", usr="Administrator", pwd="admin")
    call(EVENT, doc=doc)
    jobs = bench.ask(
        "from frappe.utils.background_jobs import get_jobs; answer = get_jobs(key='job_type')",
        site,
    )
    assert jobs == {site: ["frappe.oauth.delete_oauth2_data"]}


@pytest.mark.parametrize("command", ["worker", "celery-worker"])
def test_a_worker_in_burst_mode_runs_what_waits(bench: Bench, site: str, command: str) -> None:
    label = uuid.uuid4().hex
    bench.ask(f"frappe.enqueue(fc_probe.write, label={label!r}, queue='long')", site)
    output = bench.frappe(command, "--queue", "short,long", "--burst")
    assert "quitting" in output
    assert bench.ask(f"answer = written({label!r})", site) == [f"{label}|{site}|Administrator"]


def test_what_is_wrong_with_a_bench_command_is_a_sentence(
    bench: Bench, app_on_one_site: None
) -> None:
    helper = ("-m", "frappe.utils.bench_helper", "frappe")
    worker = bench.start("python", *helper, "celery-worker", "--queue", "nonsense")
    assert worker.wait(60) == 1
    assert "Queue should be one of short, default, long" in worker.output()
    assert "Traceback" not in worker.output()


def test_bench_schedule_refuses_and_names_beat(bench: Bench) -> None:
    schedule = bench.start("python", "-m", "frappe.utils.bench_helper", "frappe", "schedule")
    assert schedule.wait(60) == 1
    assert "frappe-celery beat" in schedule.output()


def test_a_job_that_a_killed_worker_ran_has_failed(bench: Bench) -> None:
    worker = bench.worker(1)
    job_id = bench.ask(
        """
        job = frappe.enqueue(fc_probe.sleep, seconds=60)
        until(lambda: job.is_started)
        answer = job.id
        """
    )
    worker.kill()
    bench.worker(1)
    assert bench.ask(
        f"""
        from frappe.utils.background_jobs import Job, get_redis_conn
        job = Job.fetch({job_id!r}, get_redis_conn())
        ended(job)
        answer = [job.get_status(), job.exc_info.split(":")[0]]
        """
    ) == ["failed", "AbandonedJobError"]


EACH = 9
"""Jobs of a queue and a site that wait: with three sites more than the 20 that are named."""
WAITING = """
for queue in ("short", "default", "long"):
    for n in range({each}):
        name = f"{label}-{{queue}}-{{n}}"
        frappe.enqueue(fc_probe.write, queue=queue, label=name, job_id=name, at_front=n == 3,
                       enqueue_after_commit=bool(n % 2))
"""


@pytest.mark.timeout(400)
def test_off_and_on_again_with_jobs_waiting(bench: Bench, no_job_left: None) -> None:
    label = uuid.uuid4().hex
    purge = "from frappe.utils.doctor import purge_pending_jobs; purge_pending_jobs()"
    bench.ask(purge, FRAPPE_CELERY_ENABLED="false")  # what others left in RQ

    def enqueue(system: str) -> set[str]:
        """Jobs that wait on every site, now or after the commit; their ids."""
        for site in bench.sites:
            bench.ask(WAITING.format(label=f"{label}-{system}", each=EACH), site)
        return {
            f"{site}{bench.id_mark}{label}-{system}-{queue}-{n}"
            for site in bench.sites
            for queue in ("short", "default", "long")
            for n in range(EACH)
        }

    def ran(site: str, system: str) -> list[str]:
        lines: list[str] = bench.ask(f"answer = written('{label}-{system}')", site)
        return sorted(line.removesuffix(f"|{site}|Administrator") for line in lines)

    def expected(ids: set[str], site: str) -> list[str]:
        return sorted(i.partition(bench.id_mark)[2] for i in ids if i.startswith(site))

    def named(output: str, ids: set[str]) -> None:
        shown = sum(job_id in output for job_id in ids)
        more = sum(map(int, re.findall(r"and (\d+) more", output)))
        assert (shown, more) == (3 * 20, len(ids) - 3 * 20), output

    try:
        assert bench.ask(WHERE_IT_WAITS) == "frappe_celery.hosts.bench.rq_job"
        bench.ask("from frappe.utils.doctor import purge_pending_jobs; purge_pending_jobs()")
        in_celery = enqueue("celery")
        off = bench.run("frappe-celery", "disable")
        named(off, in_celery)
        assert "frappe-celery switch move --to rq" in off
        assert bench.ask(WHERE_IT_WAITS) == "rq.job"
        bench.ask(purge, FRAPPE_CELERY_ENABLED="false")
        in_rq = enqueue("rq")

        moved = bench.run("frappe-celery", "move", "--to", "rq")
        assert f"Moved from Celery: {len(in_celery)} waiting" in moved
        bench.frappe("worker", "--burst")
        for site in bench.sites:
            assert ran(site, "celery") == expected(in_celery, site)
            assert ran(site, "rq") == expected(in_rq, site)

        in_rq = enqueue("again")
        on = bench.run("frappe-celery", "enable")
        named(on, in_rq)
        assert "frappe-celery switch move" in on
        one = f"{label}-again-long-{EACH - 1}"
        twice = f"answer = frappe.enqueue('frappe.ping', job_id='{one}', deduplicate=True)"
        if not bench.is_14:  # which has no deduplicate
            assert bench.ask(twice) is None, "one waits in RQ"
        moved = bench.run("frappe-celery", "move", "--trust-pickles")
        assert f"Moved from RQ: {len(in_rq)} waiting" in moved
        if not bench.is_14:
            assert bench.ask(twice) is None, "one waits in Celery"
        bench.run("frappe-celery", "worker", "--burst", "-c", "1")
        for site in bench.sites:
            assert ran(site, "again") == expected(in_rq, site)
            assert ran(site, "celery") == expected(in_celery, site)
        assert "No job waits in RQ's queues" in bench.run("frappe-celery", "enable")
    finally:
        bench.run("frappe-celery", "enable")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("FRAPPE_CELERY_REDIS_QUEUE", "redis://127.0.0.1:1", "does not answer"),
        ("FRAPPE_CELERY_REDIS_QUEUE", "null", "redis_queue"),
        ("FRAPPE_BENCH_ROOT", "/tmp", "is no bench"),
    ],
)
def test_enable_refuses_where_it_cannot_work_and_changes_nothing(
    bench: Bench, variable: str, value: str, reason: str
) -> None:
    try:
        bench.run("frappe-celery", "disable")
        before = bench.config
        process = bench.start("frappe-celery", "enable", **{variable: value})
        assert process.wait(60) == 1
        assert reason in process.output()
        assert bench.config == before
        assert bench.ask(WHERE_IT_WAITS) == "rq.job"
    finally:
        bench.run("frappe-celery", "enable")
