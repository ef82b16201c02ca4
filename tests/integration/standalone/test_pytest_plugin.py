"""The pytest plugin, in sessions of a team's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.team_sessions import DATABASES, Run, write

pytest_plugins = ["pytester"]


def test_what_a_session_enqueues_is_in_nobodys_queue_but_its_own(run: Run, live: str) -> None:
    queued = redis.Redis.from_url(live).llen("celery")
    result = run(
        """
        import subprocess
        import sys
        import frappe
        from team.celery import add, app

        def test_frappes(frappe_jobs):
            job = frappe.enqueue("shop.tasks.who")
            assert job.is_queued
            assert frappe_jobs.enqueued("shop.tasks.who") == [job]

        def test_the_teams():
            result = add.delay(1, 2)
            assert "LIVE" not in app.connection_for_write().as_uri(include_password=True)
            assert "LIVE" not in app.backend.as_uri(include_password=True)
            assert not result.ready()

        def test_of_a_process_that_a_test_starts():
            code = "import frappe_celery, frappe; print(frappe.enqueue('shop.tasks.who').store.url)"
            url = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            assert url.stdout.strip() not in ("", "LIVE"), url.stderr
        """.replace("LIVE", live)
    )
    result.assert_outcomes(passed=3)
    assert result.live == set()
    assert redis.Redis.from_url(live).llen("celery") == queued


def test_a_project_on_rabbitmq_is_on_it_too(run: Run, pytester: pytest.Pytester) -> None:
    with (pytester.path / "team/settings.py").open("a") as settings:
        settings.write('CELERY_BROKER_URL = FRAPPE_CELERY["broker_url"] = "amqp://127.0.0.1:1"\n')
    run(
        """
        import frappe
        from team.celery import add

        def test_it(frappe_jobs):
            frappe.enqueue("shop.tasks.who")
            frappe_jobs.assert_enqueued("shop.tasks.who")
            assert not add.delay(1, 2).ready()
        """
    ).assert_outcomes(passed=1)


def test_jobs_run_on_demand_with_what_they_enqueue(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from shop.models import Order
        from shop.tasks import ship

        @pytest.mark.django_db
        def test_run(frappe_jobs):
            frappe.enqueue("shop.tasks.ship_two", number="SO-1")
            frappe.enqueue(ship, queue="short", number="SO-0")
            assert not Order.objects.exists()
            ran = frappe_jobs.run()
            assert [(job.method, job.status.value) for job in ran] == [
                ("shop.tasks.ship", "finished"),
                ("shop.tasks.ship_two", "finished"),
                ("shop.tasks.ship", "finished"),
            ]
            assert [order.number for order in Order.objects.all()] == ["SO-0", "SO-1", "SO-1b"]
            assert frappe.cache.get_value("committed") == "SO-1b"
            assert ran[0].result == "SO-0"
            assert frappe_jobs.run() == []

        @pytest.mark.django_db
        def test_nothing_of_the_test_before_is_left(frappe_jobs):
            assert frappe_jobs.enqueued() == frappe_jobs.run() == []
            assert not Order.objects.exists()
            assert frappe.cache.get_value("committed") is None
        """
    ).assert_outcomes(passed=2)


