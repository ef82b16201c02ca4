"""Thirty tests as a team writes them for its project (tests/team_sessions.py has that)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import frappe
import pytest
from celery import chain, group
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory, TestCase, TransactionTestCase
from frappe.utils import add_days, nowdate
from shop.models import Line, Order
from shop.tasks import mail_order, ship, who
from team.celery import add, app

import frappe_celery
from frappe_celery import Retry, enqueue_in, options

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return Order.objects.create(number="SO-1")


@pytest.fixture
def eager() -> Iterator[None]:
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


def states() -> dict[str, str]:
    return dict(Order.objects.order_by("number").values_list("number", "state"))


# -- models


def test_a_job_changes_a_row(order: Order, frappe_jobs: Any) -> None:
    frappe.enqueue(ship, number="SO-1")
    frappe_jobs.run()
    order.refresh_from_db()
    assert order.state == "shipped"


def test_a_job_makes_rows(frappe_jobs: Any) -> None:
    frappe.enqueue(ship, number="SO-2")
    assert [job.result for job in frappe_jobs.run()] == ["SO-2"]
    assert states() == {"SO-2": "new"}


def test_nothing_is_left_of_the_tests_before() -> None:
    assert states() == {}


def test_rows_that_depend_on_others(order: Order) -> None:
    Line.objects.create(order=order, item="bolt", amount="2.50")
    Line.objects.create(order=order, item="nut", amount="0.10")
    assert sum(line.amount for line in order.line_set.all()) == 2.6
    order.delete()
    assert not Line.objects.exists()


def test_an_integrity_error_in_a_block_of_its_own(order: Order) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.create(number="SO-1")
    assert states() == {"SO-1": "new"}


def test_a_job_that_meets_an_integrity_error_fails_alone(order: Order, frappe_jobs: Any) -> None:
    frappe.enqueue("shop.tasks.order_again", number="SO-1")
    frappe.enqueue(ship, number="SO-1")
    first, second = frappe_jobs.run(raising=False)
    assert first.is_failed
    assert "IntegrityError" in first.exc_info
    assert second.is_finished
    assert states() == {"SO-1": "shipped"}


def test_what_a_job_locks(order: Order, frappe_jobs: Any) -> None:
    frappe.enqueue("shop.tasks.ship_locked", number="SO-1")
    frappe_jobs.run()
    assert states() == {"SO-1": "shipped"}


def test_a_savepoint_that_is_gone_back_to(frappe_jobs: Any) -> None:
    frappe.enqueue("shop.tasks.half", number="SO-3")
    frappe_jobs.run()
    assert states() == {"SO-3": "new"}


# -- documents beside them


@pytest.mark.django_db(transaction=True)  # MariaDB makes no table within a test's transaction
def test_a_document_and_a_row() -> None:
    frappe.connect()
    frappe.get_doc({"doctype": "Memo", "name": "of SO-4", "title": "SO-4"}).insert()
    Order.objects.create(number="SO-4")
    assert frappe.db.exists("Memo", "of SO-4")
    frappe.db.rollback()
    assert not frappe.db.exists("Memo", "of SO-4")
    assert states() == {}


@pytest.mark.django_db(transaction=True)
def test_documents_of_the_test_before_are_gone() -> None:
    assert not frappe.db.exists("Memo", "of SO-4")


def test_dates_are_frappes() -> None:
    assert add_days(nowdate(), 1) > nowdate()


def test_who_a_job_is(frappe_jobs: Any) -> None:
    frappe.set_user("Guest")
    frappe.enqueue(who)
    (job,) = frappe_jobs.run()
    assert (job.result, job.user) == ("Guest", "Guest")


def test_users_of_the_test_before_are_gone() -> None:
    assert frappe.session.user != "Guest"


def test_a_cached_value(frappe_jobs: Any) -> None:
    frappe.cache.set_value("rate", 3)
    assert frappe.cache.get_value("rate") == 3


# -- requests


def test_a_request_and_its_job(client: Client, frappe_jobs: Any) -> None:
    assert client.get("/order").status_code == 200
    assert frappe_jobs.enqueued() == []  # the test's transaction is not committed


def test_a_request_whose_commit_is_played(
    client: Client, frappe_jobs: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.get("/order")
    frappe_jobs.assert_enqueued("shop.tasks.ship", number="SO-2")
    frappe_jobs.run()
    assert states() == {"SO-1": "new", "SO-2": "new"}


def test_a_request_that_fails_takes_its_rows_along(client: Client, frappe_jobs: Any) -> None:
    client.raise_request_exception = False
    assert client.get("/broken").status_code == 500
    assert (states(), frappe_jobs.enqueued()) == ({}, [])


async def ask(view: Any) -> Any:
    return await view(RequestFactory().get("/later"))


def test_an_async_view(frappe_jobs: Any) -> None:
    from asgiref.sync import async_to_sync
    from shop.urls import later

    answer = json.loads(async_to_sync(ask)(later).content)
    assert frappe_jobs.assert_enqueued("shop.tasks.who").id == answer["job"]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_committed(client: Client, frappe_jobs: Any) -> None:
    client.get("/order")
    job = frappe_jobs.assert_enqueued("shop.tasks.ship")
    assert frappe_jobs.assert_enqueued("shop.tasks.ship", **job.kwargs) == job
    assert len(frappe_jobs.run()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_failing_job_that_is_rolled_back(frappe_jobs: Any) -> None:
    frappe.enqueue(ship, number="SO-5", fail=True)
    (job,) = frappe_jobs.run(raising=False)
    assert job.is_failed
    assert states() == {}
    assert connection.in_atomic_block is False


# -- later, again


def test_a_job_for_later(order: Order, frappe_jobs: Any) -> None:
    enqueue_in(timedelta(days=1), ship, number="SO-1")
    assert frappe_jobs.run() == []
    assert len(frappe_jobs.run(until=timedelta(days=2))) == 1
    assert states() == {"SO-1": "shipped"}


def test_a_job_that_is_repeated(frappe_jobs: Any) -> None:
    options(retry=Retry(3, 60)).enqueue(ship, number="SO-6", fail=True)
    assert len(frappe_jobs.run(until=3600, raising=False)) == 4
    assert frappe.get_all("Error Log", pluck="method") == ["shop.tasks.ship"] * 4


def test_a_duplicate(frappe_jobs: Any) -> None:
    for _ in range(2):
        frappe.enqueue(who, job_id="once", deduplicate=True)
    assert len(frappe_jobs.run()) == 1


# -- the team's own tasks


def test_the_teams_tasks_after_commit(
    frappe_jobs: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        add.delay_on_commit(1, 2)
    assert [sent.args for sent in frappe_jobs.sent(add)] == [(1, 2)]


def test_a_chain(eager: None) -> None:
    assert chain(add.s(1, 2), add.s(3))().get() == 6


def test_a_group(eager: None) -> None:
    assert group(add.s(i, i) for i in range(3))().get() == [0, 2, 4]


def test_a_job_in_a_chain(eager: None, order: Order) -> None:
    steps = frappe_celery.signature(ship, kwargs={"number": "SO-1"}) | add.si(2, 2)
    assert steps.apply().get() == 4
    assert states() == {"SO-1": "shipped"}


# -- mails


def test_a_mail_of_a_job(order: Order, frappe_jobs: Any) -> None:
    frappe.enqueue(mail_order, number="SO-1")
    frappe_jobs.run()
    assert [message.subject for message in mail.outbox] == ["SO-1"]


class TestOfDjangos(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.order = Order.objects.create(number="SO-7")

    @pytest.fixture(autouse=True)
    def jobs(self, frappe_jobs: Any) -> None:
        self.jobs = frappe_jobs

    def test_it(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            frappe.enqueue(ship, enqueue_after_commit=True, number="SO-7")
        self.jobs.run()
        assert states() == {"SO-7": "shipped"}


class TestCommitted(TransactionTestCase):
    @pytest.fixture(autouse=True)
    def jobs(self, frappe_jobs: Any) -> None:
        self.jobs = frappe_jobs

    def test_it(self) -> None:
        with transaction.atomic():
            Order.objects.create(number="SO-8")
            frappe.enqueue(ship, enqueue_after_commit=True, number="SO-8")
            assert self.jobs.enqueued() == []
        self.jobs.run()
        assert states() == {"SO-8": "shipped"}
