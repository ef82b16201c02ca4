"""Frappe 14's ways, from 14.62 on: what it lacks is done without, what it has of its own is led to
Celery, and four of its pins give way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench
from tests.integration.hosts.bench.switching import Switch, metadata
from tests.integration.hosts.bench.test_changes import TELL
from tests.integration.hosts.bench.test_fit import JOB_TYPE, JOBS, Changed
from tests.integration.hosts.bench.test_run import PERFORM
from tests.integration.hosts.bench.test_schedule import HOSTED

DATABASE, INIT = "frappe/database/database.py", "frappe/__init__.py"
AFTER_COMMIT = """

def enqueue_jobs_after_commit():
    from frappe.utils.background_jobs import execute_job, get_queue

    for job in frappe.flags.enqueue_after_commit or ():
        get_queue(job["queue"], is_async=job["is_async"]).enqueue_call(
            execute_job, timeout=job["timeout"], kwargs=job["queue_args"], job_id=job["job_id"]
        )
    frappe.flags.enqueue_after_commit = []
"""
WAITING = """
from frappe_celery.jobs import get_store, hosts
def waiting():
    return [job.id for job in get_store().all_of("queued")][::-1]
"""


class Bench14(Changed):
    """The stand-ins as Frappe 14 is."""

    def __init__(self, bench: StandInBench, where: Path) -> None:
        super().__init__(bench, where)
        shutil.copy(Path(__file__).parent / "standin_14" / "background_jobs.py", where / JOBS)
        self.change(DATABASE, "from frappe.utils import CallbackManager\n", "")
        self.change(DATABASE, "        self.after_commit = CallbackManager()\n", "")
        self.change(DATABASE, "self.after_commit.run()", "enqueue_jobs_after_commit()")
        self.change(DATABASE, "self.after_commit.reset()", "frappe.flags.enqueue_after_commit = []")
        self.change("frappe/utils/__init__.py", "class CallbackManager", "class _NotThere")
        self.change(INIT, "in_migrate=False", "in_migrate=False, enqueue_after_commit=None")
        self.change(JOB_TYPE, "frappe.cache.get", "frappe.cache().get")
        self.change(INIT, "local = Local()\ncache =", "local = Local()\nthe_cache =")
        for file, more in (
            (DATABASE, AFTER_COMMIT),
            (INIT, "\n\ndef cache():\n    return the_cache\n"),
        ):
            with (where / file).open("a") as text:
                text.write(more)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "STANDIN_FRAPPE": "14.93.2", "STANDIN_RQ": "1.14.1"}

    def ask(self, code: str, begin: str = BEGIN) -> Any:
        return self.bench.ask(code, begin=begin, **self.environment)


@pytest.fixture
def bench_14(bench: StandInBench, tmp_path: Path) -> Bench14:
    return Bench14(bench, tmp_path / "frappe_14")


def test_its_names_fit_and_none_is_added_that_leads_nowhere(bench_14: Bench14) -> None:
    answer = bench_14.ask(
        """
        from frappe_celery.hosts.bench import fit, switch
        answer = [fit.look(), fit.look(switch.ARMED), hasattr(background_jobs, "get_job"),
                  hasattr(background_jobs, "start_worker_pool")]
        """
    )
    assert answer == [[], [], False, False]


def test_an_older_one_is_refused_by_name(bench_14: Bench14) -> None:
    """Whose RQ has no results yet."""
    (bench_14.where / "rq" / "results.py").unlink()
    bench_14.change("rq/__init__.py", 'os.environ.get("STANDIN_RQ", "1.15.1")', '"1.11.1"')
    answer = bench_14.ask(
        """
        from frappe_celery.hosts.bench import fit
        answer = fit.look()
        try:
            frappe.enqueue("fixture_app.tasks.write")
        except Exception as exc:
            answer.append(str(exc))
        """
    )
    named = "rq is 1.11.1, needed is 1.14.1: update Frappe 14 to 14.62 or newer"
    assert answer[0] == named
    assert f"was not made for this Frappe: {named}. " in answer[1]


def test_jobs_and_callbacks_wait_for_the_commit_in_their_order(bench_14: Bench14) -> None:
    answer = bench_14.ask(
        WAITING
        + """
