"""A job enqueued in a transaction of Django's that has written waits for its end."""

from __future__ import annotations

import pytest

from tests.integration.standalone.test_django_project import migrated_team, python, team
from tests.project import Project

__all__ = ["migrated_team", "team"]

WAITING = """
from django.db import transaction
from frappe_celery.jobs import get_store

def ask():
    return frappe.enqueue("shop.tasks.order", number="1")

def in_line():
    return sum(len(line) for line in get_store().standing("default"))

def empty():
    for job in get_store().all_of("queued"):
        job.delete()
"""


def test_it_is_handed_out_at_the_commit_not_at_an_inner_blocks_end(team: Project) -> None:
    code = """
with transaction.atomic():
    with transaction.atomic():
        Order.objects.create(number="1")
        job = ask()
    print(in_line(), job.get_status())
print(in_line())
"""
    assert python(team, WAITING + code) == ["0", "queued", "1"]


@pytest.mark.parametrize(
    ("undone", "expected"),
    [
        ("raise ValueError", ["0", "1", "0"]),
        ("transaction.set_rollback(True)", ["0", "1", "0"]),
        ("frappe.db.rollback()", ["0", "1", "0"]),
    ],
)
def test_a_rollback_hands_it_out_as_well(team: Project, undone: str, expected: list[str]) -> None:
    code = f"""
try:
    with transaction.atomic():
        Order.objects.create(number="1")
        ask()
        print(in_line())
        {undone}
except ValueError:
    pass
print(in_line(), Order.objects.count())
"""
    assert python(team, WAITING + code) == expected


def test_a_batch_goes_in_spite_of_a_rollback_unless_it_is_after_commit(team: Project) -> None:
    code = """
from frappe_celery import batch
for after_commit in (False, True):
    with transaction.atomic():
        Order.objects.create(number="1")
        with batch("Close", enqueue_after_commit=after_commit) as b:
            b.enqueue("shop.tasks.order", number="1")
        transaction.set_rollback(True)
    print(in_line())
"""
    assert python(team, WAITING + code) == ["1", "1"]


def test_a_savepoint_that_is_rolled_back_ends_nothing(team: Project) -> None:
    code = """
with transaction.atomic():
    Order.objects.create(number="1")
    try:
        with transaction.atomic():
            ask()
            raise ValueError
    except ValueError:
        pass
    ask()
    print(in_line())
print(in_line())
"""
    assert python(team, WAITING + code) == ["0", "2"]


def test_who_wrote_nothing_does_not_wait(team: Project) -> None:
    code = """
ask()
print(in_line())
with transaction.atomic():
    Order.objects.count()
    ask()
    print(in_line())
Order.objects.create(number="1")
ask()
print(in_line())
with transaction.atomic():
    ask()
    print(in_line())
"""
    assert python(team, WAITING + code) == ["1", "2", "3", "4"]


def test_frappes_own_way_without_a_block(team: Project) -> None:
    code = """
frappe.init(frappe.local.site, force=True)
frappe.connect()
for end in ("db.commit", "db.rollback", "destroy"):
    frappe.get_doc({"doctype": "Memo", "name": frappe.generate_hash()}).insert()
    ask()
    before = in_line()
    eval(f"frappe.{end}()")
    print(in_line() - before)
    frappe.connect()
"""
    assert python(team, WAITING + code) == ["1", "1", "1"]


def test_within_a_test_nothing_waits(team: Project) -> None:
    code = """
from django.test import TestCase

class Test(TestCase):
    def runTest(self):
        Order.objects.create(number="1")
        ask()
        print(in_line())

import unittest
assert unittest.TextTestRunner().run(Test()).wasSuccessful()
"""
    assert python(team, WAITING + code)[0] == "1"


def test_it_can_be_switched_off(team: Project) -> None:
    team.configure(frappe_celery_commit_wait=0)
    code = """
with transaction.atomic():
    Order.objects.create(number="1")
    ask()
    print(in_line())
"""
    assert python(team, WAITING + code) == ["1"]
