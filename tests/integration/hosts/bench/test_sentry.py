"""Beside the older Sentry client that Frappe pins, without the functions that came later."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.test_run import PERFORM
from tests.integration.hosts.bench.test_workers import start
from tests.waiting import wait_until

OLDER = """
VERSION = "1.37.1"


class Hub:
    def __init__(self, cloned):
        assert cloned is Hub.current

    def __enter__(self):
        self.before, Hub.current = Hub.current, self

    def __exit__(self, *_):
        Hub.current = self.before


Hub.current = "the process' own"
"""

OF_BEFORE = """
import sys
import frappe_celery.jobs.message
before = {*sys.modules}
from frappe_celery.jobs import sentry
new = sorted(name for name in {*sys.modules} - before if "celery" in name)
print(sentry.enqueued.__name__, *new)
"""


@pytest.fixture(autouse=True)
def older_sentry(bench: StandInBench) -> None:
    bench.write("sentry_sdk.py", OLDER)


def test_a_process_that_has_imported_sentry_enqueues(bench: StandInBench) -> None:
    code = """
        import sentry_sdk
        answer = [sentry_sdk.VERSION, frappe.enqueue("fixture_app.tasks.write").get_status()]
    """
    assert bench.ask(code) == ["1.37.1", "queued"]


def test_a_process_that_outlives_an_upgrade_enqueues_after_its_first_error() -> None:
    """Frappe imports sentry_sdk with its first `log_error`, and enqueueing then this module, from
    the new files into the old code (8a5184c): it has to be there and need nothing new."""
    ran = subprocess.run(
        [sys.executable, "-c", OF_BEFORE], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "enqueued frappe_celery.jobs.sentry\n"


def test_a_job_has_the_name_by_which_frappe_asks_for_its_arguments(bench: StandInBench) -> None:
    code = """
        import rq
        tasks.current = lambda **_: rq.get_current_job()._kwargs
        answer = performed("fixture_app.tasks.current", x=1).result
    """
    answer = bench.ask(code, begin=PERFORM)
    assert (answer["method"], answer["kwargs"]) == ("fixture_app.tasks.current", {"x": 1})


def test_a_worker_whose_program_has_imported_sentry_does_its_jobs(bench: StandInBench) -> None:
    bench.write("celeryconfig.py", "import sentry_sdk\n")
    worker = start(bench, "start_worker(queue='default')")
    worker.wait_for(" ready.")
    bench.ask("frappe.enqueue('fixture_app.tasks.write', text='here')")
    assert wait_until(bench.effects)[-1] == "here|site1|Administrator"
    assert "sentry" not in worker.output()