def call(name):
    frappe.enqueue("fixture_app.tasks.write", job_id=name, enqueue_after_commit=True)

def both(name):
    call(f"job of {name}")
    hosts.current().after_commit(lambda: frappe.enqueue("fixture_app.tasks.write", job_id=name))
    call(f"job after {name}")

both("undone")
frappe.db.rollback()
both("done")
answer = [waiting()]
frappe.db.commit()
answer.append(waiting())
frappe.db.commit()
answer.append(len(waiting()))
"""
    )
    jobs = ["site1::job of done", "site1::done", "site1::job after done"]
    assert answer == [[], jobs, 3]


def test_one_that_raises_after_the_commit_has_nothing_called_a_second_time(
    bench_14: Bench14,
) -> None:
    """Frappe 14's own list would be enqueued from its beginning at the next commit."""
    answer = bench_14.ask(
        WAITING
        + """
def refuse():
    raise ValueError("on purpose")

frappe.enqueue("fixture_app.tasks.write", job_id="first", enqueue_after_commit=True)
hosts.current().after_commit(refuse)
answer = []
try:
    frappe.db.commit()
except ValueError as exc:
    answer.append(str(exc))
frappe.db.commit()
answer.append(waiting())
"""
    )
    assert answer == ["on purpose", ["site1::first"]]


def test_what_goes_by_the_outbox_is_a_row_at_once(bench_14: Bench14) -> None:
    answer = bench_14.ask(
        WAITING
        + """
from frappe_celery.jobs.outbox import at_commit
rows = []

def add(runs, **options):
    rows.append([runs[0][0].id, options])
    hosts.current().after_commit(lambda: rows.append("published"))

at_commit.is_on, at_commit.add = (lambda site: True), add
waits = {"enqueue_after_commit": True, "timeout": 77}
frappe.enqueue("fixture_app.tasks.write", job_id="in time", **waits)
hosts.current().after_commit(lambda: rows.append("called"))
frappe.enqueue("fixture_app.tasks.write", job_id="later", **waits)
frappe.db.commit()
answer = [rows, waiting()]
"""
    )
    asked = {"deduplicate": False, "front": 0}
    rows = [["site1::in time", asked], ["site1::later", asked]]
    assert answer == [[*rows, "published", "called", "published"], []]


@pytest.mark.parametrize("error", ["asked", "internal", "deadlock"])
def test_what_the_last_rerun_raises_is_in_the_error_log_once(bench_14: Bench14, error: str) -> None:
    answer = bench_14.ask(
        f"""
        job = performed("fixture_app.tasks.rerun", error="{error}", times=9)
        answer = [job.get_status(), len(pauses)]
        """,
        begin=PERFORM,
    )
    assert answer == ["failed", 5]
    logs = [line for line in bench_14.bench.effects() if line.startswith("error log")]
    assert logs == ["error log|fixture_app.tasks.rerun"]


def test_a_rerun_keeps_the_user(bench_14: Bench14) -> None:
    answer = bench_14.ask(
        """
        job = performed("fixture_app.tasks.rerun", error="asked", times=2)
        answer = [job.get_status(), job.result, bool(vars(frappe.local))]
        """,
        begin=PERFORM,
    )
    assert answer == ["finished", ["someone"] * 3, False]


def test_a_function_is_named_in_the_error_log_as_14_names_it(bench_14: Bench14) -> None:
    bench_14.ask('performed(tasks.fail)\nperformed("fixture_app.tasks.fail")', begin=PERFORM)
    logs = [line for line in bench_14.bench.effects() if line.startswith("error log")]
    assert logs == ["error log|fail", "error log|fixture_app.tasks.fail"]


