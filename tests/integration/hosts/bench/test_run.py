"""A job's run through Frappe's execute_job: site and user, reruns, and nothing left behind."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench

PERFORM = (
    BEGIN
    + """
import os
from frappe_celery.jobs import hosts
from frappe_celery.hosts.bench import run
from frappe_celery.jobs import get_store
from frappe_celery.worker.perform import perform

pauses = []
run.execute.__defaults__ = (pauses.append,)

def enqueued(*args, **kwargs):
    frappe.init("site1"); frappe.connect(); frappe.set_user("someone")
    job = frappe.enqueue(*args, **kwargs)
    frappe.destroy()
    return job

def performed(*args, **kwargs):
    job = enqueued(*args, **kwargs)
    do(job)
    return job

def do(job):
    try:
        perform(get_store().message_of(job.run_id), "a worker")
    except Exception:
        pass

frappe.destroy()
"""
)


def test_a_job_runs_in_its_site_as_its_user(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import rq
        job = performed("fixture_app.tasks.write", text="x")
        answer = [job.get_status(), job.result, rq.get_current_job(), vars(frappe.local)]
        """,
        begin=PERFORM,
    )
    assert answer == ["finished", "x", None, {}]
    assert bench.effects() == ["before job|someone", "x|site1|someone"]


def test_the_running_job_is_rqs_current_job(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import rq
        tasks.current = lambda **_: rq.get_current_job().kwargs["kwargs"]
        answer = performed("fixture_app.tasks.current", x=1).result
        """,
        begin=PERFORM,
    )
    assert answer == {"x": 1}


def test_an_async_method_runs_before_its_site_is_left_and_a_generator_is_refused(
    bench: StandInBench,
) -> None:
    answer = bench.ask(
        """
        import asyncio

        async def later():
            await asyncio.sleep(0)
            return [frappe.local.site, frappe.session.user]

        def generate():
            yield 1

        tasks.later, tasks.generate = later, generate
        job = performed("fixture_app.tasks.later")
        failed = performed("fixture_app.tasks.generate")
        answer = [job.get_status(), job.result, failed.get_status(), failed.exc_info]
        """,
        begin=PERFORM,
    )
    assert answer[:3] == ["finished", ["site1", "someone"], "failed"]
    assert "TypeError: fixture_app.tasks.generate is a generator" in answer[3]


def test_a_job_of_a_test_begins_as_late_as_under_rq(bench: StandInBench) -> None:
    """What the test commits just after it finds it there."""
    answer = bench.ask(
        """
        for in_test in (True, False):
            frappe.flags.in_test = in_test
            performed("fixture_app.tasks.write")
        answer = pauses
        """,
        begin=PERFORM,
    )
    assert answer == [0.05]


def test_a_configuration_that_is_being_written_is_waited_for_in_execute_job_too(
    bench: StandInBench,
) -> None:
    """From 16 on it reads the site's files once more; a method's own bad JSON is its failure."""
    answer = bench.ask(
        """
        from pathlib import Path
        import json
        from frappe_celery.hosts.bench import run
        frappe.lenient = False
        own = Path("site1/site_config.json")
        whole, init, seen = own.read_text(), frappe.init, []

        def half_written_meanwhile(site, force=False):
            if force and not seen:
                own.write_text(whole[:1])
            try:
                init(site, force)
            except ValueError:
                seen.append("half")
                own.write_text(whole)
                raise

        frappe.init = half_written_meanwhile
        tasks.broken = lambda: json.loads("{")
        job = performed("fixture_app.tasks.write", text="x")
        failed = performed("fixture_app.tasks.broken")
        answer = [seen, job.get_status(), failed.get_status(), pauses]
        """,
        begin=PERFORM,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == [["half"], "finished", "failed", [0.05]]
    assert bench.effects().count("x|site1|someone") == 1


LOGS = (
    PERFORM
    + """
import logging
from frappe.utils import logger

def log(level=None):
    if level:
        logger.set_log_level(level)
    for name in ("known", "new")[: 2 if level else 1]:
        logger.get_logger(name).error("an error")
        logger.get_logger(name).debug("more")

def levels():
    return {name: logging.getLogger(f"{name}-site1").level for name in ("known", "new")}

tasks.log = log
"""
)


def test_a_log_level_that_a_job_sets_is_its_own_and_doubles_no_line(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        done = [performed("fixture_app.tasks.log", **given).get_status()
                for given in ({}, {"level": "DEBUG"}, {"level": "DEBUG"}, {})]
        answer = [{*map(str, done)} == {"finished"}, levels(), frappe.log_level,
                  len(logging.getLogger("known-site1").handlers)]
        """,
        begin=LOGS,
    )
    assert answer == [True, {"known": 40, "new": 40}, None, 1]
    lines = (bench.root / "known.log").read_text().split("\n")
    assert lines == ["an error", *(["an error", "more"] * 2), "an error", ""]