def test_batches_and_what_waits_for_others_run_to_their_end(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from frappe_celery import batch, options
        from shop.models import Order

        def ship(number):
            with batch("Ship", on_finished="shop.tasks.who") as b:
                b.enqueue_many("shop.tasks.ship", ({"number": f"SO-{n}"} for n in range(number)))
            return b

        @pytest.mark.django_db
        def test_of_a_batch(frappe_jobs):
            b = ship(120)
            assert [job.method for job in frappe_jobs.run()] == ["shop.tasks.ship"] * 120 + [
                "shop.tasks.who"
            ]
            assert b.state().is_finished
            assert Order.objects.count() == 120

        @pytest.mark.django_db
        def test_at_once(frappe_jobs):
            frappe_jobs.at_once = True
            b = ship(2)
            assert b.state().is_finished
            assert frappe_jobs.enqueued("shop.tasks.who")[0].is_finished

        @pytest.mark.django_db
        def test_of_many_that_wait_for_one(frappe_jobs):
            first = frappe.enqueue("shop.tasks.who")
            for _ in range(150):
                options(depends_on=first).enqueue("shop.tasks.who")
            assert len(frappe_jobs.run()) == 151
        """
    ).assert_outcomes(passed=3)


def test_a_job_that_fails_fails_the_test_and_takes_only_its_own_along(run: Run) -> None:
    result = run(
        """
        import frappe, pytest
        from django.test import TestCase, TransactionTestCase
        from shop.models import Order

        def both(frappe_jobs):
            Order.objects.create(number="of the test")
            frappe.enqueue("shop.tasks.ship", number="lost", fail=True)
            frappe.enqueue("shop.tasks.leave")
            frappe.enqueue("shop.tasks.ship", number="kept")
            first, left, second = frappe_jobs.run(raising=False)
            assert (first.status.value, second.status.value) == ("failed", "finished")
            assert left.is_failed and "SystemExit: 3" in left.exc_info
            assert "lost is lost" in first.exc_info
            assert [o.number for o in Order.objects.all()] == ["of the test", "kept"]
            assert frappe.get_all("Error Log", pluck="method") == ["shop.tasks.ship"]

        @pytest.mark.django_db
        def test_in_a_function(frappe_jobs):
            both(frappe_jobs)

        @pytest.mark.django_db(transaction=True)
        def test_without_a_block(frappe_jobs):
            both(frappe_jobs)

        @pytest.mark.usefixtures("jobs")
        class TestOfDjangos(TestCase):
            @pytest.fixture
            def jobs(self, frappe_jobs):
                self.jobs = frappe_jobs

            def test_both(self):
                both(self.jobs)

        @pytest.mark.django_db
        def test_it_is_raised(frappe_jobs):
            frappe.enqueue("shop.tasks.ship", number="SO-7", fail=True)
            frappe_jobs.run()
        """
    )
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*ValueError: SO-7 is lost"])


def test_with_available_apps_no_test_leaves_a_document_to_the_next(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from django.test import TestCase, TransactionTestCase
        from shop.models import Order

        def write():
            assert not Order.objects.exists()
            assert not frappe.db.count("Error Log")
            Order.objects.create(number="1")
            frappe.get_doc(doctype="Error Log", method="of a test").insert()
            frappe.db.commit()

        class TestOfOurs(TransactionTestCase):
            available_apps = ["shop", "frappe_standalone"]
            test_one = test_two = lambda self: write()

        class TestOfTheirs(TransactionTestCase):
            available_apps = ["shop"]
            test_one = test_two = lambda self: write()

        @pytest.mark.django_db(transaction=True, available_apps=["shop"])
        def test_in_a_function():
            write()

        class TestRolledBack(TestCase):
            test_one = lambda self: write()
        """
    ).assert_outcomes(passed=6)


@pytest.mark.usefixtures("run")
def test_so_it_is_with_django_s_own_runner(pytester: pytest.Pytester) -> None:
    write(
        pytester.path / "test_ours.py",
        """
        import unittest
        import frappe
        from django.db import connection
        from django.test import TestCase, TransactionTestCase, override_settings

        def write():
            assert not frappe.db.count("Error Log")
            frappe.get_doc(doctype="Error Log", method="of a test").insert()
            frappe.db.commit()

        class Committed(TransactionTestCase):
            available_apps = ["shop"]
            def test_one(self):
                write()
            def test_two(self):
                write()
                with override_settings(INSTALLED_APPS=["shop", "frappe_celery"]):
                    pass
                assert frappe.db.count("Error Log") == 1

        class RolledBack(TestCase):
            def test_it(self):
                write()
                with override_settings(INSTALLED_APPS=["shop", "frappe_celery"]):
                    pass
                assert frappe.db.count("Error Log") == 1

        class Last(unittest.TestCase):
            def test_it(self):
                write()
        """,
    )
    command = [sys.executable, "-m", "django", "test", "--settings", "team.settings"]
    ran = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "Ran 4 tests" in ran.stderr


