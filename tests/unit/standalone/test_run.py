"""One job as Frappe's execute_job runs it (FRAPPE_FACTS 'Run')."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from frappe_standalone.jobs import run
from frappe_standalone.site.context import visit

Write = Callable[[str, str], Path]
USER = "a@example.com"

TASKS = """
import frappe

SEEN = []

def note(name="n", **kwargs):
    SEEN.append((frappe.local.site, frappe.session.user, kwargs))
    frappe.get_doc({"doctype": "Memo", "name": name}).insert()
    return name

def fail():
    note("lost")
    raise ValueError("on purpose")

def commit_then_fail():
    note("kept")
    frappe.db.commit()
    fail()

def odd(n):
    note("lost")
    raise ValueError(f"order {n}")

def again(times):
    note("again")
    if len(SEEN) <= times:
        raise frappe.RetryBackgroundJobError("not yet")
    return len(SEEN)

def deadlock(times):
    note("again")
    if len(SEEN) <= times:
        from django.db import OperationalError
        raise OperationalError(1213, "Deadlock found when trying to get lock")
    return "done"

def leave_a_mess():
    frappe.flags.mess = frappe.local.mess = 1
    frappe.set_user("b@example.com")
    frappe.get_doc({"doctype": "Memo", "name": "mess"}).insert()
    raise SystemExit(3)

def call_after():
    frappe.local.job.after_job.add(lambda: SEEN.append(frappe.local.job.method))

def leave(back):
    site = frappe.local.site
    frappe.local.job.after_job.add(lambda: SEEN.append(frappe.local.site))
    frappe.destroy()
    if back:
        frappe.init(site=site)
        frappe.connect()
    return "done"

def before(**kwargs):
    SEEN.append(("before", kwargs))

def after(method, kwargs, result):
    SEEN.append(("after", method, kwargs, result, frappe.session.user))

def lock(queued):
    doc = frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
    if not queued:
        doc.lock()
        return
    from unittest import mock
    with mock.patch("frappe_celery.enqueue_shim.enqueue"):
        doc.queue_action("work")

def refuse():
    raise PermissionError("not now")
