"""Jobs of the standalone host in a real worker process, checked by what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_standalone.local import local
from frappe_standalone.site.context import connect, destroy, init, visit
from tests.project import Project
from tests.waiting import wait_until

NOTES = """
import frappe
from frappe.model.document import Document

class Memo(Document):
    def send(self, recipient):
        self.db_set("sent_to", recipient)

    def work(self, **kwargs):
        raise NotImplementedError("_work is preferred")

    def _work(self, factor):
        self.result = self.amount * factor
        self.save()

    def fail(self):
        self.db_set("amount", -1)
        frappe.throw("the action failed")
"""

TASKS = """
import frappe
import rq

def about_me():
    from frappe.core.page.background_jobs.background_jobs import get_info
    job = rq.get_current_job()
    seen = {
        "id": job.id,
        "site": frappe.local.site,
        "user": frappe.session.user,
        "method": frappe.local.job.method,
        "status": job.get_status(),
        "info": [(d["job_name"], d["status"]) for d in get_info()],
        "rq_jobs": frappe.get_all("RQ Job", filters={"status": "started"}, pluck="name"),
        "workers": [
            (worker.get_state(), worker.get_current_job_id(), worker.queue_names())
            for worker in rq.Worker.all(queue=rq.Queue("long"))
        ],
    }
    frappe.get_doc({"doctype": "Seen", "name": "seen", **seen}).insert()

def slow(seconds):
    import time
    try:
        frappe.get_doc({"doctype": "Seen", "name": "lost"}).insert()
        time.sleep(seconds)
    except rq.timeouts.JobTimeoutException:
        frappe.db.rollback()
        frappe.get_doc({"doctype": "Seen", "name": "timeout"}).insert()

def after(commit):
    frappe.enqueue("myapp.notes.mark", name="after", enqueue_after_commit=True)
    if not commit:
        raise ValueError("rolled back")

def echo(given):
    from frappe.model.document import Document
    assert type(given["row"]) is frappe._dict and isinstance(given["doc"], Document)
    return given

def mark(name):
    frappe.get_doc({"doctype": "Seen", "name": name}).insert()
"""


@pytest.fixture
def frappe(project: Project) -> Iterator[Any]:
    """`frappe` on the project's site, in the test's process."""
    project.write("myapp/notes.py", TASKS)
    project.write("myapp/office/__init__.py", "")
    project.write("myapp/office/doctype/__init__.py", "")
    project.write("myapp/office/doctype/memo/__init__.py", "")
    project.write("myapp/office/doctype/memo/memo.py", NOTES)
    import frappe as served

    with local.apart():
        init(project.site)
        connect()
        frappe_settings = settings.current()
        assert frappe_settings.root == project.root
        yield served
        destroy()


def ended(job: Any) -> str:
    def status() -> str:
        now = str(job.get_status())
        return now if now in ("finished", "failed") else ""

    return wait_until(status, what=f"{job.id} ends")


def test_a_job_knows_itself(frappe: Any, project: Project) -> None:
    project.worker()
    frappe.set_user("a@example.com")
    job = frappe.enqueue("myapp.notes.about_me", job_id="mine")
    assert ended(job) == "finished", job.exc_info
    seen = frappe.get_doc("Seen", "seen")
    assert seen.id == job.id == f"{project.site}::mine"
    assert (seen.site, seen.user, seen.owner) == (project.site, "a@example.com", "a@example.com")
    assert (seen.method, seen.status) == ("myapp.notes.about_me", "started")
    assert seen.info == [["myapp.notes.about_me", "started"]]
    assert seen.rq_jobs == [job.id]
    assert seen.workers == [["busy", job.id, ["short", "default", "long"]]]


MISSING = """
import frappe
from frappe.core.utils import find
from frappe.desk.form.assign_to import add
from frappe.utils.file_manager import save_file
from frappe.website.website_generator import WebsiteGenerator

class Page(WebsiteGenerator): ...