def test_jobs_run_at_once_where_that_is_asked_for(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from shop.models import Order
        from frappe_celery import enqueue_many
        from team.celery import app

        @pytest.mark.django_db
        def test_of_the_test(frappe_jobs):
            frappe_jobs.at_once = True
            assert frappe.enqueue("shop.tasks.ship_two", number="SO-1").is_finished
            assert Order.objects.count() == 2
            assert frappe.enqueue("shop.tasks.ship", number="SO-2", fail=True).is_failed

        @pytest.mark.django_db
        def test_of_many(frappe_jobs):
            entries = [{"number": "SO-1"}, {"number": "SO-2"}]
            jobs = enqueue_many("shop.tasks.ship", entries)
            assert frappe_jobs.enqueued("shop.tasks.ship") == list(jobs)
            frappe_jobs.assert_enqueued("shop.tasks.ship", number="SO-2")
            assert [job.is_finished for job in frappe_jobs.run()] == [True, True]
            frappe_jobs.at_once = True
            assert enqueue_many("shop.tasks.ship", [{"number": "SO-3"}])[0].is_finished
            assert Order.objects.count() == 3

        def test_not_of_the_next():
            assert frappe.enqueue("shop.tasks.who").is_queued

        @pytest.fixture
        def eager():
            app.conf.task_always_eager = True
            yield
            app.conf.task_always_eager = app.conf.task_eager_propagates = False

        @pytest.mark.django_db
        def test_of_celery(eager):
            assert frappe.enqueue("shop.tasks.who").is_finished
            assert frappe.enqueue("shop.tasks.ship", number="SO-3", fail=True).is_failed
            app.conf.task_eager_propagates = True
            with pytest.raises(ValueError, match="SO-3 is lost"):
                frappe.enqueue("shop.tasks.ship", number="SO-3", fail=True)
        """
    ).assert_outcomes(passed=4)


def test_after_commit_follows_the_tests_of_django(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from django.test import TestCase

        @pytest.mark.usefixtures("jobs")
        class TestOrder(TestCase):
            @pytest.fixture
            def jobs(self, frappe_jobs):
                self.jobs = frappe_jobs

            def test_it_is_captured(self):
                with self.captureOnCommitCallbacks(execute=True) as callbacks:
                    self.client.get("/order")
                    assert self.jobs.enqueued() == []
                assert len(callbacks) == 1
                self.jobs.assert_enqueued("shop.tasks.ship", number="SO-2")

            def test_without_it_nothing_is_committed(self):
                self.client.get("/order")
                assert self.jobs.enqueued() == []

        @pytest.mark.django_db
        def test_of_pytest(client, frappe_jobs, django_capture_on_commit_callbacks):
            with django_capture_on_commit_callbacks(execute=True):
                client.get("/order")
            assert [job.kwargs for job in frappe_jobs.run()] == [{"number": "SO-2"}]

        @pytest.mark.django_db(transaction=True)
        def test_with_a_real_commit(client, frappe_jobs):
            client.get("/order")
            frappe_jobs.assert_enqueued("shop.tasks.ship")
        """
    ).assert_outcomes(passed=4)


