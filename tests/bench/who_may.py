"""Who asks what about jobs over HTTP, and what an answer comes to: the table of `test_who_may`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode

DOCTYPES = ("Prepared Report", "Data Import", "Background Task")
"""Whose documents have jobs."""
WHOSE = OWN, OTHERS, RENAMED = "own", "another's", "another's by an own name"
"""A job of the site that is asked; one of another site; that one, with the asked site's name in its
id."""
USERS = ("guest", "website user", "desk user", "System Manager", "Administrator")
MIGHTY = USERS[3:]
TELLING = ("doctype", "dt", "view", "method", "run_method", "report_name", "filters", "order_by")
STATUSES = ("waiting", "started", "finished", "failed", "deferred")
FIELDS = '["name", "status", "arguments", "exc_info", "queue"]'
FAILED = '[["RQ Job", "status", "=", "failed"]]'
PAGE = {"fields": FIELDS, "filters": "[]", "order_by": "creation desc", "start": 0}
RQ_JOB, RQ_WORKER = "frappe.core.doctype.rq_job.rq_job", "frappe.core.doctype.rq_worker.rq_worker"
DESK = "frappe.desk.reportview"
REPORTS = "frappe.core.doctype.prepared_report.prepared_report"
IMPORTS = "frappe.core.doctype.data_import.data_import"
TASKS = "frappe.core.doctype.background_task.background_task"
ROWS = "frappe.core.doctype.scheduled_job_type.scheduled_job_type"
HEALTH = "frappe.desk.doctype.system_health_report.system_health_report"


@dataclass(frozen=True)
class Cell:
    """A request; {id} and {row} in it stand for what is asked about."""

    path: str
    given: dict[str, Any] = field(default_factory=dict)
    verb: str = "GET"

    @property
    def name(self) -> str:
        """Its path, and what tells it from others of the same."""
        more = [str(self.given[key]) for key in TELLING if key in self.given]
        return " ".join([self.verb, self.path, *more])

    @property
    def doctype(self) -> str | None:
        """The document that it is about; None: the job itself."""
        found = [doctype for doctype in DOCTYPES if scrub(doctype) in scrub(self.path)]
        return found[0] if found else None

    @property
    def of_one(self) -> bool:
        """Whether it is about one thing."""
        return "{id}" in self.path + json.dumps(self.given)


def scrub(text: str) -> str:
    return text.lower().replace(" ", "_")


def called(method: str, /, **given: Any) -> Cell:
    return Cell(f"/api/method/{method}", given)


def posted(method: str, /, **given: Any) -> Cell:
    return Cell(f"/api/method/{method}", given, "POST")


def of_doctype(doctype: str) -> Iterator[Cell]:
    """Every way to a list, a count, an export and a document of a doctype."""
    there, page = {"doctype": doctype}, {"page_length": 100, "doctype": doctype, **PAGE}
    rows = {"fields": FIELDS, "order_by": "creation desc"}
    yield Cell(f"/api/resource/{doctype}", rows)
    yield Cell(f"/api/resource/{doctype}", {**rows, "filters": FAILED})
    yield Cell(f"/api/v2/document/{doctype}", {**rows, "limit": 100})
    yield Cell(f"/api/resource/{doctype}/{{id}}")
    yield Cell(f"/api/v2/document/{doctype}/{{id}}")
    yield Cell("/printview", {"name": "{id}", **there})
    yield Cell(f"/api/resource/{doctype}")
    yield called("frappe.client.get_list", limit_page_length=100, **rows, **there)
    yield called("frappe.client.get_count", filters="{}", **there)
    yield called("frappe.client.get_count", **there)
    yield called("frappe.client.get", name="{id}", **there)
    yield called("frappe.client.has_permission", docname="{id}", **there)
    yield called("frappe.client.validate_link", docname="{id}", **there)
    yield called("frappe.desk.form.load.getdoc", name="{id}", **there)
    yield called("frappe.desk.form.load.getdoctype", **there)
    yield called("frappe.desk.search.search_link", txt="", **there)
    yield called("frappe.desk.listview.get_group_by_count", current_filters="[]", field="status",
                 **there)  # fmt: skip
    yield called(f"{DESK}.get", **page)
    yield called(f"{DESK}.get", **page, view="Report")
    yield called(f"{DESK}.get_list", **page)
    yield called(f"{DESK}.get_count", **page)
    yield called(f"{DESK}.export_query", **page, file_format_type="CSV", title="all")
    yield called(f"{DESK}.get_sidebar_stats", stats='["_user_tags"]', **there)


READ = [
    *of_doctype("RQ Job"),
    called("frappe.client.get_value", doctype="RQ Job", filters='["{id}"]', fieldname="status"),
    *of_doctype("RQ Worker"),
    *(cell for cell in of_doctype("Prepared Report") if not cell.of_one),
    *(cell for cell in of_doctype("Background Task") if not cell.of_one),
    called(f"{RQ_JOB}.get_custom_queues"),
    called(f"{RQ_JOB}.get_all_queued_jobs"),
    called(f"{RQ_JOB}.RQJob.get_list"),
    called(f"{RQ_WORKER}.RQWorker.get_list"),
    called("frappe.utils.background_jobs.get_jobs", queue="short"),
    called("frappe.utils.background_jobs.get_job_status", job_id="{id}"),
    called("frappe.utils.doctor.get_pending_jobs"),
    called("frappe.utils.scheduler.get_scheduler_status"),
    called("frappe_celery.jobs.get_store"),
    called(f"{TASKS}.get_recent_tasks"),
    called("frappe.core.doctype.submission_queue.submission_queue.get_latest_submissions",
           doctype="ToDo", docname="none"),
    called(f"{HEALTH}.get_job_status", job_id="{id}"),
    Cell("/api/resource/System Health Report"),
    called(f"{DESK}.get_count", doctype="System Health Report", **PAGE),
]  # fmt: skip
"""Changes nothing."""

CHANGE = [
    Cell("/api/resource/RQ Job", {"job_id": "made", "status": "queued"}, "POST"),
    Cell("/api/resource/RQ Job/{id}", verb="DELETE"),
    Cell("/api/v2/document/RQ Job/{id}", verb="DELETE"),
    Cell("/api/resource/RQ Job/{id}", {"status": "finished"}, "PUT"),
    Cell("/api/resource/RQ Job/{id}", {"run_method": "cancel"}, "POST"),
    posted("frappe.client.delete", doctype="RQ Job", name="{id}"),
    posted("frappe.client.cancel", doctype="RQ Job", name="{id}"),
    posted("frappe.client.set_value", doctype="RQ Job", name="{id}", fieldname="status", value="x"),
    posted(f"{DESK}.delete_items", doctype="RQ Job", items='["{id}"]'),
    *(posted("run_doc_method", dt="RQ Job", dn="{id}", method=method)
      for method in ("stop_job", "cancel", "delete")),
    posted(f"{RQ_JOB}.stop_job", job_id="{id}"),
    posted("frappe.utils.doctor.purge_pending_jobs"),
    Cell("/api/resource/Prepared Report/{id}"),
    Cell("/api/resource/Prepared Report/{id}", verb="DELETE"),
    posted(f"{REPORTS}.stop_prepared_report", report_name="{id}"),
    posted(f"{REPORTS}.delete_prepared_reports", reports='[{"name": "{id}"}]'),
    Cell("/api/resource/Data Import/{id}"),
    Cell("/api/resource/Data Import/{id}", verb="DELETE"),
    called(f"{IMPORTS}.get_import_status", data_import_name="{id}"),
    posted(f"{IMPORTS}.form_start_import", data_import="{id}"),
    posted(f"{IMPORTS}.stop_data_import", doc_name="{id}"),
    called(f"{TASKS}.get_cached_task_status", task_id="{id}"),
    posted(f"{TASKS}.stop_task", task_id="{id}"),
    posted(f"{TASKS}.retry_task", task_id="{id}"),
]  # fmt: skip
"""About a job that waits, or a document that has one."""

STOP = posted(f"{RQ_JOB}.stop_job", job_id="{id}")
"""About a job that runs."""

ENQUEUE = [
    Cell("/api/resource/System Health Report/System Health Report"),
    called("frappe.desk.form.load.getdoc", doctype="System Health Report",
           name="System Health Report"),
    posted(f"{ROWS}.execute_event", doc='{"name": "{row}"}'),
    posted(f"{ROWS}.skip_next_execution", doc='{"name": "{row}"}'),
    posted("run_doc_method", dt="Scheduled Job Type", dn="{row}", method="enqueue"),
    posted("frappe.desk.page.backups.backups.schedule_files_backup", user_email="a@who.example"),
    posted(f"{REPORTS}.make_prepared_report", report_name="none", filters="{}"),
    posted(f"{REPORTS}.make_prepared_report", report_name="Permitted Documents For User",
           filters="{}"),
    posted(f"{REPORTS}.get_reports_in_queued_state", report_name="Permitted Documents For User",
           filters="{}"),
    posted(f"{REPORTS}.enqueue_json_to_csv_conversion", prepared_report_name="none"),
    posted("frappe.utils.background_jobs.enqueue", method="frappe.ping"),
    posted("frappe.enqueue", method="frappe.ping"),
    posted("frappe.utils.scheduler.activate_scheduler"),
    posted(f"{RQ_JOB}.remove_failed_jobs"),
]  # fmt: skip
"""What enqueues, and what takes all at once, when no worker runs."""


@dataclass(frozen=True)
class Answer:
    """What a request came to, and what became of the job that it was about."""

    status: int
    error: str | None
    shown: tuple[str, ...]
    said: tuple[str, ...]
    number: int | None
    became: tuple[str, ...] = ()


class Web:
    """A web server of the bench, and those who are logged in at it."""

    def __init__(self, port: int, sessions: dict[str, dict[str, str]]) -> None:
        self.port = port
        self.sessions = sessions
        self.known: dict[str, str] = {}
        """Ids and arguments, and what they are called in an answer."""

    def ask(self, site: str, user: str, cell: Cell, **names: str) -> tuple[int, str]:
        """Status and body."""
        path, given = cell.path, cell.given
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
            given = {key: _filled(text, name, value) for key, text in given.items()}
        headers = {"Host": site, "Content-Type": "application/x-www-form-urlencoded"}
        if sid := self.sessions[site].get(user):
            headers["Cookie"] = f"sid={sid}"
        url, body = quote(path, safe="/%"), urlencode(given)
        if cell.verb == "GET":
            url, body = f"{url}?{body}", ""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(cell.verb, url, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        finally:
            connection.close()

    def answer(self, site: str, user: str, cell: Cell, **names: str) -> Answer:
        """What an answer comes to."""
        status, body = self.ask(site, user, cell, **names)
        shown = {called for text, called in self.known.items() if text in body}
        try:
            content = json.loads(body)
        except ValueError:
            content = {}
        message = content.get("message", content.get("data"))
        return Answer(
            status,
            content.get("exc_type") or _of_v2(content),
            tuple(sorted(shown)),
            tuple(_messages(content, names)),
            message if isinstance(message, int) else None,
        )

    def status(self, site: str, job_id: str) -> str:
        """A job's, as its site's Administrator reads it."""
        cell = Cell("/api/resource/RQ Job/{id}")
        status, body = self.ask(site, "Administrator", cell, id=job_id)
        assert status in (200, 404), body
        return str(json.loads(body)["data"]["status"]) if status == 200 else "gone"


def _messages(content: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    of_v1 = json.loads(content.get("_server_messages") or "[]")
    for told in [*of_v1, *content.get("messages", ())]:
        message = json.loads(told) if isinstance(told, str) else told
        text = str(message["message"])
        for name, value in names.items():
            text = text.replace(value, f"{{{name}}}")
        yield text


def _filled(text: Any, name: str, value: str) -> Any:
    return text.replace(f"{{{name}}}", value) if isinstance(text, str) else text


def _of_v2(content: dict[str, Any]) -> str | None:
    errors = content.get("errors") or [{}]
    kind = errors[0].get("type")
    return None if kind is None else str(kind)