def test_a_log_level_that_a_module_sets_when_it_is_imported_stays(bench: StandInBench) -> None:
    bench.write(
        "fixture_app/api.py",
        """
        from frappe.utils.logger import get_logger, set_log_level
        set_log_level("DEBUG")
        logger = get_logger("new")

        def log():
            logger.debug("more")
        """,
    )
    answer = bench.ask(
        """
        for method in ("tasks", "api", "api"):
            performed(f"fixture_app.{method}.log")
        answer = levels()
        """,
        begin=LOGS,
    )
    assert answer == {"known": 10, "new": 10}
    assert (bench.root / "new.log").read_text() == "more\nmore\n"


LOST = {
    "mariadb": """
from pymysql.err import OperationalError
error = OperationalError(2013, "Lost connection during query")
""",
    "postgres": """
class OperationalError(Exception):
    __module__ = "psycopg2"

class AdminShutdown(OperationalError):  # psycopg2 has a class for each code of PostgreSQL's
    __module__, pgcode = "psycopg2.errors", "57P01"

error = AdminShutdown("terminating connection due to administrator command\\n\\tThis means...")
""",
}


@pytest.mark.parametrize("database", LOST)
@pytest.mark.parametrize(
    ("moment", "status", "said"),
    [
        ("connect", "queued", "connection du"),
        ("user", "queued", "connection du"),
        ("method", "failed", "connection du"),
        ("commit", "failed", "CommitInDoubt: the database was lost at the job's commit"),
    ],
)
def test_a_database_that_is_lost_before_in_and_after_the_method(
    bench: StandInBench, moment: str, status: str, said: str, database: str
) -> None:
    answer = bench.ask(
        f"""
        def lost(*_):
            if {moment!r} != "connect":
                frappe.local.db._conn = "connected"
            raise error

        job = enqueued("fixture_app.tasks.write", text="x")
        if {moment!r} == "connect":
            frappe.connect = lost
        elif {moment!r} == "user":
            frappe.set_user = lost
        elif {moment!r} == "method":
            tasks.write = lambda **_: lost()
        else:
            commit, Database.commit = Database.commit, lost
        do(job)
        job.refresh()
        answer = [job.get_status(), job.exc_info or outages(get_store())[0].error]
        """,
        begin=PERFORM
        + "from frappe.database.database import Database\n"
        + "from frappe_celery.jobs.limits.outages import outages\n"
        + LOST[database],
    )
    assert answer[0] == status
    assert said in (answer[1] if moment == "method" else answer[1].splitlines()[-1])


