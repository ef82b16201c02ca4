"""Doctypes without a table: `RQ Job` and `RQ Worker` from the job store, `DocType` and `DocField`
from what the apps describe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from frappe_celery.host import JobStatus, errors, get_store, settings
from frappe_standalone.database import altering, schema, statements
from frappe_standalone.database.filters import Condition, bare, matches, orders, parse
from frappe_standalone.exceptions import PermissionError as NotPermitted
from frappe_standalone.local import local
from frappe_standalone.missing import unsupported
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import as_json
from frappe_standalone.utils.values import from_column

Conditions = tuple[Condition, ...]
_BY_TIME = ("modified", "creation")


def select(
    doctype: str,
    conditions: Conditions,
    or_filters: Any = None,
    order_by: str = "",
    start: int = 0,
    limit: int | None = None,
    group_by: str | None = None,
    distinct: bool = False,
) -> list[dict[str, Any]]:
    """The matching jobs of the current site, the workers, or the doctypes; none is grouped."""
    any_of = parse(or_filters)
    order = [(bare(term), way) for term, way in orders(order_by)] if order_by else []
    if unknown := [term for term, _ in order if not term.isidentifier()]:
        raise unsupported(f"order_by={unknown[0]!r} of a doctype without a table")
    if doctype == "RQ Job" and limit is not None and not any_of:
        page = _page(conditions, order, start, limit)
        if page is not None:
            return page
    found = [
        row
        for row in READ[doctype](conditions)
        if all(matches(row, each) for each in conditions)
        and (not any_of or any(matches(row, each) for each in any_of))
    ]
    for field, way in reversed(order):
        found.sort(
            key=lambda row, field=field: (row.get(field) not in (None, ""), row.get(field)),  # type: ignore[misc]
            reverse=way == "desc",
        )
    return found[start : None if limit is None else start + limit]


def columns(rows: list[dict[str, Any]], fields: Any) -> list[dict[str, Any]]:
    named: dict[str, str] = {}
    for field in fields.split(",") if isinstance(fields, str) else fields:
        if not isinstance(field, str) or "(" in field:
            raise unsupported(f"the field {field!r} of a doctype without a table")
        source, _, alias = field.strip().partition(" as ")
        named[alias.strip() or bare(source)] = bare(source)
    if "*" in named:
        return rows
    return [{called: row.get(name) for called, name in named.items()} for row in rows]


def get(doctype: str, name: str) -> dict[str, Any] | None:
    """One job, worker or doctype.

    Raises:
        PermissionError: another site's job.
    """
    if doctype != "RQ Job":
        rows = READ[doctype]((Condition("name", "=", name),))
        return next((row for row in rows if row["name"] == name), None)
    try:
        job = get_store().fetch(name)
    except errors.NoSuchJob:
        return None
    if job.site != local.site:
        raise NotPermitted(f"job {name} belongs to another site than {local.site}")
    return _dict(_job_row(job), arguments=as_json(job.kwargs))


def _page(
    conditions: Conditions, order: list[tuple[str, str]], start: int, limit: int
) -> list[dict[str, Any]] | None:
    """The store's own page, newest first, where no more is asked than it can do."""
    simple = {c.field: c.value for c in conditions if c.operator == "="}
    newest_first = all(way == "desc" and field in _BY_TIME for field, way in order)
    if not newest_first or len(simple) != len(conditions) or not set(simple) <= {"queue", "status"}:
        return None
    try:
        statuses = [JobStatus(simple["status"])] if "status" in simple else None
    except ValueError:
        return []
    jobs = get_store().page(
        site=local.site, queue=simple.get("queue"), statuses=statuses, start=start, length=limit
    )
    return [_job_row(job) for job in jobs]


def _jobs(conditions: Conditions) -> Iterable[dict[str, Any]]:
    """Jobs of the current site; what a filter on queue and status leaves out is never read."""

    def may_be(field: str, value: str) -> bool:
        return all(matches({field: value}, each) for each in conditions if each.field == field)

    statuses = [status for status in JobStatus if may_be("status", status.value)]
    for queue in settings.current().queues if statuses else ():
        if may_be("queue", queue):
            jobs = get_store().page(site=local.site, queue=queue, statuses=statuses, length=-1)
            yield from map(_job_row, jobs)


def _job_row(job: Any) -> dict[str, Any]:
    started, ended = _time(job.started_at), _time(job.ended_at)
    created = _time(job.created_at)
    return _dict(
        {name: getattr(job, name) for name in ("queue", "job_name", "exc_info", "timeout")},
        **{"name": job.id, "job_id": job.id, "status": job.status.value},
        **{"started_at": started, "ended_at": ended},
        time_taken=(ended - started).total_seconds() if started and ended else None,
        **{"creation": created, "modified": ended or started or created},
        **{"owner": job.user, "modified_by": job.user, "docstatus": 0, "idx": 0},
    )


def _worker_row(worker: Any) -> dict[str, Any]:
    birth, seen = _time(worker.birth), _time(worker.last_heartbeat)
    return _dict(
        **{"name": worker.name, "worker_name": worker.name, "pid": worker.pid},
        **{"queue": ", ".join(worker.queues), "queue_type": ",".join(worker.queues)},
        **{"status": str(worker.state), "current_job_id": worker.current_job},
        **{"successful_job_count": worker.successful, "failed_job_count": worker.failed},
        **{"total_working_time": worker.total_working_time, "docstatus": 0, "idx": 0},
        **{"birth_date": birth, "creation": birth, "last_heartbeat": seen, "modified": seen},
    )


def _doctypes(conditions: Conditions) -> Iterator[dict[str, Any]]:
    """Those that the apps describe, our own, and those of which there are documents.

    The last ones are found by their names only.
    """
    by_name = [c.value for c in conditions if (c.field, c.operator) == ("name", "=")]
    for name in by_name or {*schema.all_described(), *altering.OWN_DOCTYPES}:
        meta = schema.described(name)
        if meta.is_known or statements.columns(name):
            fields = [_dict(df, name=f"{name}-{df.fieldname}") for df in meta.fields]
            yield _dict(meta.said, name=name, fields=fields)


def _docfields(conditions: Conditions) -> Iterator[dict[str, Any]]:
    parents = tuple(each._replace(field="name") for each in conditions if each.field == "parent")
    for doctype in _doctypes(parents):
        yield from doctype["fields"]


def _time(when: datetime | float | None) -> Any:
    """The store's naive UTC times and seconds since the epoch, as the site's time."""
    if when is None:
        return None
    if not isinstance(when, datetime):
        when = datetime.fromtimestamp(when, timezone.utc)
    return from_column(when.replace(tzinfo=timezone.utc))


READ: dict[str, Callable[[Conditions], Iterable[dict[str, Any]]]] = {
    "RQ Job": _jobs,
    "RQ Worker": lambda _: map(_worker_row, get_store().workers.by_process()),
    "DocType": _doctypes,
    "DocField": _docfields,
}
