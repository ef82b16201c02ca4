"""Where a snippet runs: this process as a user on a site, a worker beside it, what comes of it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import frappe

from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStatus, get_store, hosts
from frappe_standalone.documents import meta
from frappe_standalone.site import app_hooks
from tests.acceptance.research import Source
from tests.project import Project
from tests.waiting import wait_until

USER = "user@example.com"
ENDED = {JobStatus.FINISHED, JobStatus.FAILED}
APP = Path(__file__).parents[1] / "fixtures" / "myapp"

PRELUDE = """
import frappe
from frappe.model.document import Document
from myapp.notes import note
from myapp.tasks import *
"""
"""What a file of the app begins with the rest of which is a snippet's."""


def install_app(project: Project) -> None:
    """Have tests/fixtures/myapp in a project."""
    shutil.copytree(APP, project.root / "myapp", dirs_exist_ok=True)
    forget_app()


def forget_app() -> None:
    """The next `myapp` that this process imports is another one, in another folder."""
    app_hooks.forget()
    meta.forget()
    for name in [name for name in sys.modules if name.split(".")[0] == "myapp"]:
        del sys.modules[name]


def make_site(project: Project, **config: Any) -> str:
    """A new site."""
    site = f"s{uuid.uuid4().hex[:12]}.localhost"
    project.write(f"sites/{site}/site_config.json", json.dumps(config))
    return site


@dataclass(frozen=True)
class Note:
    """One call of a method of the fixture app."""

    what: str
    about: dict[str, Any]
    site: str
    user: str
    queue: str | None
    enqueued_at: str | None
    """Of the record, naive UTC."""


def notes(project: Project, site: str | None = None) -> list[Note]:
    """What ran, of one site or all, in order."""
    file = project.root / "notes.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    found = [Note(**json.loads(line)) for line in lines]
    return [note for note in found if site in (None, note.site)]


@contextmanager
def signed_in(site: str, user: str = USER) -> Iterator[None]:
    """On a site as a user; committed at the end."""
    with hosts.current().in_site(site, user):
        yield
        frappe.db.commit()


@dataclass(frozen=True)
class Ran:
    """A snippet after it ran."""

    names: dict[str, Any]
    printed: str

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


class Desk:
    """A user on a site; jobs of that site run in the shared worker."""

    def __init__(self, project: Project, site: str) -> None:
        self.project, self.site = project, site
        self.events_heard = get_store().client.pubsub(ignore_subscribe_messages=True)
        self.events_heard.subscribe("events")
        self.heard: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def opened(cls, project: Project, site: str) -> Iterator[Desk]:
        """For the length of a test."""
        with hosts.current().in_site(site, USER):
            desk = cls(project, site)
            yield desk
            desk.events_heard.close()

    def configure(self, **config: Any) -> None:
        """Set keys of the site's configuration."""
        self.project.write(f"sites/{self.site}/site_config.json", json.dumps(config))

    # -- running

    def run(self, source: Source, /, dots: str | None = None, **names: Any) -> Ran:
        """Run a snippet in this process, with a value for each name that it leaves undefined."""
        scope = {"__name__": "snippet", "frappe": frappe, **names}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(source.code(dots), scope)
        return Ran(scope, printed.getvalue())

    def run_in_worker(self, source: Source, /, dots: str | None = None, **names: Any) -> Job:
        """Run a snippet's statements as a job; that job, ended."""
        job = frappe.enqueue("myapp.tasks.execute", code=source.code(dots), **names)
        return self.ended(job)

    @contextmanager
    def configured(self, **options: Any) -> Iterator[None]:
        """Other settings in this process."""
        before = settings.current()
        settings.use(replace(before, **options))
        try:
            yield
        finally:
            settings.use(before)

    @contextmanager
    def busy_worker(self) -> Iterator[None]:
        """Whatever is enqueued here waits until the end of the block."""
        site = make_site(self.project)
        with hosts.current().in_site(site, USER):
            frappe.enqueue("myapp.tasks.hold")
        wait_until(lambda: notes(self.project, site), what="the worker is busy")
        try:
            yield
        finally:
            self.project.write(f"sites/{site}/go_on", "")

    # -- looking

    def jobs(self) -> list[Job]:
        """The site's jobs in the order in which they were enqueued."""
        found = get_store().page(site=self.site, length=100)
        return sorted(found, key=lambda job: job.enqueued_at)

    def ended(self, job: Job) -> Job:
        """That job, once it has ended."""
        wait_until(lambda: job.get_status() in ENDED, what=f"{job.method} has ended")
        return job

    def all_ended(self) -> list[Job]:
        """The site's jobs, once all have ended."""
        wait_until(lambda: all(job.get_status() in ENDED for job in self.jobs()))
        return self.jobs()

    def notes(self, what: str | None = None) -> list[Note]:
        """The site's calls, of one method or all."""
        found = notes(self.project, self.site)
        return [note for note in found if what in (None, note.what)]

    def error_logs(self) -> dict[str, str]:
        """Title and text of the site's Error Logs."""
        rows = frappe.get_all("Error Log", fields=["method", "error"])
        return {row.method: row.error for row in rows}

    def todos(self) -> list[str]:
        """Descriptions of the ToDos that were committed."""
        return sorted(frappe.get_all("ToDo", pluck="description"))

    def event(self, name: str) -> dict[str, Any]:
        """The realtime event of that name of this site, as socketio gets it."""

        def heard() -> dict[str, Any] | None:
            while message := self.events_heard.get_message(timeout=0.01):
                self.heard.append(json.loads(message["data"]))
            mine = [e for e in self.heard if e["namespace"] == self.site and e["event"] == name]
            return mine[0] if mine else None

        return wait_until(heard, what=f"event {name}")


def wait_for_notes(project: Project, *wanted: str, timeout: float = 30) -> list[Note]:
    """Every call so far, once each of these methods was called."""

    def missing() -> set[str]:
        return set(wanted) - {note.what for note in notes(project)}

    wait_until(lambda: not missing(), timeout, f"{', '.join(wanted)} ran")
    return notes(project)
