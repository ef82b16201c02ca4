"""Fields that take their value from a linked document: `fetch_from`, "employee.company"."""

from __future__ import annotations

from typing import Any

from frappe_celery.hosts.standalone.documents.meta import get_meta
from frappe_celery.hosts.standalone.local import local

SUBMITTED = 1


def fetch(doc: Any) -> None:
    """Take them over, in a document and its child rows, from what their links name."""
    if doc.flags.ignore_links or doc._action == "cancel":
        return
    for each in (doc, *doc.get_all_children()):
        for link, fields in _by_link(each).items():
            _take_over(each, link, fields)


def _by_link(doc: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for df in doc.meta.fields:
        link, dot, _ = str(df.fetch_from or "").partition(".")
        kept = df.fetch_if_empty and doc.get(df.fieldname)
        final = doc.docstatus == SUBMITTED and not doc.is_new() and not df.allow_on_submit
        if dot and not kept and not final and doc.get(link):
            found.setdefault(link, []).append(df)
    return found


def _take_over(doc: Any, link: str, fields: list[Any]) -> None:
    doctype = doc.meta.get_options(link)
    if not doctype or (not get_meta(doctype).is_known and not local.db.table_exists(doctype)):
        return
    sources = {df.fieldname: df.fetch_from.partition(".")[2] for df in fields}
    there = {s for s in sources.values() if local.db.has_column(doctype, s) or s == "name"}
    row = local.db.get_value(doctype, doc.get(link), sorted(there), as_dict=True) if there else None
    for fieldname, source in sources.items():
        if row is not None and source in there:
            doc.set(fieldname, row[source])
