"""Runs task functions as jobs on the host whose Python this is, and tells which rows they changed.

    python host.py SITE < cases.json > changes.json

In a bench's `sites` folder, or in a project's, where a worker takes jobs. What the tables of the
site's apps hold is taken away first.
"""
# ruff: noqa: I001

from __future__ import annotations

import email
import email.policy
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from frappe_celery.errors import NeedsFrappeSite  # first: without a Frappe it brings `frappe`
from frappe_celery.jobs import Job, JobStatus, get_store

import frappe
from frappe.core.doctype.scheduled_job_type.scheduled_job_type import sync_jobs
from frappe.model.document import Document

Row = dict[str, Any]
Rows = dict[str, dict[str, Row]]
"""By table and key."""

SECONDS = 120
KEPT = ("DocType", "DocField", "DocPerm", "Custom DocPerm", "Module Def", "Patch Log")
"""What the site is made of: neither read nor changed."""
LOGS = (
    *("Error Log", "Activity Log", "Access Log", "Scheduled Job Log", "Route History", "View Log"),
    *("Version", "Deleted Document", "Notification Log", "Email Queue", "Email Queue Recipient"),
)


def run(case: dict[str, Any]) -> dict[str, Any]:
    """What a function changed, and what it raised."""
    clean = read()
    put(case["documents"])
    frappe.db.commit()
    frappe.clear_cache()
    before, began = read(), frappe.utils.now_datetime()
    job = _run_job(case["method"], {k: _argument(v) for k, v in case["kwargs"].items()})
    frappe.db.rollback()
    after, ended = read(), frappe.utils.now_datetime()
    restore(clean, after)
    spread = timedelta(seconds=2)
    return {
        "raised": _error(job),
        "lacked": job.lacked,
        "mails": sorted(_mails()),
        "changes": list(changes(before, after, began - spread, ended + spread)),
    }


def _argument(value: Any) -> Any:
    """`{"doc": [doctype, name]}` stands for a document, `{"dict": {…}}` for a `frappe._dict`."""
    if isinstance(value, dict) and "doc" in value:
        return frappe.get_doc(*value["doc"])
    return frappe._dict(value["dict"]) if isinstance(value, dict) and "dict" in value else value


