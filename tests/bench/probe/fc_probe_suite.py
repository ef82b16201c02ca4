"""An app's tests of its jobs, run by Frappe's own runner; what they see they note in a file."""

import json
import os
import threading
import time
from unittest.mock import patch

import fc_probe
import frappe
import rq
from frappe.tests.utils import FrappeTestCase, timeout
from frappe.utils.background_jobs import (
    execute_job,
    get_job,
    get_job_status,
    get_jobs,
    get_queue,
    is_job_enqueued,
)

LIKE = {"description": ("like", "suite-%")}


def noted(name, value):
    with open(os.environ["FC_NOTES"], "a") as notes:
        notes.write(json.dumps([name, value], default=str) + "\n")


def rows():
    return sorted(frappe.get_all("ToDo", LIKE, pluck="description", limit=0))


def status(job):
    return str(getattr(job.get_status(), "value", job.get_status()))


def ended(job):
    deadline = time.monotonic() + 30
    while status(job) in ("queued", "started"):
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.01)
    return status(job)


def raised(call):
    try:
        call()
    except BaseException as exc:
        return [
            kind.__name__ for kind in type(exc).__mro__ if not kind.__module__.endswith("errors")
        ]


# -- jobs


def write(label):
    fc_probe.write(f"suite-{label}")
    return label


def count():
    return len(rows())


def fail(kind=ValueError):
    write("failing")
    raise kind("on purpose")


def here():
    job = rq.get_current_job()
    return {
        "id": job.id == get_job("here").id,
        "arguments": [sorted(job.kwargs), job.kwargs["user"], job.kwargs["kwargs"]],
        "local": sorted(frappe.local.job),
        "in_test": bool(frappe.flags.in_test),
        "user": frappe.session.user,
        "enqueued": is_job_enqueued("here"),
    }


def nested(inner, **kwargs):
    write("outer begins")
    job = frappe.enqueue(inner, is_async=False, **kwargs)
    write("outer ends")
    return [job and status(job), rq.get_current_job() is not None]


def change(document):
    document.description = "suite-changed"
    return document


def with_after_job():
    frappe.local.job.after_job.add(lambda: noted("after_job of a job", rows()))
    write("with after_job")


def succeeded(job, connection, result, *args):
    noted("on_success", [result, status(job), frappe.session.user, rows()])


def failed(job, connection, kind, value, trace):
    noted("on_failure", [kind.__name__, str(value), status(job), rows(), trace is not None])


def raising(*args):
    raise ZeroDivisionError("a callback")


def hook(**kwargs):
    noted("hook", sorted(kwargs))