@pytest.mark.parametrize(
    ("moment", "looks", "status"),
    [
        ("connect", True, "queued"),
        ("statement", True, "queued"),  # in `connect` nothing is opened yet, from 16 on
        ("statement", False, "queued"),
        ("method", True, "failed"),
    ],
)
def test_a_job_whose_time_is_over_before_a_silent_database_let_it_begin_waits(
    bench: StandInBench, moment: str, looks: bool, status: str
) -> None:
    answer = bench.ask(
        f"""
        def hangs(*_, **__):
            time.sleep(60)

        class Database(dict):
            _conn = None
            connect = hangs

        job = enqueued("fixture_app.tasks.write", text="x", timeout=1)
        message, sealed = job.opened, get_store().message_of(job.run_id)
        get_store().start(job.run_id, "w")
        if {moment!r} == "connect":
            frappe.connect = hangs
        elif {moment!r} == "statement":
            connecting.frappe = types.SimpleNamespace(db=Database())
        else:
            tasks.write = hangs
        try:
            run_claimed(message, sealed, "w", {looks})
        except BaseException as exc:
            print(type(exc), exc)
        job.refresh()
        answer = [job.get_status(), [each.error for each in outages(get_store())]]
        """,
        begin=PERFORM
        + "import time, types\n"
        + "from frappe_celery.hosts.bench import connecting\n"
        + "from frappe_celery.jobs.limits.outages import outages\n"
        + "from frappe_celery.worker.perform import run_claimed\n",
    )
    assert answer == [status, ["it does not answer"] if status == "queued" else []]


def test_a_job_may_switch_its_own_repetitions_off(bench: StandInBench) -> None:
    """As Frappe v17's `enqueue_task` does for an exception that `retry_on` does not name."""
    answer = bench.ask(
        """
        from types import SimpleNamespace as Retry
        import rq

        def switched_off():
            job = rq.get_current_job()
            seen.append(job.retries_left)
            if len(seen) == 2:
                job.retries_left = 0
            raise KeyError("none")

        seen, tasks.switched_off = [], switched_off
        job = performed("fixture_app.tasks.switched_off", job_id="x",
                        retry_after=Retry(max=5, intervals=[0]))
        frappe.init("site1")
        do(background_jobs.get_job("x"))
        frappe.init("site1")
        answer = [seen, background_jobs.get_job("x").get_status()]
        """,
        begin=PERFORM,
    )
    assert answer == [[5, 4], "failed"]


def test_frappe_s_jobs_and_scheduled_methods_are_repeated_as_configured(
    bench: StandInBench,
) -> None:
    """That Frappe catches what a scheduled method raises makes no difference."""
    bench.configure(
        frappe_celery_methods={"fixture_app.tasks.*": {"retry": {"max": 2, "delay": 0}}}
    )
    answer = bench.ask(
        """
        def runs(method, **kwargs):
            def raises():
                seen.append(method)
                raise KeyError("none")

            seen, tasks.raises = [], raises
            job = performed(method, job_id="x", **kwargs)
            for _ in range(5):
                frappe.init("site1")
                job = background_jobs.get_job("x")
                if job.get_status() != "queued":
                    break
                do(job)
            frappe.destroy()
            return [len(seen), job.get_status()]

        wrapper = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"
        answer = [runs("fixture_app.tasks.raises"),
                  runs(wrapper, job_type="fixture_app.tasks.raises")]
        """,
        begin=PERFORM,
    )
    assert answer == [[3, "failed"], [3, "finished"]]


@pytest.mark.parametrize("error", ["asked", "timeout", "internal", "deadlock", "driver", "changed"])
def test_what_may_succeed_next_time_is_run_again_as_the_same_user(
    bench: StandInBench, error: str
) -> None:
    answer = bench.ask(
        f"""
        job = performed("fixture_app.tasks.rerun", error={error!r}, times=2)
        answer = [job.get_status(), job.result, pauses]
        """,
        begin=PERFORM,
    )
    *found, pauses = answer
    assert found == ["finished", ["someone"] * 3]
    if error in ("deadlock", "driver", "changed"):
        assert [0 < pause < most for pause, most in zip(pauses, (0.1, 0.3), strict=True)] == [
            True
        ] * 2
    else:
        assert pauses == [1, 2]
    assert bench.effects() == ["before job|someone", "attempt|site1|someone"]


