"""Batches in Frappe's transactions: their jobs, and what follows, with its site and user."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import OUTBOX, Bench

pytestmark = pytest.mark.usefixtures("no_job_left")

MADE = """
import frappe_celery
from frappe_celery import batch

def make(number, after_commit, label):
    told = {{"method": fc_probe.write, "label": label + " finished"}}
    with batch("Close", on_finished=told, enqueue_after_commit=after_commit) as b:
        b.enqueue_many(fc_probe.write, ({{"label": label}} for _ in range(number)))
        b.enqueue(fc_probe.write, queue="long", label=label)
    return b

def ran(label):
    return [line.split("|") for line in written(label)]

def last(label):
    return [line[1:] for line in ran(label) if line[0].endswith(" finished")]

label = {label!r}
frappe.set_user({user!r})
"""


@pytest.mark.parametrize("outbox", [False, True], ids=["alone", "with the outbox"])
def test_it_is_whole_after_a_commit_and_not_there_after_a_rollback(
    bench: Bench, outbox: bool
) -> None:
    label, environment = uuid.uuid4().hex, OUTBOX if outbox else {}
    (bench.outbox_worker if outbox else bench.worker)(2)
    seen = bench.ask(
        MADE.format(label=label, user="Administrator")
        + """
make(120, True, label + "x")
frappe.db.rollback()
b = make(120, True, label)
frappe.get_doc({"doctype": "ToDo", "description": "of a caller"}).insert()
try:
    b.state()
    before = "there"
except frappe_celery.NoSuchJob:
    before = "not there"
frappe.db.commit()
until(lambda: len(ran(label)) == 122, 90)
answer = [before, b.state().total, b.state().is_finished, last(label), ran(label + "x")]
frappe.db.delete("ToDo", {"description": "of a caller"})
""",
        **environment,
    )
    assert seen == ["not there", 121, True, [[bench.site, "Administrator"]], []]


def test_it_starts_when_the_transaction_of_its_block_has_ended_and_runs_as_its_user(
    bench: Bench,
) -> None:
    label = uuid.uuid4().hex
    bench.worker(2)
    seen = bench.ask(
        MADE.format(label=label, user="Guest")
        + """
frappe.get_doc({"doctype": "ToDo", "description": "of a caller"}).insert(ignore_permissions=True)
b = make(3, False, label)
before = [b.state().going, {job.get_status() for job in b.jobs()} == {"queued"}]
frappe.db.commit()
until(lambda: len(ran(label)) == 5, 60)
answer = [before, last(label)]
frappe.set_user("Administrator")
frappe.db.delete("ToDo", {"description": "of a caller"})
"""
    )
    assert seen == [[4, True], [[bench.site, "Guest"]]]
