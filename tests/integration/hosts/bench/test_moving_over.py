"""An armed bench moves over piece by piece, and back: `enable`, `disable`, process files."""

from __future__ import annotations

import json
import time

import redis

from tests.integration.hosts.bench.conftest import BEGIN
from tests.integration.hosts.bench.switching import UNSEEN, Armed, Switch, forever
from tests.waiting import wait_until


def test_enable_moves_what_waits_and_disable_brings_it_back(
    armed: Armed, client: redis.Redis
) -> None:
    armed.ask("enqueue(job_id='one'); enqueue('short', job_id='other')")
    output = armed.go("enable", "--queue", "long")
    assert "Jobs of queue long go to Celery now." in output
    assert "Moved from RQ: 1 waiting (long 1)" in output
    assert (armed.in_rq(client, "long"), armed.in_rq(client, "short")) == ([], ["site1::other"])
    waiting = "answer = [job.id for job in background_jobs.get_queue('long').get_jobs()]"
    assert armed.ask(waiting) == ["site1::one"]

    output = armed.go("disable", "--queue", "long")
    assert "Moved from Celery: 1 waiting (long 1)" in output
    assert armed.in_rq(client, "long") == ["site1::one"]


def test_a_job_whose_rq_worker_is_gone_is_told_apart_from_what_runs(
    armed: Armed, client: redis.Redis
) -> None:
    """RQ scores what runs by until when its worker's last sign of life counts."""
    running = f"rq:wip:{armed.bench.id}:long"
    now = time.time()
    client.zadd(running, {"site1::runs": now + 90, "site1::a": now - 9, "site1||b:12ef": now - 9})
    for command in (("enable", "--queue", "long"), ("enable", "--settle")):
        output = armed.go(*command)
        assert "Left to RQ's workers: 1 running\n" in output
        gone = "Left to RQ's workers: 2 that ran, and their worker is gone: site1::a, site1||b\n"
        assert gone in output
        assert "a worker of RQ's lets them fail within ten minutes; where none runs any" in output


def test_open_batches_stay_and_are_named(armed: Armed, client: redis.Redis) -> None:
    armed.go("enable")
    batch_id = armed.ask(
        """
        import frappe_celery
        with frappe_celery.batch("Close 2026") as b:
            b.enqueue("fixture_app.tasks.write", queue="long", job_id="one")
        frappe.db.commit()
        answer = b.id
        """
    )
    output = armed.go("disable")
    assert f"Left to Celery's workers: 1 open batch: Close 2026 ({batch_id})\n" in output
    assert "Stays in Celery, since a batch counts it, which RQ would not know: site1::one" in output
    assert armed.in_rq(client, "long") == []


def test_one_site_first(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='one')")
    assert "Moved from RQ: 0 waiting" in armed.go("enable", "--site", "site2")
    assert armed.ask("answer = system_of(enqueue(job_id='two'))") == "rq"
    assert "Moved from RQ: 2 waiting (long 2)" in armed.go("enable", "--site", "site1")
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"


def test_all_of_it_with_the_schedule_and_back_to_stock(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='one')")
    assert "Beat has the schedule now." in armed.go("enable")
    assert armed.ask("answer = system_of(enqueue(job_id='two'))") == "frappe_celery"
    assert "Moved from Celery: 2 waiting (long 2)" in armed.go("disable")
    assert armed.ask("answer = system_of(enqueue(job_id='three'))") == "rq", "and still armed"
    armed.go("disable", "--settle")
    config, files = armed.switch.state()
    assert (files, "frappe_celery_routes" in config) == ([], False)
    assert armed.in_rq(client, "long") == ["site1::one", "site1::two", "site1::three"]
    assert armed.switch.run("enable")[0] == 0
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery", "no route of then holds"


def test_settled_on_celery_it_is_as_if_it_had_been_switched_at_once(armed: Armed) -> None:
    armed.go("enable", "--settle")
    config, files = armed.switch.state()
    assert (len(files), config["frappe_celery_enabled"]) == (2, True)
    assert "frappe_celery_routes" not in config
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"
    code, output = armed.switch.run("disable", "--queue", "long")
    assert (code, "not armed" in output) == (1, True), output
    code, output = armed.switch.run("enable", "--armed")
    assert (code, "From settled back" in output) == (0, True), output


