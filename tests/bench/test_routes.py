"""A bench under load is switched by queue, by site and whole, forth and back.

FRAPPE_BENCH_SWITCHES says how many switches (12).
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tests.bench.bench import BEGIN, END, Bench
from tests.bench.test_beat import LONG_AGO, SAVED, A
from tests.bench.test_beat import sites as sites  # a fixture
from tests.project import Process
from tests.waiting import wait_until

SWITCHES = int(os.environ.get("FRAPPE_BENCH_SWITCHES", "12"))
A_SECOND = int(os.environ.get("FRAPPE_BENCH_A_SECOND", "5"))
"""Jobs that each of the two sites enqueues."""
LOAD = """
from pathlib import Path
ledger, until, number = sys.argv[3], Path(sys.argv[4]), 0
begun = time.time()
while not until.exists():
    number += 1
    label = frappe.local.site + "-" + str(number)
    frappe.enqueue(fc_probe.note, ledger=ledger, label=label, at=time.time(), job_id=label,
                   queue=("short", "default", "long")[number % 3])
    time.sleep(max(begun + number / {a_second} - time.time(), 0))
print("enqueued", number)
"""
EVERY_FIVE_SECONDS = {
    "frequency": "Cron",
    "cron_format": "* * * * * */5",
    "stopped": 0,
    "create_log": 1,
    "last_execution": LONG_AGO,
}
"""Due at once: `creation`, that counts else, may lie ahead where a site's time zone was changed."""
RUNS = """
ours = frappe.get_all("Scheduled Job Type", {{"method": {method!r}}}, pluck="name")
logs = frappe.get_all("Scheduled Job Log", {{"scheduled_job_type": ("in", ours)}},
                      pluck="creation", order_by="creation", limit=0)
answer = [frappe.utils.get_datetime(log).timestamp() for log in logs]  # texts on SQLite
"""
WAITING = """
from frappe.utils.background_jobs import get_queue
answer = [get_queue(queue).count for queue in ("short", "default", "long")]
"""


def frappe(bench: Bench, *arguments: str) -> Process:
    return bench.start("python", "-m", "frappe.utils.bench_helper", "frappe", *arguments)


def pieces(site: str, other: str) -> list[tuple[str, ...]]:
    """Commands that follow each other."""
    return [
        ("enable", "--queue", "long"),
        ("enable", "--site", other),
        ("enable",),
        ("disable", "--schedule"),
        ("disable", "--queue", "short"),
        ("disable", "--site", site),
        ("enable",),
        ("disable",),
        ("enable", "--site", other),
        ("disable", "--site", other),
    ]


def switch(bench: Bench, chance: random.Random, kill: bool, *command: str) -> None:
    """Run it; one that is killed on its way is run again."""
    if command[0] == "enable":
        command = (*command, "--trust-pickles")
    if kill:
        killed = bench.start("frappe-celery", *command)
        time.sleep(chance.uniform(0.3, 2.0))
        killed.popen.send_signal(signal.SIGKILL)
        killed.popen.wait()
    bench.run("frappe-celery", *command)


ENDED_IN_RQ = """
is_14 = frappe.__version__.startswith("14.")  # which has no deduplicate
once = {} if is_14 else {"deduplicate": True}
note = {"ledger": sys.argv[3], "label": "x", "at": 0, "job_id": "x", **once}
before = frappe.enqueue(fc_probe.note, **note)
twice = None if is_14 else frappe.enqueue(fc_probe.note, **note)
frappe.enqueue(fc_probe.fail, label="broken", job_id="broken")
answer = [type(before).__module__, twice]
"""
SHOWN = """
from frappe.core.doctype.rq_job.rq_job import RQJob
listed = frappe.get_list("RQ Job", limit=50)
workers = frappe.get_list("RQ Worker", limit=50)
answer = [[job.job_id.rpartition(mark)[2] for job in listed], [int(w.pid) for w in workers]]
"""
STOPPED = """
from frappe.core.doctype.rq_job.rq_job import stop_job
from fc_probe import get_job
job = frappe.enqueue(fc_probe.sleep, seconds=60, job_id="long", queue="long")
until(lambda: get_job("long").get_status() == "started")
stop_job(job.id)
until(lambda: get_job("long").get_status() in ("failed", "stopped"))
answer = get_job("long").get_status()
"""


