"""What links say: the documents are there, give fields their values, and stay while linked to.

`fetch_from`, "employee.company". Of a doctype that no app describes nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from frappe_standalone.database import singles, store
from frappe_standalone.documents.controllers import loader_of
from frappe_standalone.documents.doctypes import known_doctypes
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.documents.users import get_roles
from frappe_standalone.exceptions import LinkExistsError, LinkValidationError
from frappe_standalone.local import local
from frappe_standalone.site.app_hooks import get_hooks
from frappe_standalone.site.context import ADMINISTRATOR, AppsKey, current_apps
from frappe_standalone.site.requests import GUEST
from frappe_standalone.utils.frappedict import _dict

FOLDERS = ("Home", "Home/Attachments")
"""Those that every site's files lie in."""


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
    for df in doc.meta.links:
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
        elif get_meta(doctype).is_known and name != doctype and not _is_always_there(doctype, name):
            number = f"Row #{doc.idx}: " if doc.get("parentfield") else ""
            yield f"{number}{doc.meta.get_label(df.fieldname)}: {name}"


def _is_always_there(doctype: str, name: Any) -> bool:
    """Whether a site of Frappe's has it, or this one, without a document: a role that apps name."""
    if doctype == "Role":
        return name in get_roles(ADMINISTRATOR)
    names = {"User": (ADMINISTRATOR, GUEST, local.session.user), "File": FOLDERS}
    return name in names.get(doctype, ())


def _linked(doc: Any, df: Any) -> str:
    """The doctype that a field links to, where it is set and its documents are here."""
    if not doc.get(df.fieldname):
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


_NEVER_HOLDS = ("Comment", "Communication", "File", "ToDo")
"""Of Frappe's own doctypes those whose documents let go what they link to."""


class LinkField(NamedTuple):
    """A field that links to documents: of the doctype `to`, or of that in `type_field`."""

    holder: str
    field: str
    to: str = ""
    type_field: str = ""

    def filters(self, doctype: str, name: Any) -> dict[str, Any]:
        """Those of its holder's documents that link to that one."""
        return {self.field: name, **({self.type_field: doctype} if self.type_field else {})}


_LINKS = {"Link": "to", "Dynamic Link": "type_field"}


def links_to(doctype: str) -> list[LinkField]:
    """The fields, of doctypes that apps describe, that may link to a document of this one."""
    return [link for link in _links(current_apps()) if link.to in ("", doctype)]


@lru_cache(maxsize=16)
def _links(apps: AppsKey) -> list[LinkField]:
    return [
        LinkField(doctype, df.fieldname, **{_LINKS[df.fieldtype]: df.options})
        for doctype in known_doctypes()
        for df in get_meta(doctype).fields
        if df.fieldtype in _LINKS and df.options and not df.is_virtual
    ]


def check_unlinked(doc: Any, action: str) -> None:
    """That nothing links to a document of which the action is `delete` or `cancel`.

    A cancelled one may be linked to by drafts, a deleted one over a Dynamic Link by cancelled ones.

    Raises:
        LinkExistsError: it is.
    """
    cancelled = action == "cancel"
    left_out = {*(doc.get("ignore_linked_doctypes") or ())} if cancelled else set()
    left_out |= {*_NEVER_HOLDS, *get_hooks("ignore_links_on_delete")}
    for link in links_to(doc.doctype):
        if link.holder in left_out or (cancelled and link.field == "amended_from"):
            continue
        for row in _holding(link, doc):
            at = (row.get("parenttype") or link.holder, row.get("parent") or row.name)
            counts = row.docstatus == 1 if cancelled else link.to or row.docstatus != 2
            if counts and at[0] not in left_out and at != (doc.doctype, doc.name):
                what = f"{doc.doctype} {doc.name}, to which {at[0]} {at[1]} links by {link.field}"
                raise LinkExistsError(f"cannot {action} {what}")


def _holding(link: LinkField, doc: Any) -> Any:
    filters, meta = link.filters(doc.doctype, doc.name), get_meta(link.holder)
    if meta.issingle:
        found = _dict(singles.single(link.holder), name=link.holder, docstatus=0)
        return [found] if filters.items() <= found.items() else []
    if not local.db.table_exists(link.holder):
        return []
    fields = ["name", "docstatus", *(("parent", "parenttype") if meta.istable else ())]
    return store.get_all(link.holder, filters=filters, fields=fields)
