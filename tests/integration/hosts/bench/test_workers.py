"""Real workers on the stand-in bench: listed, stopped, started by bench's own commands."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import psutil
import pytest
import redis

from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.switching import Armed
from tests.project import Process
from tests.waiting import wait_until

UNTIL = """
import time

def until(predicate):
    deadline = time.monotonic() + 20
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.01)

def ended(job):
    until(lambda: not (job.is_queued or job.is_started))
"""
START = """
import frappe_celery_hook
from frappe.utils import background_jobs
background_jobs.{call}
"""


IN_A_SITE = """
import frappe
frappe.local.left = "the start"
"""


def start(bench: StandInBench, call: str, name: str = "worker") -> Process:
    return bench.start(name, "-c", START.format(call=call))


def test_a_running_job_is_listed_and_stopped_and_the_worker_goes_on(bench: StandInBench) -> None:
    start(bench, "start_worker(queue='short,default')").wait_for(" ready.")
    answer = bench.ask(
        UNTIL
        + """
import rq.exceptions
from rq.command import send_stop_job_command
job = frappe.enqueue("fixture_app.tasks.sleep", s=60)
until(lambda: job.is_started)
(worker,) = background_jobs.get_workers()
queue = background_jobs.get_queue("default")
running = background_jobs.get_running_jobs_in_queue(queue)
short = background_jobs.Worker.all(queue=background_jobs.get_queue("short"))
long = background_jobs.Worker.all(queue=background_jobs.get_queue("long"))
shown = [worker.get_state(), worker.get_current_job_id() == job.id,
         [name.split(":")[1] for name in worker.queue_names()], running == [job], len(short), long,
         background_jobs.Worker.count()]
send_stop_job_command(None, job.id)
ended(job)
shown += [job.get_status(), job.latest_result().type.name]
try:
    send_stop_job_command(None, job.id)
except rq.exceptions.InvalidJobOperation:
    shown.append("does not run")
after = frappe.enqueue("fixture_app.tasks.write")
ended(after)
until(lambda: background_jobs.get_workers()[0].successful_job_count)  # with its sign of life
(worker,) = background_jobs.get_workers()
answer = [*shown, after.get_status(), worker.get_state(), worker.successful_job_count]
"""
    )
    assert answer == [
        *("busy", True, ["short", "default"], True, 1, [], 1),
        *("stopped", "STOPPED", "does not run"),
        *("finished", "idle", 1),
    ]


def test_burst_ends_with_the_queues_and_says_so_where_rq_does(bench: StandInBench) -> None:
    bench.ask(
        """
        for n in range(3):
            frappe.enqueue("fixture_app.tasks.write", text=str(n), queue="long")
        frappe.enqueue("fixture_app.tasks.write", text="not mine", queue="short")
        """
    )
    script = START.format(call="start_worker_pool(queue='long', num_workers=2, burst=True)")
    output = bench.python(f"import os; os.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n{script}")
    assert "quitting" in output
    assert sorted(line for line in bench.effects() if "before" not in line) == [
        f"{n}|site1|Administrator" for n in range(3)
    ]


def test_a_job_finds_nothing_of_a_site_that_the_one_before_it_or_the_start_left(
    bench: StandInBench,
) -> None:
    """`bench worker-pool` starts in `frappe.init_site()`, so there is a `frappe.local` already."""
    bench.ask('for n in range(3): frappe.enqueue("fixture_app.tasks.find", queue="long")')
    script = START.format(call="start_worker_pool(queue='long', num_workers=1, burst=True)")
    bench.python(script.replace("background_jobs\n", "background_jobs\n" + IN_A_SITE))
    assert [line for line in bench.effects() if line.startswith("left")] == (
        ["left nothing|site1|Administrator"] * 3
    )


def test_two_workers_of_one_machine_are_two(bench: StandInBench) -> None:
    for name in ("one", "two"):
        start(bench, "start_worker()", name).wait_for(" ready.")
    assert bench.ask("answer = len(background_jobs.get_workers())") == 2


def test_in_an_armed_bench_the_workers_of_a_queue_are_those_of_both_systems(
    armed: Armed, client: redis.Redis
) -> None:
    code = "import frappe_celery_hook; from frappe_celery.cli import main; main()"
    options = ("worker", "--queue", "long", "--concurrency", "1")
    armed.bench.start("worker", "-c", code, *options).wait_for(" ready.")
    short, long = (f"{armed.bench.id}:{queue}" for queue in ("short", "long"))
    client.hset("rq:workers", mapping={"one": f"{short},{long}", "two": short})
    answer = armed.ask(
        """
        def names(**asked):
            found = background_jobs.Worker.all(**asked)
            return sorted(w.name if system_of(w) == "rq" else "Celery's" for w in found)

        queues = map(background_jobs.get_queue, ("short", "long", "default"))
        answer = [names(), *(names(queue=queue) for queue in queues)]
        """
    )
    assert answer == [["Celery's", "one", "theirs", "two"], ["one", "two"], ["Celery's", "one"], []]


def stop(worker: Process) -> None:
    worker.popen.terminate()
    assert worker.wait(20) == 0, worker.output()


def kill(worker: Process) -> None:
    os.kill(worker.popen.pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [stop, kill])
def test_a_pool_brings_a_scheduler_as_frappes_does(
    bench: StandInBench, end: Callable[[Process], None]
) -> None:
    """`frappe.gunicorn_companion` starts one, too, and System Health Report asks whether it runs.

    It is there again when its process has ended, and goes with the worker.
    """
    worker = start(bench, "start_worker_pool(num_workers=1)")
    worker.wait_for(" ready.")
    one, other = bench.ask(
        UNTIL
        + """
import os, signal
from frappe.utils.scheduler import is_schduler_process_running
from frappe_celery.jobs import get_store
from frappe_celery.schedule.leadership import leadership

def leader():
    return leadership(get_store()).leader

until(is_schduler_process_running)
one = leader()
os.kill(int(one.rpartition(".")[2]), signal.SIGTERM)
until(lambda: leader() not in (one, None))
answer = [int(name.rpartition(".")[2]) for name in (one, leader())]
""",
        STANDIN_FRAPPE="16.9.0",
    )
    assert one != other
    assert worker.popen.pid not in (one, other)
    assert psutil.pid_exists(other)
    end(worker)
    wait_until(lambda: not psutil.pid_exists(other), what="beat ends with its worker")