def test_rqs_own_workers_work_as_ever_in_an_armed_bench(armed: Bench, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    for _ in range(2):  # the second time the id is that of an ended job of RQ's
        output = armed.run(
            *("python", "-c", BEGIN + ENDED_IN_RQ + END), armed.site, "Administrator", str(ledger)
        )
        assert json.loads(output.rpartition("ANSWER:")[2].splitlines()[0]) == ["rq.job", None]
        frappe(armed, "worker", "--burst", "--quiet").wait(120)
    assert len(ledger.read_text().splitlines()) == 2
    worker = frappe(armed, "worker", "--quiet")
    assert armed.ask(STOPPED).lower().rpartition(".")[2] in ("failed", "stopped")
    names, pids = armed.ask(f"mark = {armed.id_mark!r}" + SHOWN)
    assert {"x", "broken", "long"} <= set(names)
    assert worker.pid in pids
    assert worker.popen.poll() is None


def test_under_load_each_job_runs_once_and_each_due_time_is_acted_on_once(
    armed: Bench,
    sites: list[str],
    tmp_path: Path,
) -> None:
    site, other = sites
    ledger, until = tmp_path / "ledger", tmp_path / "until"
    ledger.touch()
    chance = random.Random(15)
    for one in sites:
        armed.ask(SAVED.format(method=A, values=EVERY_FIVE_SECONDS), one)
    for _ in range(2):
        frappe(armed, "worker", "--quiet")
    frappe(armed, "schedule")
    armed.worker(1)
    armed.start("frappe-celery", "beat")
    code = BEGIN + LOAD.format(a_second=A_SECOND)
    load = [
        armed.start("python", "-c", code, one, "Administrator", str(ledger), str(until))
        for one in sites
    ]
    wait_until(lambda: len(ledger.read_text().splitlines()) > 20, 60, "jobs run")
    commands = pieces(site, other)
    for number in range(SWITCHES):
        command = commands[number % len(commands)]
        switch(armed, chance, number % 10 == 4, *command)
    armed.run("frappe-celery", "enable", "--trust-pickles")
    until.touch()
    enqueued = {}
    for one, process in zip(sites, load, strict=True):
        assert process.wait(60) == 0, process.output()
        enqueued[one] = int(process.output().rpartition("enqueued")[2])
    expected = {f"{one}-{n + 1}" for one, number in enqueued.items() for n in range(number)}

    def lines() -> list[list[str]]:
        return [line.split() for line in ledger.read_text().splitlines()]

    wait_until(lambda: len(lines()) >= len(expected), 60, "all have run", 0.5)
    ran = Counter(label for label, _, _ in lines())
    assert {label: times for label, times in ran.items() if times > 1} == {}, "twice"
    assert expected - ran.keys() == set(), "lost"
    waits = sorted(float(began) - float(at) for _, at, began in lines())
    print(f"{len(waits)} jobs, waits: median {waits[len(waits) // 2]:.3f}, most {waits[-1]:.3f} s")
    # every five seconds beat has one wait for a moment
    wait_until(lambda: armed.ask(WAITING) == [0, 0, 0], 30, "none waits")
    for one in sites:
        runs = armed.ask(RUNS.format(method=A), one)
        slots = Counter(int(began // 5) for began in runs)
        print(f"{one}: {len(runs)} runs in {runs[-1] - runs[0]:.0f} s")
        assert {slot: times for slot, times in slots.items() if times > 1} == {}
        assert max(later - one for one, later in pairwise(runs)) < 30, "it stood still"