def test_a_rollback_goes_back_to_the_tests_start(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from django.test import TestCase
        from shop.models import Order

        def go_back(frappe_jobs):
            Order.objects.create(number="SO-1")
            frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
            frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="never")
            frappe.db.rollback()
            assert not Order.objects.filter(number="SO-1").exists()
            assert not frappe.db.exists("Memo", "n")
            Order.objects.create(number="SO-2")

        def after_an_error():
            with pytest.raises(Exception):
                frappe.db.sql("select nothing")
            frappe.db.rollback()
            assert not Order.objects.filter(number="SO-2").exists()

        class TestOrder(TestCase):
            @classmethod
            def setUpTestData(cls):
                Order.objects.create(number="of the class")

            def test_it(self):
                with self.captureOnCommitCallbacks() as callbacks:
                    go_back(None)
                assert callbacks == []
                after_an_error()
                assert Order.objects.get().number == "of the class"

            def test_it_again(self):
                assert Order.objects.get().number == "of the class"

        @pytest.mark.django_db
        def test_in_a_function(frappe_jobs):
            go_back(frappe_jobs)
            after_an_error()

        @pytest.mark.django_db
        def test_in_a_site_that_it_connects_to():
            frappe.connect()
            frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
            frappe.db.rollback()
            assert not frappe.db.exists("Memo", "n")
            frappe.get_doc({"doctype": "Memo", "name": "left open"}).insert()

        class TestLeftOpen(TestCase):
            def test_it(self):
                frappe.connect()
                frappe.get_doc({"doctype": "Memo", "name": "left open too"}).insert()

        @pytest.mark.django_db
        def test_nothing_is_left():
            assert not frappe.db.exists("Memo", {"docstatus": 0})
            assert not Order.objects.exists()
        """
    ).assert_outcomes(passed=6)


def test_flags_user_and_cache_are_clean(run: Run) -> None:
    run(
        """
        import frappe, pytest

        @pytest.mark.parametrize("number", [1, 2])
        def test_clean(number):
            assert frappe.session.user == "Administrator"
            assert not frappe.flags.in_import
            assert frappe.cache.get_value("kept") is None
            assert not frappe.local.cache
            frappe.set_user("a@example.com")
            frappe.flags.in_import = True
            frappe.cache.set_value("kept", 1)
        """
    ).assert_outcomes(passed=2)


def test_what_was_enqueued_is_asserted(run: Run) -> None:
    result = run(
        """
        import frappe, pytest
        from shop.tasks import ship

        def test_it(frappe_jobs):
            frappe.set_user("a@example.com")
            frappe.enqueue("shop.tasks.ship", queue="long", number="SO-1", fail=True)
            job = frappe_jobs.assert_enqueued(ship, number="SO-1")
            assert (job.queue, job.user, job.kwargs["fail"]) == ("long", "a@example.com", True)

        def test_it_fails(frappe_jobs):
            frappe.enqueue("shop.tasks.ship", number="SO-1")
            frappe_jobs.assert_enqueued("shop.tasks.ship", number="SO-2")
        """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: no job shop.tasks.ship(number='SO-2') was enqueued; these were:",
            "*shop.tasks.ship(number='SO-1') in default",
        ]
    )


def test_jobs_for_later_run_when_their_time_is_said_or_has_come(run: Run) -> None:
    run(
        """
        from datetime import datetime, timedelta, timezone

        import frappe, pytest, time_machine
        from freezegun import freeze_time
        from frappe_celery import Retry, enqueue_in, options
        from frappe_celery.errors import ConfigError
        from shop.tasks import tell

        pytestmark = pytest.mark.django_db

        def told(jobs):
            return [job.kwargs["word"] for job in jobs]

        def test_until(frappe_jobs):
            enqueue_in(7200, tell, word="in two hours")
            enqueue_in(60, tell, word="in a minute", then="an hour after that")
            frappe.enqueue(tell, word="now")
            assert told(frappe_jobs.run()) == ["now"]
            assert told(frappe_jobs.run(until=30)) == []
            assert told(frappe_jobs.run(until=timedelta(hours=1))) == ["in a minute"]
            ran = frappe_jobs.run(until=datetime.now(timezone.utc) + timedelta(hours=3))
            assert told(ran) == ["an hour after that", "in two hours"]
            with pytest.raises(ConfigError, match="'tomorrow' is no delay"):
                frappe_jobs.run(until="tomorrow")

        def test_one_that_calls_itself_each_hour_ends(frappe_jobs):
            enqueue_in(3600, tell, word="hour", each_hour=True)
            assert len(frappe_jobs.run(until=5.5 * 3600)) == 5

        def test_repetitions(frappe_jobs):
            options(retry=Retry(2, 60)).enqueue(tell, word="", fail=True)
            assert len(frappe_jobs.run(until=3600, raising=False)) == 3
            assert frappe_jobs.run(until=3600) == []

        @pytest.mark.parametrize("move", [freeze_time, time_machine.travel])
        def test_a_moved_clock(frappe_jobs, move):
            enqueue_in(3600, tell, word="in an hour")
            assert frappe_jobs.run() == []
            with move(datetime.now(timezone.utc) + timedelta(hours=2)):
                assert told(frappe_jobs.run()) == ["in an hour"]

        @pytest.mark.parametrize("move", [freeze_time, time_machine.travel])
        def test_a_clock_of_long_ago(frappe_jobs, move):
            start = datetime(2020, 1, 1, tzinfo=timezone.utc)
            with move(start):
                enqueue_in(3600, tell, word="in an hour")
                enqueue_in(60, tell, word="in a minute")
                assert frappe_jobs.run() == []
            with move(start + timedelta(minutes=2)):
                assert told(frappe_jobs.run()) == ["in a minute"]
        """
    ).assert_outcomes(passed=7)


def test_the_team_s_own_tasks_are_seen(run: Run) -> None:
    run(
        """
        import pytest
        from django.db import transaction
        from team.celery import add, app

        @pytest.mark.django_db
        def test_after_commit(frappe_jobs, django_capture_on_commit_callbacks):
            with django_capture_on_commit_callbacks(execute=True):
                add.delay_on_commit(1, b=2)
                assert frappe_jobs.sent() == []
            (sent,) = frappe_jobs.sent(add)
            assert (sent.name, sent.args, sent.kwargs) == ("team.celery.add", (1,), {"b": 2})

        def test_nothing_of_the_test_before(frappe_jobs):
            assert frappe_jobs.sent() == []

        def test_eager(frappe_jobs):
            app.conf.task_always_eager = True
            try:
                result = add.delay(1, 2)
            finally:
                app.conf.task_always_eager = False
            assert result.get() == 3
            assert [(each.args, each.id) for each in frappe_jobs.sent("team.celery.add")] == [
                ((1, 2), result.id)
            ]
            assert frappe_jobs.sent("another") == []
        """
    ).assert_outcomes(passed=3)


def test_frappes_own_test_case_is_on_it_too(run: Run) -> None:
    run(
        """
        import frappe, pytest
        from frappe.tests.utils import FrappeTestCase
        from shop.models import Order

        @pytest.mark.django_db
        @pytest.mark.usefixtures("jobs")
        class TestOrder(FrappeTestCase):
            @pytest.fixture
            def jobs(self, frappe_jobs):
                self.jobs = frappe_jobs

            def test_it(self):
                frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
                frappe.enqueue("shop.tasks.ship", number="lost", fail=True)
                frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="kept")
                frappe.db.commit()
                self.jobs.run(raising=False)
                assert [order.number for order in Order.objects.all()] == ["kept"]
                assert frappe.db.exists("Memo", "n")

            def test_nothing_is_left(self):
                assert not frappe.db.exists("Memo", "n")
                assert not Order.objects.exists()
        """
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("run", DATABASES, indirect=True)
def test_the_pages_example_runs(run: Run) -> None:
    page = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()
    block = page.partition("```python\n# shop/test_orders.py\n")[2].partition("```")[0]
    run(block).assert_outcomes(passed=5)


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
@pytest.mark.parametrize("run", DATABASES, indirect=True)
def test_a_team_s_suite(run: Run, options: tuple[str, ...]) -> None:
    result = run((Path(__file__).parent / "a_team_s_suite.py").read_text(), *options)
    result.assert_outcomes(passed=30)
    assert "embedded server" not in result.stdout.str()  # with what it said on stderr


def test_one_line_switches_it_off(run: Run) -> None:
    enqueues = """
        import frappe

        def test_it():
            frappe.enqueue("shop.tasks.who")

        def test_asked_for(frappe_jobs):
            pass
        """
    result = run(enqueues, ini="frappe_jobs = false")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the fixture frappe_jobs is switched off*"])
    assert result.live  # so the live queue was reached


def test_without_django_it_is_there_when_it_is_asked_for(
    run: Run, pytester: pytest.Pytester
) -> None:
    write(
        pytester.path / "plain/tasks.py",
        """
        import frappe

        def note(name):
            frappe.get_doc({"doctype": "Memo", "name": name}).insert()
        """,
    )
    write(pytester.path / "plain/__init__.py", "")
    write(pytester.path / "plain/hooks.py", "")
    write(
        pytester.path / "plain/test_note.py",
        """
        import frappe, os

        def test_not_before_it_is_asked_for():
            assert "FRAPPE_CELERY_REDIS_QUEUE" not in os.environ

        def test_one_that_needs_no_database(frappe_jobs):
            assert not frappe.flags.in_import

        def test_it(frappe_jobs):
            frappe.enqueue("plain.tasks.note", name="n")
            frappe_jobs.run()
            assert frappe.db.exists("Memo", "n")

        def test_the_next_finds_no_documents(frappe_jobs):
            assert not frappe.db.exists("Memo", {"docstatus": 0})
            with frappe.init_site("north"):
                frappe.connect()
                frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
                frappe.db.commit()

        def test_nor_on_another_site(frappe_jobs):
            with frappe.init_site("north"):
                frappe.connect()
                assert not frappe.db.exists("Memo", "n")
        """,
    )
    pytester.runpytest_subprocess("-p", "no:django", "plain").assert_outcomes(passed=5)
    assert not (pytester.path / ".frappe_celery" / "frappe.sqlite3").exists()