def test_in_supervisors_file_celerys_are_a_group_of_their_own(armed: Armed) -> None:
    """Else `supervisorctl update` would stop RQ's workers until their jobs have ended.

    It stops before it starts: what is to be started is named, and updated first.
    """
    theirs = (
        "[program:bench-frappe-long-worker]\ncommand=bench worker --queue long\n\n"
        "[group:bench-workers]\nprograms=bench-frappe-long-worker\n"
    )
    armed.bench.write("config/supervisor.conf", theirs)
    path = armed.bench.root / "config/supervisor.conf"
    for _ in range(2):
        code, output = armed.switch.run("setup", "supervisor", "--yes")
        assert (code, "supervisorctl update bench-celery-workers\n" in output) == (0, True), output
        assert "supervisorctl update\n" not in output, "it would restart RQ's"
        assert path.read_text().startswith(theirs)
        assert (
            "[group:bench-celery-workers]\nprograms=bench-frappe-celery-schedule,"
            in path.read_text()
        )
    assert "frappe-celery setup supervisor --yes\n" in armed.switch.run("enable", "--settle")[1]
    code, output = armed.switch.run("setup", "supervisor", "--yes")
    assert (code, "supervisorctl update bench-workers\n" in output) == (0, True), output
    assert "celery-workers" not in path.read_text()
    assert "bench worker" not in path.read_text()


def test_a_failed_job_that_stays_is_no_reason_not_to_settle(
    armed: Armed, client: redis.Redis
) -> None:
    code = "enqueue(job_id='x'); frappe.db.commit()"
    armed.ask(code)
    client.hset("rq:job:site1::x", mapping={"status": "failed", "data": b"unreadable"})
    client.delete(f"rq:queue:{armed.bench.id}:long")
    client.zadd(f"rq:failed:{armed.bench.id}:long", {"site1::x": time.time() + 600})
    assert "Stays, failed, in RQ" in armed.go("enable", "--settle")
    assert "frappe_celery_routes" not in armed.switch.state()[0]


def test_on_rq_the_process_files_are_benchs(switch: Switch) -> None:
    code, output = switch.run("setup", "procfile", "--yes")
    assert (code, "this bench runs on RQ" in output) == (1, True), output


def test_what_nobody_serves_is_done_and_an_error(armed: Armed) -> None:
    output = armed.go("enable")
    assert "no worker of Celery's serves queue long: start one in your process manager" in output
    assert "or by hand: frappe-celery beat" in output
    output = armed.go("enable", "--queue", "long")
    assert "serves queue long" in output
    assert "serves queue short" not in output
    assert "beat" not in output
    output = armed.go("disable")
    assert "no worker of RQ's serves queue long: start one" in output
    assert "by hand: bench worker --queue long\n" in output
    assert armed.ask("answer = system_of(enqueue())") == "rq"


def test_what_somebody_serves_is_no_error(armed: Armed) -> None:
    code = "import frappe_celery_hook; from frappe_celery.cli import main; main()"
    worker = armed.bench.start("worker", "-c", code, "worker", "--queue", "long")
    worker.wait_for(" ready.")
    code, output = armed.switch.run("enable", "--queue", "long")
    assert (code, "Error" in output) == (0, False), output


def test_process_files_have_both_systems_while_the_bench_is_armed(armed: Armed) -> None:
    armed.bench.write(
        "Procfile", "web: bench serve\nschedule: bench schedule\nworker: bench worker\n"
    )
    for _ in range(2):
        assert armed.switch.run("setup", "procfile", "--yes")[0] == 0
        lines = (armed.bench.root / "Procfile").read_text().splitlines()
        names = [line.partition(":")[0] for line in lines]
        assert names == [
            "web",
            "schedule",
            "worker",
            "celery_beat",
            "celery_worker_short",
            "celery_worker_long",
        ]
    armed.go("enable", "--settle")
    assert armed.switch.run("setup", "procfile", "--yes")[0] == 0
    lines = (armed.bench.root / "Procfile").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "web",
        "beat",
        "worker_short",
        "worker_long",
    ]


def test_back_on_stock_frappe_it_says_how_systemds_units_are_ended(armed: Armed) -> None:
    armed.switch.run("setup", "systemd", "--yes")
    output = armed.switch.run("disable", "--settle")[1]
    bench = armed.bench.root.name
    assert f"  systemctl stop '{bench}-celery-*.service'\n" in output
    assert f"  systemctl disable {bench}-celery.target\n" in output


LOAD = """
import os, time
number = 0
while not os.path.exists("enough"):
    number += 1
    background_jobs.enqueue("fixture_app.tasks.write", queue=("short", "long")[number % 2],
                            job_id=f"job-{number}")
    time.sleep(0.02)
print("enqueued", number)
"""

IN_CELERY = """
from frappe_celery.jobs import JobStatus, get_store
store = get_store()
length = store.counts()[JobStatus.QUEUED]
answer = [job.id for job in store.page(statuses=[JobStatus.QUEUED], length=length or 1)]
"""