def _run_job(method: str, kwargs: dict[str, Any]) -> Job:
    """Its record, once it and what it enqueued have ended."""
    store = get_store()
    job = frappe.enqueue(method, queue="long", timeout=SECONDS, **kwargs)
    deadline = time.monotonic() + SECONDS
    while any(store.counts()[status] for status in (JobStatus.QUEUED, JobStatus.STARTED)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{method} has not ended after {SECONDS} seconds")
        time.sleep(0.05)
    return store.fetch(job.id)


def _error(job: Job) -> str:
    """The last line of its traceback that names one."""
    lines = (job.exc_info or "").splitlines()
    return next((line for line in reversed(lines) if re.match(r"[\w.]+(: |$)", line)), "")


_given: list[list[str]] = []


class _MailServer:
    """Where standalone sends mails to."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        _given.extend(_mail(envelope.content, to) for to in envelope.rcpt_tos)
        return "250 OK"


def _is_bench() -> bool:
    return bool(frappe.db.table_exists("Email Queue"))


def _mails() -> list[list[str]]:
    """Recipient, subject and text of those that were sent, or in a bench queued, since then."""
    if _is_bench():
        for name, message in frappe.db.sql("select name, message from `tabEmail Queue`"):
            to = frappe.get_all("Email Queue Recipient", {"parent": name}, pluck="recipient")
            _given.extend(_mail(message.encode(), each) for each in to)
        for doctype in ("Email Queue", "Email Queue Recipient"):
            frappe.db.delete(doctype)
    found = [*_given]
    _given.clear()
    return found


def _mail(content: bytes, to: str) -> list[str]:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    bare = re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]+>|&\w+;", " ", html, flags=re.DOTALL)
    return [to, str(mail["Subject"]), " ".join(bare.split())]


def put(documents: Iterable[Row]) -> None:
    """Rows as they are written: no controller sees them. What the host lacks is left out."""
    for row in documents:
        with suppress(NeedsFrappeSite):
            _put(row)


def _put(row: Row) -> None:
    if row.get("single"):
        frappe.db.sql("delete from `tabSingles` where doctype = %s", row["doctype"])
        for field, value in row["single"].items():
            frappe.db.sql(
                "insert into `tabSingles` (doctype, field, value) values (%s, %s, %s)",
                (row["doctype"], field, value),
            )
    elif not frappe.db.exists(row["doctype"], row["name"]):
        frappe.db.commit()  # on MariaDB a table is made before anything was written
        Document(row).db_insert()


def read() -> Rows:
    """All rows of all doctypes' tables."""
    return {table: _rows(table) for table in _tables() if _counts(table)}


def _tables() -> list[str]:
    if frappe.db.db_type == "sqlite":
        return [
            name for (name,) in frappe.db.sql("select name from sqlite_master where type = 'table'")
        ]
    names = "select table_name from information_schema.tables where table_schema = database()"
    return [name for (name,) in frappe.db.sql(names)]


def _counts(table: str) -> bool:
    return table.startswith("tab") and table[3:] not in (*KEPT, *LOGS)


def _rows(table: str) -> dict[str, Row]:
    rows = frappe.db.sql(f"select * from `{table}`", as_dict=True)
    return {_key(row): {field: _plain(value) for field, value in row.items()} for row in rows}


def _key(row: Row) -> str:
    if "doctype" in row and "field" in row:  # of tabSingles
        return f"{row['doctype']}.{row['field']}"
    return str(row["name"])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        return round(float(value), 9)
    return str(value)


def restore(clean: Rows, after: Rows) -> None:
    """The tables as they were."""
    for table, rows in after.items():
        was = clean.get(table, {})
        if rows != was:
            frappe.db.sql(f"delete from `{table}`")
            for row in was.values():
                names = ", ".join(f"`{name}`" for name in row)
                values = ", ".join(["%s"] * len(row))
                frappe.db.sql(
                    f"insert into `{table}` ({names}) values ({values})", tuple(row.values())
                )
    frappe.db.commit()
    frappe.clear_cache()


def changes(
    before: Rows, after: Rows, began: datetime, ended: datetime
) -> Iterator[dict[str, Any]]:
    """Rows added, changed and removed; a moment of the run reads as `<now>`."""
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, {}), after.get(table, {})
        for key in sorted(old.keys() | new.keys()):
            one, other = old.get(key), new.get(key)
            if one == other:
                continue
            fields = {f: v for f, v in (other or {}).items() if not one or one.get(f) != v}
            yield {
                "table": table,
                "key": key,
                "what": "added" if one is None else "removed" if other is None else "changed",
                "fields": {f: _moment(v, began, ended) for f, v in fields.items()},
            }


def _moment(value: Any, began: datetime, ended: datetime) -> Any:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return "<now>" if at.tzinfo is None and began <= at <= ended else value


def empty(doctypes: Iterable[str]) -> None:
    """Take away what their tables hold, what is stored of Singles, and everybody's defaults."""
    there = read()
    for doctype in doctypes:
        frappe.db.sql("delete from `tabSingles` where doctype = %s", doctype)
        if there.get(f"tab{doctype}"):
            frappe.db.sql(f"delete from `tab{doctype}`")
    frappe.db.sql("delete from `tabDefaultValue` where parent = '__default'")
    frappe.db.commit()


def main() -> None:
    frappe.init(sys.argv[1])
    frappe.connect()
    frappe.set_user("Administrator")
    asked = json.load(sys.stdin)
    empty([*asked["doctypes"], "Property Setter"])
    sync_jobs()
    frappe.db.commit()
    _mails()
    if not _is_bench():
        from aiosmtpd.controller import Controller

        Controller(_MailServer(), hostname="127.0.0.1", port=frappe.conf.mail_port).start()
    told = {}
    for case in asked["cases"]:
        print(case["method"], file=sys.stderr, flush=True)
        try:
            told[case["method"]] = run(case)
        except Exception as error:
            frappe.db.rollback()
            told[case["method"]] = {"not run": f"{type(error).__name__}: {error}"}
    print("\nCHANGES:" + json.dumps(told, default=str))


if __name__ == "__main__":
    main()