class Cases:
    def setUp(self):
        super().setUp()
        frappe.db.rollback()
        frappe.db.delete("ToDo", LIKE)
        frappe.db.delete("Error Log")
        frappe.db.commit()
        frappe.conf.pop("rq_failed_jobs_limit", None)  # which has RQ forget the newest

    def note(self, name, value):
        noted(f"{self.id()}: {name}", value)

    def note_job(self, job):
        own = {name: job.kwargs[name] for name in ("user", "job_name", "event", "site")}
        latest = job.latest_result()
        self.note("status", [status(job), job.is_finished, job.is_failed, job.is_queued])
        self.note("result", [job.result, job.return_value(), str(latest and latest.type)])
        self.note("error", (job.exc_info or "").strip().splitlines()[-1:])
        self.note(
            "about", [job.origin.partition(":")[2], job.timeout, job.func_name, own, job.meta]
        )
        self.note("rq's", [isinstance(job, rq.job.Job), job.get_position()])

    def note_what_is_kept(self):
        before = rows()
        frappe.db.rollback()
        self.note("rows", [before, rows(), frappe.get_all("Error Log", pluck="method")])

    # -- here

    def test_here(self):
        write("of the test")
        self.note_job(frappe.enqueue(write, is_async=False, label="a", queue="long", timeout=77))
        self.note_what_is_kept()
        self.note("others", [get_jobs(frappe.local.site), get_queue("long").count])

    def test_here_by_its_id(self):
        named = {"is_async": False, "job_id": "named"}
        self.note_job(frappe.enqueue("frappe.ping", job_name="a name", **named))
        self.note("found", [get_job("named").is_finished, is_job_enqueued("named")])
        self.note("again", status(frappe.enqueue("frappe.ping", deduplicate=True, **named)))
        self.note("in Desk", frappe.get_doc("RQ Job", get_job("named").id).status)

    def test_here_failing(self):
        for kind in (ValueError, SystemExit, KeyboardInterrupt):
            write("of the test")
            job = frappe.enqueue(fail, is_async=False, kind=kind)
            self.note_job(job)
            self.note_what_is_kept()
            self.note("listed", job.id in get_queue("default").failed_job_registry.get_job_ids())

    def test_here_what_it_knows(self):
        frappe.set_user("Guest")
        try:
            job = frappe.enqueue(here, is_async=False, job_id="here")
        finally:
            frappe.set_user("Administrator")
        self.note("result", job.result)
        self.note("afterwards", [rq.get_current_job(), hasattr(frappe.local, "job")])

    def test_here_within_another(self):
        for method, kwargs in ((write, {"label": "in"}), (fail, {}), (count, {})):
            job = frappe.enqueue(nested, is_async=False, inner=method, **kwargs)
            self.note("result", [status(job), job.result, rows()])
        after = {"label": "after", "enqueue_after_commit": True}
        job = frappe.enqueue(nested, is_async=False, inner=write, **after)
        self.note("after commit", [job and status(job), rows()])
        frappe.db.commit()
        self.note("after the test's", rows())

    def test_here_callbacks(self):
        callbacks = {"on_success": succeeded, "on_failure": failed, "is_async": False}
        frappe.enqueue(write, label="x", **callbacks)
        frappe.enqueue(fail, **callbacks)
        for name in ("on_success", "on_failure"):
            own = {**callbacks, name: raising, "job_id": name}
            method = {"on_success": with_after_job, "on_failure": fail}[name]
            self.note(name, raised(lambda own=own, method=method: frappe.enqueue(method, **own)))
            self.note("status", get_job_status(name))

    def test_here_after_commit(self):
        later = {"is_async": False, "enqueue_after_commit": True, "on_success": succeeded}
        frappe.db.after_commit.add(lambda: noted("after commit", "first"))
        made = frappe.enqueue(write, label="late", job_id="late", **later)
        frappe.db.after_commit.add(lambda: noted("after commit", rows()))
        write("of the test")
        self.note("before", [made, rows(), get_job_status("late")])
        frappe.db.commit()
        self.note("after", [rows(), get_job_status("late")])
        frappe.enqueue(write, label="never", **later)
        frappe.db.rollback()
        frappe.db.commit()
        self.note("rolled back", rows())

    def test_here_a_document(self):
        document = frappe.get_doc(doctype="ToDo", description="suite-document").insert()
        job = frappe.enqueue(change, is_async=False, document=document)
        self.note("is the test's own", [document.description, job.result is document])
        about = ("ToDo", document.name, "add_comment")
        self.note_job(frappe.enqueue_doc(*about, is_async=False, text="as a job"))
        self.note("now", frappe.enqueue_doc(*about, now=True, text="now"))
        action = {"is_async": False, "enqueue_after_commit": False, "text": "as an action"}
        self.note("action", status(document.queue_action("add_comment", **action)))
        document.unlock()
        comments = frappe.get_all("Comment", {"reference_name": document.name}, pluck="content")
        self.note("comments", sorted(comments))

    def test_here_what_is_wrong(self):
        for name, method, kwargs in (
            ("a lock", change, {"document": threading.Lock()}),
            ("a queue", "frappe.ping", {"queue": "no such"}),
            ("a method", "no.such.method", {}),
            ("an argument", write, {"wrong": 1}),
        ):
            call = {**kwargs, "is_async": False, "job_id": name}
            self.note(name, raised(lambda m=method, call=call: frappe.enqueue(m, **call)))
            self.note("status", get_job_status(name))

    def test_here_time(self):
        job = frappe.enqueue(fc_probe.sleep, is_async=False, timeout=1, seconds=1.2)
        self.note("its own is none", status(job))
        job = timeout(1)(lambda: frappe.enqueue(fc_probe.sleep, is_async=False, seconds=5))()
        self.note("the test's", [status(job), job.exc_info.strip().splitlines()[-1]])

    def test_here_hooks(self):
        theirs, call = frappe.get_hooks, frappe.call
        own = {"before_job": ["hook"], "after_job": ["hook"]}
        hooks = patch(
            "frappe.get_hooks", lambda name=None, *a, **k: own.get(name) or theirs(name, *a, **k)
        )
        with hooks, patch("frappe.call", lambda f, **k: (hook if f == "hook" else call)(**k)):
            frappe.enqueue(with_after_job, is_async=False)
            frappe.enqueue(fail, is_async=False)

    def test_execute_job(self):
        call = {"event": None, "job_name": "x", "user": "Guest", "is_async": False}
        value = execute_job(frappe.local.site, write, kwargs={"label": "direct"}, **call)
        self.note("value", [value, frappe.session.user])
        own = raised(lambda: execute_job(frappe.local.site, fail, kwargs={}, **call))
        self.note("raised", own)
        self.note_what_is_kept()

    def test_now(self):
        self.note("value", frappe.enqueue(write, now=True, label="now", other="dropped"))
        self.note("raised", raised(lambda: frappe.enqueue(fail, now=True)))
        self.note_what_is_kept()

    def test_mocked(self):
        with patch("frappe.utils.background_jobs.get_queue") as get:
            get.return_value.count = 0
            frappe.enqueue("frappe.ping", x=1)
        (call,) = get.return_value.enqueue_call.mock_calls
        args = [getattr(one, "__name__", one) for one in call.args]
        self.note("call", [args, sorted(call.kwargs), call.kwargs["kwargs"]["kwargs"]])

    # -- in `long`, from which nobody takes

    def test_waiting(self):
        queue, waits = get_queue("long"), {"queue": "long"}
        first = frappe.enqueue(write, job_id="a", deduplicate=True, label="1", **waits)
        again = [
            frappe.enqueue(write, job_id="a", deduplicate=True, label="2", **waits, is_async=how)
            for how in (True, False)
        ]
        self.note("again", [again, rows(), is_job_enqueued("a")])
        front = frappe.enqueue(write, at_front=True, label="front", job_id="front", **waits)
        self.note("order", [front.get_position(), first.get_position()])
        self.note("ids", queue.get_job_ids() == [front.id, first.id])
        for key in ("job_name", "label"):
            self.note(key, get_jobs(frappe.local.site, queue="long", key=key))
        for end in (frappe.db.commit, frappe.db.rollback):
            frappe.enqueue(
                write, enqueue_after_commit=True, label="x", job_id=end.__name__, **waits
            )
            self.note("before", [queue.count, is_job_enqueued(end.__name__)])
            end()
            self.note("after", [queue.count, is_job_enqueued(end.__name__)])
        frappe.enqueue(write, label="kept", job_id="kept", **waits)
        frappe.db.rollback()
        self.note("rolled back", [queue.count, is_job_enqueued("kept")])
        value = execute_job(**{**get_job("kept").kwargs, "is_async": False})
        self.note("by hand", [value, rows()])
        first.cancel()
        front.delete()
        self.note("gone", [queue.count, get_job_status("a"), get_job_status("front")])
        queue.empty()
        self.note("emptied", [queue.count, get_job_status("kept")])

    # -- in `default`, with a worker

    def test_worker(self):
        write("of the test")
        job = frappe.enqueue(count, job_id="counted")
        self.note("ended", ended(job))
        self.note_job(job)
        if frappe.db.db_type != "sqlite":  # whose one lock the test has, until it commits
            ended(frappe.enqueue(write, label="of the worker"))
        self.note_what_is_kept()

    def test_worker_what_it_knows(self):
        frappe.set_user("Guest")
        try:
            job = frappe.enqueue(here, job_id="here")
        finally:
            frappe.set_user("Administrator")
        self.note("result", [ended(job), job.return_value()])

    def test_worker_failing(self):
        job = frappe.enqueue(fail)
        self.note("ended", ended(job))
        self.note_job(job)
        self.note_what_is_kept()

    def test_worker_after_commit(self):
        frappe.enqueue(write, enqueue_after_commit=True, label="late", job_id="late")
        write("of the test")
        frappe.db.commit()
        self.note("ended", ended(get_job("late")))
        self.note_what_is_kept()

    def test_worker_in_order(self):
        with open(os.environ["FC_NOTES"] + "-order", "w+") as ledger:
            jobs = [
                frappe.enqueue(fc_probe.note, ledger=ledger.name, label=n, at=0) for n in range(5)
            ]
            self.note("ended", [ended(job) for job in jobs])
            self.note("order", [line.split()[0] for line in ledger])

    def test_worker_finds_what_is_committed_next(self):
        found = []
        for number in range(10):
            write(number)
            job = frappe.enqueue(count)
            time.sleep(0.01)  # what a test does before it commits, which RQ's fork outlasts
            frappe.db.commit()
            ended(job)
            found.append(job.return_value() == number + 1)
        self.note("found", found)

    def test_what_is_not_committed_is_gone_with_the_class(self):
        write("never committed")
        frappe.enqueue(
            write, queue="long", enqueue_after_commit=True, label="never", job_id="never"
        )
        self.note("never", is_job_enqueued("never"))


class TestOfFrappe(Cases, FrappeTestCase):
    pass


try:
    from frappe.tests import IntegrationTestCase
except ImportError:  # before 16
    pass
else:

    class TestOfIntegration(Cases, IntegrationTestCase):
        pass