def report(rows, assign=False):
    row = find(rows, lambda row: row["n"] == 2)
    text = frappe.render_template("{{ row.n }} of {{ rows|len }}", {"row": row, "rows": rows})
    save_file("report.txt", text, "Memo", "a")
    if assign:
        add({"assign_to": ["a@example.com"]})
"""


def test_a_module_that_imports_what_is_not_there(frappe: Any, project: Project) -> None:
    module = project.write("myapp/missing.py", MISSING)
    project.worker()
    rows = [{"n": 1}, {"n": 2}]
    job = frappe.enqueue("myapp.missing.report", rows=rows)
    assert ended(job) == "finished", job.exc_info
    frappe.db.rollback()
    (name,) = frappe.get_all("File", {"attached_to_name": "a"}, pluck="name")
    assert frappe.get_doc("File", name).get_content() == "2 of 2"
    job = frappe.enqueue("myapp.missing.report", rows=rows, assign=True)
    assert ended(job) == "failed"
    assert "NeedsFrappeSite: frappe.desk.form.assign_to.add needs a Frappe site" in job.exc_info
    assert f"(add is imported in {module}, line 4)" in job.exc_info


def test_methods_of_documents(frappe: Any, project: Project) -> None:
    project.worker()
    note = frappe.get_doc({"doctype": "Memo", "amount": 2}).insert()
    frappe.db.commit()
    job = frappe.enqueue_doc("Memo", note.name, "send", recipient="user@example.com")
    assert ended(job) == "finished", job.exc_info
    assert frappe.db.get_value("Memo", note.name, "sent_to") == "user@example.com"

    assert note.reload().queue_action("work", factor=3) is None
    with pytest.raises(frappe.DocumentLockedError, match="locked and queued"):
        note.queue_action("work", factor=3)
    with pytest.raises(frappe.DocumentLockedError):
        note.save()
    frappe.db.commit()
    wait_until(lambda: frappe.db.get_value("Memo", note.name, "result") == 6)
    wait_until(lambda: not note.is_locked)


def test_an_action_that_fails_comments_and_ends_as_finished(frappe: Any, project: Project) -> None:
    project.worker()
    note = frappe.get_doc({"doctype": "Memo", "amount": 2}).insert()
    frappe.db.commit()
    job = note.queue_action("fail", enqueue_after_commit=False)
    assert ended(job) == "finished", job.exc_info
    assert frappe.db.get_value("Memo", note.name, "amount") == 2
    comment = frappe.db.get_value("Comment", {"reference_name": note.name}, "content")
    assert comment == "Action Failed<br><br>the action failed"


def test_an_action_that_is_rolled_back_gives_the_lock_back(frappe: Any) -> None:
    note = frappe.get_doc({"doctype": "Memo", "amount": 2}).insert()
    frappe.db.commit()
    note.queue_action("work", factor=3)
    assert note.is_locked
    frappe.db.rollback()
    assert not note.is_locked


def test_a_lock_older_than_ten_minutes(frappe: Any) -> None:
    import os
    import time

    from frappe_standalone.documents.locking import lock_file

    note = frappe.get_doc({"doctype": "Memo"}).insert()
    note.lock()
    os.utime(lock_file(note), (time.time() - 601, time.time() - 601))
    with pytest.raises(frappe.LockTimeoutError):
        note.queue_action("work")
    note.unlock()
    note.lock()


def test_a_timeout_can_be_caught_and_the_failure_is_logged(frappe: Any, project: Project) -> None:
    project.worker()
    job = frappe.enqueue("myapp.notes.slow", timeout=1, seconds=30)
    assert ended(job) == "finished", job.exc_info
    assert frappe.get_all("Seen", pluck="name") == ["timeout"]
    assert ended(frappe.enqueue("myapp.notes.nothing")) == "failed"
    job = frappe.enqueue("myapp.notes.mark", name="timeout")
    assert ended(job) == "failed"
    assert "DuplicateEntryError" in job.exc_info
    assert frappe.get_all("Error Log", pluck="method") == ["myapp.notes.mark"]


def test_jobs_after_the_commit_of_a_job(frappe: Any, project: Project) -> None:
    project.worker()
    assert ended(frappe.enqueue("myapp.notes.after", commit=False)) == "failed"
    assert ended(frappe.enqueue("myapp.notes.mark", name="between")) == "finished"
    assert not frappe.db.exists("Seen", "after")
    assert ended(frappe.enqueue("myapp.notes.after", commit=True)) == "finished"
    wait_until(lambda: frappe.db.exists("Seen", "after"))


def test_the_virtual_doctypes(frappe: Any, project: Project) -> None:
    for queue in ("short", "long", "short"):
        frappe.enqueue("myapp.notes.mark", queue=queue, name="x")
    with visit(project.site, "Administrator"):
        local.site = "other"
        other = frappe.enqueue("myapp.notes.mark", name="y")
    rows = frappe.get_all("RQ Job", filters={"queue": "short", "status": "queued"}, fields=["*"])
    assert [row.queue for row in rows] == ["short", "short"]
    assert len(frappe.get_all("RQ Job")) == 3
    assert len(frappe.get_list("RQ Job", {"queue": ["in", ["long", "default"]]})) == 1
    assert len(frappe.get_list("RQ Job", limit=2)) == 2
    assert len(frappe.get_list("RQ Job", {"status": "queued"}, limit=20)) == 3
    assert frappe.get_all("RQ Job", {"status": "failed"}) == []
    assert frappe.db.count("RQ Job", {"queue": "short"}) == 2
    assert frappe.get_all("RQ Job", {"job_name": ["like", "%mark"]}, order_by="creation")[0]
    doc = frappe.get_doc("RQ Job", rows[0].name)
    assert (doc.job_name, doc.status, doc.timeout) == ("myapp.notes.mark", "queued", 300)
    assert '"name": "x"' in doc.arguments
    doc.delete()
    assert frappe.db.count("RQ Job", {"queue": "short"}) == 1
    with pytest.raises(frappe.DoesNotExistError):
        frappe.get_doc("RQ Job", rows[0].name)
    with pytest.raises(frappe.PermissionError):
        frappe.get_doc("RQ Job", other.id)
    assert frappe.get_all("RQ Worker") == []

    import rq

    assert {queue.name: queue.count for queue in rq.Queue.all()} == {
        "short": 1,
        "default": 1,
        "long": 1,
    }
    assert rq.job.Job.fetch(other.id).site == "other"
    later = [frappe.enqueue("myapp.notes.mark", name=name, queue="default") for name in "ab"]
    assert rq.Queue("default").jobs[1:] == later
    assert rq.Queue("default").get_jobs(1, 1) == later[:1]
    project.worker("-Q", "short,long")
    wait_until(lambda: frappe.db.count("RQ Job", {"status": "finished"}))
    (worker,) = wait_until(lambda: frappe.get_all("RQ Worker", fields=["*"]))
    assert worker.queue == "short, long"
    assert frappe.get_doc("RQ Worker", worker.name).pid == worker.pid


def test_what_frappe_gives_travels_in_its_own_type(frappe: Any, project: Project) -> None:
    project.worker()
    doc = frappe.get_doc({"doctype": "Memo", "name": "n1"}).insert()
    frappe.db.commit()  # the job waits for that
    given = {"row": frappe._dict(x=1), "doc": doc, "error": frappe.DoesNotExistError("x")}
    job = frappe.enqueue("myapp.notes.echo", given=given)
    assert ended(job) == "finished", job.exc_info
    assert {name: type(value) for name, value in job.result.items()} == {
        "row": frappe._dict,
        "doc": type(doc),
        "error": frappe.DoesNotExistError,
    }


def test_a_running_job_is_stopped_through_its_document(frappe: Any, project: Project) -> None:
    project.worker()
    job = frappe.enqueue("myapp.notes.slow", seconds=60)
    wait_until(lambda: job.is_started)
    document = frappe.get_doc("RQ Job", job.id)
    document.stop_job()
    wait_until(lambda: job.is_stopped)
    document.stop_job()  # it ended: left alone
