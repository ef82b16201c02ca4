"""Resumable jobs in a bench: each item is done once, whatever ends a run."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.bench.bench import Bench
from tests.project import Process
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_job_left")


class Going:
    """One job, its ledger, and what it has committed."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.label, self.ledger = bench, uuid.uuid4().hex, folder / "ledger"
        self.ledger.touch()

    def start(self, method: str, then: str = "", **kwargs: object) -> str:
        """`then`: what the caller does after it."""
        arguments = {"label": self.label, "ledger": str(self.ledger), **kwargs}
        self.id = str(
            self.bench.ask(
                f"import fc_probe_each\n"
                f"answer = frappe.enqueue(fc_probe_each.{method}, **{arguments!r}).id\n{then}"
            )
        )
        return self.id

    def noted(self) -> list[str]:
        return self.ledger.read_text().split()

    def reaches(self, item: int) -> None:
        wait_until(lambda: str(item) in self.noted(), 60, f"it comes to {item}")

    def ended(self) -> tuple[str, str]:
        """Its status, and what it raised."""
        status, error = self.bench.ask(
            f"""
            from frappe_celery.jobs import get_store
            job = get_store().find({self.id!r})
            until(lambda: job.get_status() not in ("queued", "started", "scheduled"), 150)
            answer = [job.status.value, job.exc_info or ""]
            """
        )
        return status, error

    def items(self) -> list[int]:
        written = self.bench.ask(f"answer = written({self.label!r})")
        return sorted(int(line.partition("|")[0].rpartition(" ")[2]) for line in written)


@pytest.fixture
def going(bench: Bench, tmp_path: Path) -> Going:
    return Going(bench, tmp_path)


def kill_its_process(worker: Process) -> None:
    for process in psutil.Process(worker.pid).children():
        process.kill()


def test_kills_and_exchanges_of_the_worker(bench: Bench, going: Going) -> None:
    chance, worker = random.Random(7), bench.worker(1)
    going.start("write_each", items=150, seconds=0.02)
    for number in range(8):
        going.reaches(number * 15 + chance.randrange(10))
        if number % 3 == 2:
            began = time.monotonic()
            assert worker.stop() == 0
            assert time.monotonic() - began < 5
            worker = bench.worker(1)
        else:
            kill_its_process(worker)
    assert going.ended()[0] == "finished"
    assert going.items() == list(range(150))
    assert going.noted().count("method") > 5  # a process may die before that
    of_its_line = f"from frappe_celery_each where line = '{going.id[-32:]}'"
    left = f"answer = frappe.db.sql({'select count(*) ' + of_its_line!r})"
    wait_until(lambda: bench.ask(left) == [[0]], what="its rows are gone")


def test_a_second_writer(bench: Bench, going: Going) -> None:
    """1020 and 1213 undo what was not committed: it is done again in the same run. Elsewhere they
    wait for each other: an item's first write has SQLite's lock, and after a connection's first
    commit Frappe's transactions are PostgreSQL's READ COMMITTED."""
    bench.worker(1)
    name = bench.ask("answer = frappe.get_doc(doctype='ToDo', description='shared').insert().name")
    writes = f"fc_probe_each.set_again_and_again({name!r}, time.time() + 4)"
    going.start("meet_others", then=writes, items=90, name=name)
    status, error = going.ended()
    assert (status, error) == ("finished", "")
    assert going.items() == list(range(90))
    if bench.database == "mariadb":
        assert going.noted().count("method") > 1  # they have met


@pytest.mark.usefixtures("on_a_server")
def test_a_connection_that_is_lost(bench: Bench, going: Going) -> None:
    """It waits until the database lets it in, as a job does that has not begun."""
    bench.worker(1)
    going.start("write_each", items=60, seconds=0.03)
    for item in (10, 30):
        going.reaches(item)
        bench.ask("fc_probe.end_other_connections()")
    assert going.ended() == ("finished", "")
    assert going.items() == list(range(60))


def test_a_doubt_is_named(bench: Bench, going: Going) -> None:
    worker = bench.worker(1)
    going.start("commit_inside", items=30)
    going.reaches(12)
    kill_its_process(worker)
    status, error = going.ended()
    items = going.items()
    if status == "failed":  # it died between an item's own commit and its end
        assert f"ItemInDoubt: item {items[-1]} had committed by itself" in error
    assert items == list(range(len(items)))


def test_past_what_raises(bench: Bench, going: Going) -> None:
    bench.worker(1)
    going.id = bench.ask(
        f"import fc_probe_each; answer = frappe.enqueue("
        f"fc_probe_each.go_past, label={going.label!r}, items=12, wrong=[2, 7]).id"
    )
    status, error = going.ended()
    assert status == "failed"
    assert "ItemsFailed: 2 items raised" in error
    assert going.items() == [item for item in range(12) if item not in (2, 7)]


def test_desk_is_told(bench: Bench, until_told: Callable[[], list[str]]) -> None:
    bench.worker(1)
    name = bench.ask("answer = frappe.get_doc(doctype='ToDo', description='x').insert().name")
    bench.ask(f"import fc_probe_each; ended(frappe.enqueue(fc_probe_each.tell, docname={name!r}))")
    assert name in until_told()[-1]


def test_a_scheduled_job_that_leaves_has_no_row_of_the_log(bench: Bench) -> None:
    """The run that goes on writes its own."""
    code = """
        from frappe_celery.errors import GoesOn
        row = frappe.get_last_doc("Scheduled Job Type")
        row.create_log, get_attr = 1, frappe.get_attr
        def leaves():
            raise GoesOn("a deploy", True)
        def logged():
            frappe.db.rollback()
            return frappe.get_all("Scheduled Job Log", {"scheduled_job_type": row.name}, "status")
        before, frappe.get_attr = logged(), lambda p: leaves if p == row.method else get_attr(p)
        try:
            row.execute()
        except GoesOn:
            frappe.get_attr = get_attr
        answer = [before, logged()]
        """
    before, after = bench.ask(code)
    assert after == before