"""


@pytest.fixture
def seen(frappe: Any, write: Write) -> list[Any]:
    write("myapp/tasks.py", TASKS)
    from myapp.tasks import SEEN

    found: list[Any] = SEEN
    return found


def execute(task: str, sleeps: list[float] | None = None, /, **kwargs: Any) -> Any:
    path = f"myapp.tasks.{task}"
    slept: list[float] = [] if sleeps is None else sleeps
    return run.execute(run.Run("site1", USER, path, kwargs, path, path), sleep=slept.append)


def stored(frappe: Any, doctype: str = "Memo", field: str = "name") -> list[Any]:
    with visit("site1", "Administrator"):
        is_there = frappe.db.table_exists(doctype)
        return sorted(frappe.get_all(doctype, pluck=field)) if is_there else []


def test_runs_on_its_site_as_its_user_and_commits(frappe: Any, seen: list[Any]) -> None:
    assert execute("note", name="x", colour="red") == "x"
    assert seen == [("site1", USER, {"colour": "red"})]
    assert stored(frappe) == ["x"]


def test_a_failure_is_rolled_back_and_logged_under_the_methods_name(
    frappe: Any, seen: list[Any]
) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        execute("commit_then_fail")
    assert stored(frappe) == ["kept"]
    with visit("site1", "Administrator"):
        log = frappe.get_all("Error Log", fields=["*"])[0]
    assert log.method == "myapp.tasks.commit_then_fail"
    assert "ValueError: on purpose" in log.error
    assert log.owner == USER


@pytest.mark.parametrize("n", ["A\x00B", "caf\udce9"])
def test_an_error_s_text_that_no_database_takes_is_logged_escaped(
    frappe: Any, seen: list[Any], n: str
) -> None:
    with pytest.raises(ValueError, match=f"order {n}"):
        execute("odd", n=n)
    (log,) = stored(frappe, "Error Log", "error")
    assert f"ValueError: order {ascii(n)[1:-1]}" in log


def test_a_job_that_asks_for_it_runs_again_as_the_same_user(frappe: Any, seen: list[Any]) -> None:
    slept: list[float] = []
    assert execute("again", slept, times=2) == 3
    assert slept == [1, 2]
    assert {user for _site, user, _kwargs in seen} == {USER}
    assert stored(frappe) == ["again"]
    assert stored(frappe, "Error Log") == []


@pytest.mark.parametrize("back", [True, False])
def test_a_job_that_leaves_its_site_is_brought_back(
    frappe: Any, seen: list[Any], back: bool
) -> None:
    assert execute("leave", back=back) == "done"
    assert seen == ["site1"]


@pytest.mark.parametrize(
    ("task", "least", "most"),
    [
        ("again", [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ("deadlock", [0] * 5, [0.1, 0.3, 0.9, 2.7, 8.1]),
    ],
)
def test_at_most_five_times(
    frappe: Any, seen: list[Any], task: str, least: list[float], most: list[float]
) -> None:
    slept: list[float] = []
    with pytest.raises(Exception, match=r"not yet|Deadlock"):
        execute(task, slept, times=100)
    assert [low <= s <= high for low, s, high in zip(least, slept, most, strict=True)] == [True] * 5
    assert len(seen) == 6
    assert stored(frappe) == []
    assert stored(frappe, "Error Log", "method") == [f"myapp.tasks.{task}"]


def test_a_deadlock_is_run_again(frappe: Any, seen: list[Any]) -> None:
    assert execute("deadlock", times=1) == "done"
    assert stored(frappe) == ["again"]


def test_hooks_before_and_after(frappe: Any, seen: list[Any], write: Write) -> None:
    write("myapp/hooks.py", 'before_job = "myapp.tasks.before"\nafter_job = ["myapp.tasks.after"]')
    execute("note", name="x")
    with pytest.raises(ValueError, match="on purpose"):
        execute("fail")
    kwargs = {"name": "x"}
    about = {"method": "myapp.tasks.note", "kwargs": kwargs, "transaction_type": "job"}
    assert seen[0] == ("before", about)
    assert seen[2] == ("after", "myapp.tasks.note", kwargs, "x", USER)
    assert seen[-1] == ("after", "myapp.tasks.fail", {}, None, USER)


def test_a_before_job_hook_that_raises_comes_before_all_handling(
    frappe: Any, seen: list[Any], write: Write
) -> None:
    write("myapp/hooks.py", 'before_job = "myapp.tasks.refuse"\nafter_job = "myapp.tasks.after"')
    with pytest.raises(PermissionError, match="not now"):
        execute("note")
    assert seen == []
    assert stored(frappe, "Error Log") == []


def test_callbacks_of_the_running_job(frappe: Any, seen: list[Any]) -> None:
    execute("call_after")
    assert seen == ["myapp.tasks.call_after"]


@pytest.mark.parametrize("queued", [False, True])
def test_a_lock_ends_with_its_job_unless_an_action_is_queued_under_it(
    frappe: Any, seen: list[Any], queued: bool
) -> None:
    execute("lock", queued=queued)
    with visit("site1", "Administrator"):
        assert frappe.get_doc("Memo", "n").is_locked == queued


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("myapp.nothing.here", ImportError),
        ("myapp.tasks.nothing", AttributeError),
        ("x", ImportError),
    ],
)
def test_a_method_that_does_not_import(
    frappe: Any, seen: list[Any], path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run.execute(run.Run("site1", USER, path, {}, path, path))
    assert frappe.local.site == "standalone"


def test_nothing_remains_of_a_job_whatever_it_did(frappe: Any, seen: list[Any]) -> None:
    with pytest.raises(SystemExit):
        execute("leave_a_mess")
    assert (frappe.local.site, frappe.session.user) == ("standalone", "Administrator")
    assert frappe.flags.mess is None
    assert not hasattr(frappe.local, "mess")
    assert stored(frappe) == []
    execute("note", name="next")
    assert stored(frappe) == ["next"]


@pytest.mark.no_database
def test_frappe_call_passes_what_the_function_takes(frappe: Any, write: Write) -> None:
    write(
        "myapp/calls.py",
        """
        def narrow(a, b=2):
            return a, b

        def wide(a, **kwargs):
            return a, kwargs
        """,
    )
    given = {"a": 1, "c": 3, "flags": 4, "ignore_permissions": 5}
    assert frappe.call("myapp.calls.narrow", **given) == (1, 2)
    assert frappe.call("myapp.calls.wide", **given) == (1, {"c": 3})
    assert frappe.call(lambda a: a, a=1, b=2) == 1
