"""Jobs in a terminal: a table of many, a page of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.text import Text

from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStatus
from frappe_celery.watch import job_display
from frappe_celery.watch.tables import Listing, beginning, error, facts, zoned
from frappe_celery.watch.words import clock, duration, moment, some_of

STYLES = {
    JobStatus.QUEUED: "yellow",
    JobStatus.STARTED: "cyan",
    JobStatus.FINISHED: "green",
    JobStatus.FAILED: "red",
}
WIDEST = max(len(status.value) for status in JobStatus)
COLUMNS = ("id", "status", "queue", "method", "arguments", "enqueued", "waited", "ran", "error")
NARROW = (
    ("status", "id"),
    ("method", "queue", "enqueued", "waited:", "ran:"),
    ("error|arguments",),
)


def listing(
    jobs: list[Job], title: str = "Jobs, newest first", notes: Sequence[str] = ()
) -> Listing:
    """Jobs, with the beginning of their arguments and of what they raised."""
    begun = job_display.beginnings(jobs)
    rows = [_row(job, begun[job.run_id]) for job in jobs]
    return Listing(zoned(title), COLUMNS, rows, NARROW, ("arguments", "error"), notes)


def _row(job: Job, arguments: str) -> Sequence[Text | str]:
    line = job_display.as_json(job)
    lacked = f"lacked {', '.join(job.lacked)}" if job.lacked else ""
    return (
        *(job.id, _status(job, WIDEST), job.queue, line["method"], beginning(arguments, "dim")),
        *(clock(job.enqueued_at), duration(line["waited"]), duration(line["ran"])),
        error(line["error"] or lacked),
    )


def page(job: Job) -> Iterable[Any]:
    """One job: what it is, when what happened, its arguments, how it ended."""
    values = job_display.whole(job)
    yield facts(_about(job, values))
    yield Text(f"\nTimeline (times in {settings.current().zone})", "bold")
    timeline = job_display.timeline(job, values)
    yield facts(
        ((at, f"{what}, after {after}" if after else what) for at, what, after, _ in timeline), ""
    )
    yield Text("\nArguments (secrets masked)", "bold")
    yield Text(job_display.pretty(values["arguments"]))
    if values["result"] is not None:
        yield Text("\nResult", "bold")
        yield Text(job_display.pretty(values["result"]))
    if values["traceback"]:
        yield Text("\nTraceback" if "\n" in values["traceback"].strip() else "\nReason", "bold")
        yield Text(job_display.pretty(values["traceback"].rstrip()), "red")


def _about(job: Job, values: dict[str, Any]) -> Iterable[tuple[str, Text | str]]:
    for name in ("id", "run", "site", "queue", "method", "name", "user", "timeout", "worker"):
        if values[name] is not None:
            yield name, str(values[name])
    yield "status", _status(job)
    if values["position"] is not None:
        yield "position", f"{values['position']} before it"
    if values["kept_back_by"] is not None:
        yield "kept back by", Text(values["kept_back_by"], "yellow")
    if of := values["batch"]:
        title = of if isinstance(of, str) else f"{of['title'] or '(forgotten)'} ({of['id']})"
        yield "batch", title
    if ids := values["depends_on"]:
        yield "depends on", ids if isinstance(ids, str) else some_of(ids)
    if values["dependants"]:
        yield "dependants", f"{values['dependants']} wait for it"
    if told := values["progress"]:
        yield "progress", told["shown"]
    if job.lacked:
        said = f"{', '.join(job.lacked)} (only a Frappe site has that; its code caught the error)"
        yield "lacked", Text(said, "yellow")


def refused_listing(messages: list[dict[str, Any]]) -> Listing:
    """Messages that were not acted on, newest first."""
    columns, narrow = ("at", "queue", "run", "reason"), (("at", "queue", "run"), ("reason",))
    rows = [
        (moment(one["at"]), str(one["queue"]), str(one["run"]), error(str(one["reason"])))
        for one in messages
    ]
    return Listing(zoned("Refused messages, newest first"), columns, rows, narrow, ("reason",))


def _status(job: Job, width: int = 0) -> Text:
    return Text(job.status.value.ljust(width), STYLES.get(job.status, "magenta"))
