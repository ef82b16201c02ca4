"""Sections 2, 3, 5 and 11 of the research document: enqueue, enqueue_doc, deduplication."""

from __future__ import annotations

import ast
import inspect
from types import SimpleNamespace

import frappe

from frappe_celery.jobs import JobStatus
from tests.acceptance.desk import PRELUDE, USER, Desk, notes, signed_in, wait_for_notes
from tests.acceptance.research import Source
from tests.acceptance.snippets import snippet
from tests.project import Project

IMPORT = SimpleNamespace(name="IMP-0001")
"""What `self` is in a snippet: the document whose controller it stands in."""

# -- section 2


@snippet("Alle Parameters (v14/v15 geverifieerd)", "enqueue_parameters")
def enqueue_takes_every_parameter(source: Source, desk: Desk) -> None:
    desk.run(source, method="myapp.tasks.process_data", kwargs={"customer": "CUST-001"})
    (job,) = desk.all_ended()
    assert job.status == JobStatus.FINISHED
    assert (job.queue, job.timeout, job.result) == ("default", 300, "CUST-001")
    (note,) = desk.notes()
    assert (note.what, note.about) == ("process_data", {"customer": "CUST-001"})
    assert (note.user, note.queue) == (USER, "default")


@snippet("Alle Parameters (v14/v15 geverifieerd)", "enqueue_parameters")
def enqueue_has_the_defaults_that_are_listed(source: Source, desk: Desk) -> None:
    parameters = inspect.signature(frappe.enqueue).parameters
    for name, default in source.keywords().items():
        assert parameters[name].default == ast.literal_eval(default)


@snippet("Return Value", "return_value")
def enqueue_returns_a_job(source: Source, desk: Desk) -> None:
    ran = desk.run(source)
    assert ran.printed == f"{ran['job'].id}\n"
    assert ran["job"].id.startswith(f"{desk.site}::")
    assert desk.ended(ran["job"]).is_finished
    assert desk.notes("process")[0].about == {"param": "value"}


@snippet("Voorbeelden", "enqueue_examples")
def the_examples_of_enqueue_run(source: Source, desk: Desk) -> None:
    desk.run(source)
    data, function, report, risky = desk.all_ended()
    assert all(job.is_finished for job in (data, function, report, risky))
    assert desk.notes("process_data")[0].about == {"customer": "CUST-001"}
    assert (function.func_name, function.kwargs) == (
        "snippet.my_task",
        {"name": "test", "value": 123},
    )
    assert (report.queue, report.timeout) == ("long", 3600)
    assert desk.notes("heavy_report")[0].about == {"report_type": "annual"}
    assert desk.event("show_alert")["message"] == {"message": "Job completed!"}


@snippet("Voorbeelden", "enqueue_examples")
def the_example_after_commit_waits_for_it(source: Source, desk: Desk) -> None:
    desk.run(source)
    assert len(desk.all_ended()) == 4
    assert not desk.notes("send_notification")
    frappe.db.commit()
    assert len(desk.all_ended()) == 5
    (note,) = desk.notes("send_notification")
    assert (note.about, note.user) == ({"user": USER}, USER)


@snippet("Voorbeelden", "enqueue_examples")
def the_failure_callback_of_the_example_writes_an_error_log(source: Source, desk: Desk) -> None:
    desk.configure(risky_operation_fails=1)
    desk.run(source)
    risky = desk.all_ended()[-1]
    assert risky.is_failed
    assert "ValueError: too risky" in str(risky.exc_info)
    assert f"Job {risky.id} failed: too risky" in desk.error_logs()


@snippet("Voorbeelden", "enqueue_examples")
def the_example_after_commit_never_runs_after_a_rollback(source: Source, desk: Desk) -> None:
    desk.run(source)
    frappe.db.rollback()
    frappe.db.commit()
    assert len(desk.all_ended()) == 4


# -- section 3


CONTROLLER = "myapp/sales/doctype/{0}/{0}.py"


def install_controller(project: Project, folder: str, code: str) -> None:
    """Put a class where Frappe looks for the controller of a doctype."""
    project.write("myapp/modules.txt", "Sales\n")
    path = CONTROLLER.format(folder)
    for package in ("myapp/sales", "myapp/sales/doctype", f"myapp/sales/doctype/{folder}"):
        project.write(f"{package}/__init__.py", "")
    project.write(path, code)


SEEN_INVOICE = """
class SalesInvoice(SalesInvoice):
    def send_notification(self, recipient, message):
        super().send_notification(recipient, message)
        note("send_notification", invoice=self.name, recipient=recipient, message=message)
"""
"""What the snippet leaves as `pass` leaves a note here."""


@snippet("Syntax", "enqueue_doc_parameters")
def enqueue_doc_takes_every_parameter(source: Source, app_project: Project) -> None:
    install_controller(
        app_project,
        "sales_invoice",
        PRELUDE
        + """
class SalesInvoice(Document):
    def send_notification(self, recipient):
        note("send_notification", invoice=self.name, recipient=recipient)
""",
    )
    app_project.worker()
    listed = source.keywords()
    parameters = inspect.signature(frappe.enqueue_doc).parameters
    assert {n: parameters[n].default for n in listed} == {
        name: ast.literal_eval(default) for name, default in listed.items()
    }
    # the listing shows the defaults; without a method there is nothing to run
    code = source.code().replace("method=None", "method='send_notification'")
    with signed_in(app_project.site):
        names = {"doctype": "Sales Invoice", "kwargs": {"recipient": USER}, "frappe": frappe}
        exec(code, names)
    (note,) = wait_for_notes(app_project, "send_notification")
    assert note.about == {"invoice": None, "recipient": USER}
    assert note.queue == "default"


