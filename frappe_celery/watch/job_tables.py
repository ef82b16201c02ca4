"""Jobs in a terminal: a table of many, a page of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStatus
from frappe_celery.watch import job_display
from frappe_celery.watch.tables import titled_table
from frappe_celery.watch.words import clock, duration, moment, some_of

STYLES = {
    JobStatus.QUEUED: "yellow",
    JobStatus.STARTED: "cyan",
    JobStatus.FINISHED: "green",
    JobStatus.FAILED: "red",
}


def table(jobs: list[Job], title: str = "Jobs, newest first") -> Table:
    """Jobs, one a line, with the beginning of their arguments."""
    beginning = Column("arguments", max_width=40)
    columns = ("id", "status", "queue", "method", beginning, "enqueued", "waited", "ran", "error")
    shown = titled_table(title, *columns)
    begun = job_display.beginnings(jobs)
    for job in jobs:
        line = job_display.as_json(job)
        lacked = f"lacked {', '.join(job.lacked)}" if job.lacked else ""
        shown.add_row(
            Text(job.id, overflow="fold"),
            _status(job),
            Text(job.queue),
            Text(line["method"], overflow="fold"),
            Text(begun[job.run_id], overflow="ellipsis", no_wrap=True),
            clock(job.enqueued_at),
            duration(line["waited"]),
            duration(line["ran"]),
            Text(line["error"] or lacked),
        )
    return shown


def page(job: Job) -> Iterable[Any]:
    """One job: what it is, when what happened, its arguments, how it ended."""
    values = job_display.whole(job)
    about = Table.grid(padding=(0, 2))
    for name in ("id", "run", "site", "queue", "method", "name", "user", "timeout", "worker"):
        if values[name] is not None:
            about.add_row(Text(name, "bold"), Text(str(values[name])))
    about.add_row(Text("status", "bold"), _status(job))
    if values["position"] is not None:
        about.add_row(Text("position", "bold"), Text(f"{values['position']} before it"))
    if values["kept_back_by"] is not None:
        about.add_row(Text("kept back by", "bold"), Text(values["kept_back_by"], "yellow"))
    if of := values["batch"]:
        said = of if isinstance(of, str) else f"{of['title'] or '(forgotten)'} ({of['id']})"
        about.add_row(Text("batch", "bold"), Text(said))
    if ids := values["depends_on"]:
        said = ids if isinstance(ids, str) else some_of(ids)
        about.add_row(Text("depends on", "bold"), Text(said))
    if values["dependants"]:
        about.add_row(Text("dependants", "bold"), Text(f"{values['dependants']} wait for it"))
    if job.lacked:
        said = f"{', '.join(job.lacked)} (only a Frappe site has that; its code caught the error)"
        about.add_row(Text("lacked", "bold"), Text(said, "yellow"))
    yield about
    yield Text(f"\nTimeline (times in {settings.current().zone})", "bold")
    lines = Table.grid(padding=(0, 2))
    for at, what, after, _ in job_display.timeline(job, values):
        lines.add_row(at, f"{what}, after {after}" if after else what)
    yield lines
    yield Text("\nArguments (secrets masked)", "bold")
    yield Text(job_display.pretty(values["arguments"]))
    if values["result"] is not None:
        yield Text("\nResult", "bold")
        yield Text(job_display.pretty(values["result"]))
    if values["traceback"]:
        yield Text("\nTraceback" if "\n" in values["traceback"].strip() else "\nReason", "bold")
        yield Text(job_display.pretty(values["traceback"].rstrip()), "red")


def refused_table(messages: list[dict[str, Any]]) -> Table:
    """Messages that were not acted on, newest first."""
    shown = titled_table("Refused messages, newest first", "at", "queue", "run", "reason")
    for message in messages:
        texts = (str(message[name]) for name in ("queue", "run", "reason"))
        shown.add_row(moment(message["at"]), *map(Text, texts))
    return shown


def _status(job: Job) -> Text:
    return Text(job.status.value, STYLES.get(job.status, "magenta"))
