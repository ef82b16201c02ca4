"""`frappe-celery switch` takes a bench over step by step, goes on where it was killed, and back."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from tests.bench.bench import Bench
from tests.project import Process

WHERE = """
systems = {}
for queue in ("short", "default", "long"):
    job = frappe.enqueue("frappe.ping", queue=queue)
    systems[queue] = type(job).__module__.partition(".")[0]
answer = systems
"""

NOT_COMPARED = """
from frappe_celery.jobs import get_store
get_store().client.delete(get_store().keys.prefix + "compared")
"""


@pytest.fixture
def stock(bench: Bench, no_job_left: None) -> Iterator[Bench]:
    """On RQ; afterwards on, as before."""
    bench.run("frappe-celery", "disable")
    bench.ask(NOT_COMPARED)
    try:
        yield bench
    finally:
        for process in bench.processes:
            process.kill()
        if "frappe_celery_routes" in bench.config:
            bench.start("frappe-celery", "disable", "--settle").wait(120)
        bench.run("frappe-celery", "enable")


def switch(bench: Bench, *arguments: str) -> Process:
    return bench.start("frappe-celery", "switch", "--yes", *arguments)


def test_over_with_a_kill_on_the_way_and_back(stock: Bench) -> None:
    assert stock.other_site, "give the bench a second site"
    how = ("--minutes", "0.05", "--canary", stock.other_site)
    killed = switch(stock, *how)
    killed.wait_for("this waits until it is seen", 120)
    killed.popen.send_signal(signal.SIGKILL)
    assert stock.ask(WHERE) == dict.fromkeys(("short", "default", "long"), "rq"), "armed, no more"
    for rqs in (("worker", "--quiet"), ("schedule",)):
        stock.start("python", "-m", "frappe.utils.bench_helper", "frappe", *rqs)

    again = switch(stock, *how)
    again.wait_for("this waits until it is seen", 120)
    assert "arm: the seam in every process: done" in again.output()
    stock.worker(1)
    stock.start("frappe-celery", "beat")
    assert again.wait(180) == 0, again.output()
    steps = re.findall(r"^(\d+)\. (.*)$", again.output(), re.MULTILINE)
    assert [name for _, name in steps[-6:]] == [
        "compare the two schedules",
        f"the jobs of site {stock.other_site}",
        "queue long",
        "queue default",
        "queue short",
        "the schedule",
    ]
    assert again.output().count("a job of it ran within") == 4
    assert stock.ask(WHERE) == dict.fromkeys(("short", "default", "long"), "frappe_celery")
    once_more = switch(stock, *how)
    assert once_more.wait(60) == 0
    assert once_more.output().count(": done") == len(steps)

    back = switch(stock, "back")
    assert back.wait(120) == 0, back.output()
    assert "The bench is on RQ again" in back.output()
    assert stock.ask(WHERE) == dict.fromkeys(("short", "default", "long"), "rq")