@snippet("Voorbeeld", "enqueue_doc_example")
def enqueue_doc_runs_the_controllers_method(source: Source, app_project: Project) -> None:
    code = PRELUDE + source.only(ast.ClassDef) + SEEN_INVOICE
    install_controller(app_project, "sales_invoice", code)
    app_project.worker()
    with signed_in(app_project.site):
        frappe.get_doc({"doctype": "Sales Invoice"}).insert(set_name="SINV-00001")
    with signed_in(app_project.site):
        exec(source.without(ast.ClassDef).code(), {"frappe": frappe})
        (job,) = frappe.get_all("RQ Job", fields=["queue", "timeout"])
    (note,) = wait_for_notes(app_project, "send_notification")
    assert note.about == {
        "invoice": "SINV-00001",
        "recipient": "user@example.com",
        "message": "Your invoice is ready",
    }
    assert (note.user, note.queue) == (USER, "long")
    assert (job.queue, job.timeout) == ("long", 600)


SEEN_ORDER = """
email_list = ["user@example.com"]


class SalesOrder(SalesOrder):
    def send_emails(self, emails, message):
        super().send_emails(emails, message)
        note("send_emails", order=self.name, emails=emails, message=message)
"""


@snippet("Document queue_action Method", "queue_action")
def queue_action_runs_after_the_submit_is_committed(source: Source, app_project: Project) -> None:
    install_controller(app_project, "sales_order", PRELUDE + source.code() + SEEN_ORDER)
    app_project.worker()
    with signed_in(app_project.site):
        order = frappe.new_doc("Sales Order").insert()
        frappe.db.commit()
        order.submit()
        assert order.is_locked
        assert not frappe.get_all("RQ Job")
    (note,) = wait_for_notes(app_project, "send_emails")
    assert note.about == {"order": order.name, "emails": [USER], "message": "Howdy"}
    assert note.user == USER
    with signed_in(app_project.site):
        assert not order.is_locked
        assert frappe.get_doc("Sales Order", order.name).docstatus == 1


# -- sections 5 and 11


def runs_once_while_it_waits(source: Source, desk: Desk, enqueued: int = 1) -> None:
    """Run a deduplicating snippet twice while the first job waits, and once after it ended."""
    with desk.busy_worker():
        desk.run(source, dots="myapp.tasks.import_data", self=IMPORT)
        desk.run(source, dots="myapp.tasks.import_data", self=IMPORT)
        assert len(desk.jobs()) == enqueued
    assert all(job.is_finished for job in desk.all_ended())
    assert len(desk.notes("import_data")) == enqueued
    desk.run(source, dots="myapp.tasks.import_data", self=IMPORT)
    desk.all_ended()
    assert len(desk.notes("import_data")) == 2 * enqueued


@snippet("v14: job_name (DEPRECATED)", "job_name_v14")
def job_name_deduplicates_in_v14(source: Source, desk: Desk) -> None:
    with desk.configured(frappe_version=14):
        runs_once_while_it_waits(source, desk)
    assert {job.job_name for job in desk.jobs()} == {IMPORT.name}


@snippet("v14: job_name (DEPRECATED)", "job_name_v14")
def job_name_deduplicates_in_v15_too(source: Source, desk: Desk) -> None:
    runs_once_while_it_waits(source, desk)


@snippet("v15+: job_id met is_job_enqueued", "job_id_v15")
def job_id_deduplicates(source: Source, desk: Desk) -> None:
    runs_once_while_it_waits(source, desk)
    assert desk.jobs()[0].id == f"{desk.site}::data_import::{IMPORT.name}"
    assert desk.notes("import_data")[0].about == {"doc_name": IMPORT.name}


@snippet("v15+: job_id met is_job_enqueued", "job_id_v15")
def job_id_deduplicates_in_v17(source: Source, desk: Desk) -> None:
    with desk.configured(frappe_version=17):
        runs_once_while_it_waits(source, desk)
    assert desk.jobs()[0].id == f"{desk.site}||data_import||{IMPORT.name}"


@snippet("is_job_enqueued Functie (v15+)", "is_job_enqueued")
def is_job_enqueued_is_true_while_the_job_waits(source: Source, desk: Desk) -> None:
    assert desk.run(source).printed == ""
    with desk.busy_worker():
        job = frappe.enqueue("myapp.tasks.process", job_id="unique-job-id")
        assert desk.run(source).printed == "Job already queued\n"
    desk.ended(job)
    assert desk.run(source).printed == ""


@snippet("Migratie v14 → v15", "migration")
def both_ways_of_the_migration_deduplicate(source: Source, desk: Desk) -> None:
    runs_once_while_it_waits(source, desk, enqueued=2)
    assert {job.job_name for job in desk.jobs()} == {IMPORT.name, "myapp.tasks.import_data"}
    assert notes(desk.project, desk.site) == desk.notes("import_data")