def test_reruns_end_and_the_last_failure_is_logged_and_committed(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        job = performed("fixture_app.tasks.rerun", error="asked", times=9)
        answer = [job.get_status(), len(pauses), vars(frappe.local)]
        """,
        begin=PERFORM,
    )
    assert answer == ["failed", 5, {}]
    assert bench.effects() == ["error log|fixture_app.tasks.rerun"]


def test_frappes_own_limit_of_failed_jobs_is_not_run(bench: StandInBench) -> None:
    """The job store limits them; Frappe's callback would read through all of them."""
    answer = bench.ask(
        """
        job = performed("fixture_app.tasks.fail")
        answer = [job.get_status(), "callback" in job.exc_info]
        """,
        begin=PERFORM,
    )
    assert answer == ["failed", False]


def test_another_error_of_the_driver_is_not_run_again(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        job = performed("fixture_app.tasks.rerun", error="other", times=1)
        answer = [job.get_status(), pauses]
        """,
        begin=PERFORM,
    )
    assert answer == ["failed", []]


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("fixture_app.tasks.leave", "finished"),
        ("fixture_app.tasks.no_such_method", "failed"),
        ("no_such_app.tasks.x", "failed"),
    ],
)
def test_nothing_is_left_for_the_next_job(bench: StandInBench, method: str, status: str) -> None:
    answer = bench.ask(
        f"""
        first, second = enqueued({method!r}), enqueued("fixture_app.tasks.state")
        do(first)
        do(second)
        answer = [first.get_status(), second.result]
        """,
        begin=PERFORM,
    )
    assert answer == [status, [True, False, "site1"]]


def test_a_failing_hook_leaves_no_site_open(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        tasks.before_job = lambda: 1 / 0
        job = performed("fixture_app.tasks.write")
        answer = [job.get_status(), vars(frappe.local)]
        """,
        begin=PERFORM,
    )
    assert answer == ["failed", {}]


def test_a_workers_parent_imports_what_a_job_takes_and_opens_no_site(bench: StandInBench) -> None:
    bench.write("hook_module.py", "def before_job():\n    pass\n")
    answer = bench.ask(
        """
        import sys
        frappe.get_hooks = lambda name: ["hook_module.before_job"]
        frappe.destroy()
        hosts.current().import_apps()
        answer = ["hook_module" in sys.modules, "fixture_app.hooks" in sys.modules,
                  vars(frappe.local), frappe.db, os.getcwd()]
        """,
        begin=PERFORM,
    )
    assert answer == [True, True, {}, None, str(bench.root / "sites")]


def test_what_a_job_keeps_with_itself_is_there_for_others(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import rq
        from datetime import date

        def keep(**_):
            job = rq.get_current_job()
            job.meta["progress"] = 50
            job.meta["day"] = date(2024, 2, 29)
            job.save_meta()
            job.meta["unsaved"] = 1

        tasks.keep = keep
        before = enqueued(tasks.keep)
        empty = dict(before.meta)
        do(before)
        seen = [empty, dict(before.meta), before.get_meta(refresh=False)]
        other = rq.job.Job.fetch(before.id)
        seen.append({**other.meta, "day": other.meta["day"].isoformat()})
        before.refresh()
        seen.append(sorted(before.meta))
        answer = seen
        """,
        begin=PERFORM,
    )
    kept = {"progress": 50, "day": "2024-02-29"}
    assert answer == [{}, {}, {}, kept, ["day", "progress"]]


def test_what_it_keeps_is_refused_when_another_wrote_it_and_leaves_nothing_when_it_is_gone(
    bench: StandInBench,
) -> None:
    answer = bench.ask(
        """
        from frappe_celery.errors import Refused
        store = get_store()
        one, two = enqueued("fixture_app.tasks.write"), enqueued("fixture_app.tasks.write")
        one.meta["x"] = 1
        one.save_meta()
        sealed = store.client.hget(store.keys.record(one.run_id), "meta")
        said = []
        for forged in (sealed, b"no signature"):
            store.client.hset(store.keys.record(two.run_id), "meta", forged)
            try:
                two.get_meta()
            except Refused as exc:
                said.append(True)
        one.delete()
        one.save_meta()
        answer = [said, store.client.exists(store.keys.record(one.run_id))]
        """,
        begin=PERFORM,
    )
    assert answer == [[True, True], 0]
