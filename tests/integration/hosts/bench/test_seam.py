"""Who gets our queue, job and worker, and who keeps RQ's."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench
from tests.warm import WarmPython

OURS = "frappe_celery.hosts.bench"
REMOVED = """
import os, sys
sys.path = [p for p in sys.path if not os.path.exists(os.path.join(p, "frappe_celery"))]
"""


@pytest.fixture
def bench(bench: StandInBench, bare_warm: WarmPython) -> StandInBench:
    """Its scripts import all that is ours themselves."""
    bench.warm = bare_warm
    return bench


def test_every_name_that_leads_to_rq_leads_to_us(bench: StandInBench) -> None:
    bench.write(
        "early.py",
        """
        from rq import Queue as TheirQueue, Worker
        from rq.command import send_stop_job_command
        from rq.job import Job
        from rq.registry import FailedJobRegistry
        """,
    )
    answer = bench.ask(
        """
        import early, rq, rq.queue, rq.job, rq.worker, rq.command, rq.registry
        import frappe.utils.scheduler as scheduler
        found = [rq.Queue, rq.queue.Queue, background_jobs.Queue, early.TheirQueue,
                 rq.job.Job, background_jobs.Job, early.Job,
                 rq.Worker, rq.worker.Worker, background_jobs.Worker, early.Worker,
                 rq.command.send_stop_job_command, early.send_stop_job_command,
                 background_jobs.start_worker, background_jobs.start_worker_pool,
                 background_jobs.get_running_jobs_in_queue, scheduler.start_scheduler]
        registries = [rq.registry.FailedJobRegistry, early.FailedJobRegistry]
        ours = {type(one(background_jobs.get_queue("short").name)) for one in registries}
        answer = {one.__module__ for one in (*found, *ours)}
        assert rq.queue.Queue.job_class.__module__ == "rq.job"  # what RQ uses inside stays its own
        assert background_jobs.__loader__.__class__.__name__ == "SourceFileLoader"
        """,
        begin="import early\n" + BEGIN,
    )
    modules = ("queue", "rq_job", "registry", "processes")
    expected = [f"{OURS}.{name}" for name in modules]
    assert set(answer.strip("{}").replace("'", "").split(", ")) == set(expected)


def test_the_seam_imports_nothing_that_calls_it_in(bench: StandInBench) -> None:
    """One such module, imported first, would find the seam half imported."""
    answer = bench.ask(
        """
        import frappe_celery.hosts.bench.seam, frappe_bridge.armed.seam
        loaded = {*sys.modules} - before
        from frappe_celery.hosts.bench import hook
        answer = sorted(loaded.intersection(hook.MODULES))
        """,
        begin="import json, sys, frappe\nbefore = {*sys.modules}\n",
        FRAPPE_CELERY_ENABLED="false",
    )
    assert answer == []


def test_switched_off_or_removed_it_is_stock_frappe(bench: StandInBench) -> None:
    whose = "import rq; answer = rq.Queue.__module__"
    assert bench.ask(whose) == f"{OURS}.queue"
    assert bench.ask(whose, FRAPPE_CELERY_ENABLED="false") == "rq.queue"
    assert bench.ask(whose, begin=REMOVED + BEGIN) == "rq.queue"
    bench.configure(frappe_celery_enabled=None)
    assert bench.ask(whose) == "rq.queue"


def test_an_apps_own_queues_and_jobs_stay_in_rq(bench: StandInBench) -> None:
    assert bench.ask(
        """
        import rq, rq.job, rq.registry
        own = rq.Queue("an-apps-own")
        left = rq.job.Job.fetch("site1::left")
        answer = [type(own).__module__, own.count, type(rq.Queue("a-benchlike:short")).__module__,
                  type(rq.registry.FailedJobRegistry("an-apps-own")).__module__,
                  type(left).__module__, type(rq.job.Job.create()).__module__,
                  [queue.name.split(":")[-1] for queue in rq.Queue.all()]]
        """
    ) == [
        *("rq.queue", 0, "rq.queue", "rq.registry", "rq.job", "rq.job"),
        ["short", "default", "long", "an-apps-own"],
    ]


def test_the_hook_imports_nothing(bench: StandInBench) -> None:
    script = """
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import frappe_celery_hook
print("new:", sorted(set(sys.modules) - before))
"""
    process = bench.start("plain", "-S", "-c", script, str(bench.root / "hook"))
    assert process.wait() == 0, process.output()
    assert process.output().strip() == "new: ['__future__', 'frappe_celery_hook']"


def test_bench_schedule_refuses_and_names_beat(bench: StandInBench) -> None:
    assert bench.ask(
        """
        import click
        from frappe.utils.scheduler import start_scheduler
        try:
            start_scheduler()
        except click.ClickException as exc:
            answer = ["frappe-celery beat" in exc.message, "frappe-celery disable" in exc.message]
        """
    ) == [True, True]


def test_only_a_worker_keeps_its_connection_and_only_with_frappes_own_driver(
    bench: StandInBench,
) -> None:
    assert bench.ask(
        """
        from frappe_celery.jobs import hosts
        hosts.current().import_apps()
        without = "pymysql" in sys.modules
        from frappe.database.mariadb.database import MariaDBConnectionUtil
        connecting = MariaDBConnectionUtil.create_connection
        before = hasattr(connecting, "__wrapped__")
        hosts.current().import_apps()
        after = MariaDBConnectionUtil.create_connection
        answer = [without, before, after.__wrapped__ == connecting]
        """
    ) == [False, False, True]


def test_each_module_with_a_name_of_the_seam_is_told_of(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import frappe_celery_hook as hook
        from frappe_celery.hosts.bench import seam
        from frappe_bridge.armed.seam import SEAM, _BY_ROUTES
        told = {*hook.MODULES, *(place for places in seam.ALONG_WITH.values() for place in places)}
        answer = sorted({*SEAM.frappes, *_BY_ROUTES} - told)
        """
    )
    assert answer == []


def test_a_bench_that_is_not_armed_has_nothing_of_routes(bench: StandInBench) -> None:
    """Neither while it enqueues nor in a worker, nor in what `bench` shows of the commands."""
    answer = bench.ask(
        """
        from frappe_celery.jobs import hosts
        hosts.current().import_apps()
        background_jobs.enqueue("fixture_app.tasks.write")
        from frappe_celery.commands import commands
        answer = [name for name in sys.modules if name.startswith("frappe_bridge")]
        """
    )
    assert answer == []


def test_nothing_of_the_other_packages_is_imported_in_a_bench(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import sys
        from frappe_celery.jobs import hosts
        hosts.current().import_apps()
        background_jobs.enqueue("app.tasks.write")
        answer = [name for name in sys.modules
                  if name.partition(".")[0] in ("frappe_standalone", "frappe_check")]
        """
    )
    assert answer == []