def test_beat_is_told_of_a_change_and_syncs_the_rows(bench_14: Bench14) -> None:
    told = bench_14.ask(
        """
        row.save()
        frappe.db.rollback()
        frappe.db.commit()
        answer = [sorted(changed_sites.take())]
        row.save()
        frappe.db.commit()
        answer.append(sorted(changed_sites.take()))
        """,
        begin=TELL,
    )
    assert told == [[], ["site1"]]
    answer = bench_14.ask("answer = host.sync_schedule('site1', []).added", begin=HOSTED)
    assert answer == ["fixture_app.tasks.write"]


def test_a_worker_starts_without_what_14_has_not(bench_14: Bench14) -> None:
    begin = "from frappe_celery.jobs import hosts\nimport json, frappe_celery_hook\n"
    assert bench_14.ask("answer = hosts.current().import_apps()", begin=begin) is None


PINS = ("Click~=7.1.2", "redis~=3.5.3", "croniter~=1.3.5", "RestrictedPython~=6.2")
FOURS = {"click": "8.1.8", "redis": "4.5.5", "croniter": "2.0.1", "RestrictedPython": "8.5"}


@pytest.mark.parametrize(
    ("installed", "more", "refused"),
    [
        ({}, (), ""),
        ({"redis": "4.6.0"}, (), "frappe 14.93.2 needs redis==4.5.5, installed is 4.6.0"),
        ({"click": "8.2.1"}, (), "frappe 14.93.2 needs click<8.2,>=8.1.7, installed is 8.2.1"),
        ({}, ("packaging<20",), "frappe 14.93.2 needs packaging<20, installed is "),
    ],
)
def test_four_pins_give_way_to_the_releases_that_were_tried_and_no_fifth(
    switch: Switch,
    tmp_path: Path,
    installed: dict[str, str],
    more: tuple[str, ...],
    refused: str,
) -> None:
    place = tmp_path / "v14"
    metadata(place, "frappe", "14.93.2", *PINS, *more)
    for name, release in {**FOURS, **installed}.items():
        metadata(place, name, release)
    path = f"{place}:{switch.bench.environment()['PYTHONPATH']}"
    code, output = switch.run("enable", PYTHONPATH=path)
    if refused:
        assert (code, "frappe_celery[frappe14]" in output) == (1, True), output
        assert refused in output
    else:
        assert code == 0, output
        for pin in PINS:
            assert f"Frappe 14 pins {pin}: installed is " in output
            assert (
                f"Frappe 14 pins {pin}: installed is " in switch.run("doctor", PYTHONPATH=path)[1]
            )


def test_a_job_of_a_function_is_named_as_its_method(bench_14: Bench14) -> None:
    """14 names it by its place in memory, another one in each process."""
    answer = bench_14.ask(
        """
        jobs = [frappe.enqueue(tasks.write), frappe.enqueue("fixture_app.tasks.write"),
                frappe.enqueue(tasks.write, job_name="mine")]
        shown = [job.kwargs["job_name"].partition(" at ")[0] for job in jobs]
        answer = [[job.job_name for job in jobs], shown]
        """
    )
    names = ["fixture_app.tasks.write", "fixture_app.tasks.write", "mine"]
    assert answer == [names, ["<function write", *names[1:]]], (
        "of the first Desk shows the function"
    )


def test_an_armed_benchs_scheduler_is_seen_though_14s_own_takes_no_lock(bench_14: Bench14) -> None:
    bench_14.bench.write("config/started", "")
    answer = bench_14.ask(
        """
        from frappe_bridge.armed.turn import starting_scheduler
        from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
        answer = [frappes_scheduler_runs(), starting_scheduler(frappes_scheduler_runs)()]
        """
    )
    assert answer == [False, True]


def test_an_armed_benchs_scheduler_has_the_lock_while_it_runs(bench_14: Bench14) -> None:
    bench_14.bench.write("config/started", "")
    answer = bench_14.ask(
        """
        from frappe_bridge.armed.turn import starting_scheduler
        from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
        answer = [starting_scheduler(frappes_scheduler_runs)(), frappes_scheduler_runs()]
        """
    )
    assert answer == [True, False]