def test_five_switches_under_load_lose_no_job_and_double_none(
    armed: Armed, client: redis.Redis
) -> None:
    """On a real bench, with workers and schedules: tests/bench/test_routes.py."""
    armed.bench.write("sites/load.py", BEGIN + LOAD)
    load = armed.bench.start("load", "-u", "load.py")
    wait_until(lambda: len(armed.in_rq(client, "long")) > 3, what="jobs come")
    for command in (
        ("enable", "--site", "site1"),
        ("disable", "--queue", "short"),
        ("enable",),
        ("disable",),
        ("enable", "--queue", "long"),
    ):
        armed.go(*command)
    armed.bench.write("sites/enough", "")
    load.wait_for("enqueued")
    number = int(load.output().rpartition("enqueued")[2])
    in_rq = [job_id for queue in ("short", "long") for job_id in armed.in_rq(client, queue)]
    found = in_rq + armed.ask(IN_CELERY)
    assert sorted(found) == sorted(f"site1::job-{n + 1}" for n in range(number))


def test_pieces_of_a_bench_that_is_not_armed(switch: Switch) -> None:
    for command in ("enable", "disable"):
        for piece in (("--queue", "long"), ("--site", "site1"), ("--schedule",)):
            code, output = switch.run(command, *piece)
            assert (code, "run frappe-celery enable --armed" in output) == (1, True), output
    for nonsense in (("disable", "--settle", "--queue", "long"), ("enable", "--armed", "--settle")):
        code, output = switch.run(*nonsense)
        assert (code, "each alone" in output) == (2, True), output
    code, output = switch.run("enable", "--queue", "lnog")
    assert (code, "'lnog' is not" in output) == (1, True), output


def test_a_process_from_before_is_named_and_nothing_changes(switch: Switch) -> None:
    process = forever(switch)
    armed = Armed(switch)
    code, output = armed.switch.run("enable", "--queue", "long")
    assert code == 1
    assert f"process {process.pid} (" in output
    assert "restart them" in output
    assert armed.ask("answer = system_of(enqueue())") == "rq"
    output = armed.go("disable")
    assert f"process {process.pid} (" in output, "the way back is open, and what is left is said"
    process.popen.kill()
    process.popen.wait()
    armed.go("enable", "--queue", "long")


def test_a_process_of_a_settled_bench_that_is_armed_is_named(switch: Switch) -> None:
    """It has the hook, and knows of no routes."""
    switch.before = UNSEEN
    code, output = switch.run("enable")
    assert code == 0, output
    process = forever(switch)
    armed = Armed(switch)
    assert f"process {process.pid} (" in armed.switch.run("disable")[1]


def test_a_shadow_says_how_often_both_act(armed: Armed) -> None:
    code, output = armed.switch.run("shadow", "--minutes", "0")
    assert (code, "0 due times on which both act" in output) == (0, True), output


def test_bench_worker_is_rqs_while_the_bench_is_armed(armed: Armed) -> None:
    armed.bench.write("sites/worker.py", "import frappe_celery_hook\n"
        "from frappe.utils import background_jobs, scheduler\n"
        "background_jobs.start_worker(burst=True, quiet=True)\n")  # fmt: skip
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert (code, "RQ's own, with rq.queue.Queue" in output) == (1, True), output
    armed.go("enable")
    note = json.loads((armed.bench.root / "sites/common_site_config.json").read_text())
    assert note["frappe_celery_routes"] == {"rules": [["", "", True]], "schedule": "celery"}
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert (code, "RQ's own, with rq.queue.Queue" in output) == (1, True), "it may go back"
    armed.go("enable", "--settle")
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert code == 0, output


def test_what_stays_for_one_reason_is_named_once_as_failed_or_waiting(
    armed: Armed, client: redis.Redis
) -> None:
    armed.ask("enqueue(job_id='waits'); enqueue(job_id='fails'); frappe.db.commit()")
    for name in ("waits", "fails"):
        client.hset(f"rq:job:site1::{name}", "data", b"unreadable")
    client.hset("rq:job:site1::fails", "status", "failed")
    client.lrem(f"rq:queue:{armed.bench.id}:long", 1, "site1::fails")
    client.zadd(f"rq:failed:{armed.bench.id}:long", {"site1::fails": time.time() + 600})
    output = armed.switch.run("enable", "--queue", "long")[1]
    stays = [line for line in output.splitlines() if line.startswith("Stays")]
    assert [line.rpartition(": ")[2] for line in sorted(stays)] == ["site1::waits", "site1::fails"]
