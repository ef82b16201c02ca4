"""What a document's links say: the documents are there, and some fields take their value from them.

`fetch_from`, "employee.company". Of a doctype that no app describes nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frappe_celery.hosts.standalone.documents.controllers import loader_of
from frappe_celery.hosts.standalone.documents.meta import get_meta
from frappe_celery.hosts.standalone.exceptions import LinkValidationError
from frappe_celery.hosts.standalone.local import local


def follow(doc: Any) -> None:
    """Take over what links give, in a document and its child rows.

    Raises:
        LinkValidationError: a linked document is not there.
    """
    if doc.flags.ignore_links or doc._action == "cancel":
        return
    lost = [text for each in (doc, *doc.get_all_children()) for text in _follow(each)]
    if lost:
        raise LinkValidationError(f"Could not find {', '.join(lost)}")


def _follow(doc: Any) -> Iterator[str]:
    """What is not there."""
    for df in doc.meta.fields:
        doctype = _linked(doc, df)
        if not doctype:
            continue
        name = doc.get(df.fieldname)
        sources = dict(_fetched(doc, df.fieldname))
        there = {each for each in sources.values() if local.db.has_column(doctype, each)}
        row = local.db.get_value(doctype, name, ["name", *sorted(there)], as_dict=True)
        if row is not None:
            if str(name) != str(row.name):  # but for case the same
                doc.set(df.fieldname, row.name)
            doc.update({field: row[source] for field, source in sources.items() if source in row})
        elif get_meta(doctype).is_known and name != doctype:
            number = f"Row #{doc.idx}: " if doc.get("parentfield") else ""
            yield f"{number}{doc.meta.get_label(df.fieldname)}: {name}"


def _linked(doc: Any, df: Any) -> str:
    """The doctype that a field links to, where it is set and its documents are here."""
    if df.fieldtype not in ("Link", "Dynamic Link") or not doc.get(df.fieldname) or df.is_virtual:
        return ""
    doctype = str((df.options if df.fieldtype == "Link" else doc.get(df.options)) or "")
    is_here = get_meta(doctype).is_known or local.db.table_exists(doctype)
    return doctype if is_here and loader_of(doctype) is None else ""


def _fetched(doc: Any, link: str) -> Iterator[tuple[str, str]]:
    """The fields that take their value over a link now, with the one that they take."""
    for df in doc.meta.fetched.get(link, ()):
        kept = df.fetch_if_empty and doc.get(df.fieldname)
        final = doc.docstatus.is_submitted() and not doc.is_new() and not df.allow_on_submit
        if not kept and not final:
            yield df.fieldname, df.fetch_from.partition(".")[2]
