"""`frappe.rename_doc`: a document under another name, or merged into another one.

What links to it follows, as far as the apps' JSON says what links: nothing is known of documents
whose doctype no app describes.
"""

from __future__ import annotations

from typing import Any

from frappe_standalone.database import known, singles, store
from frappe_standalone.documents import linking
from frappe_standalone.documents.documents import delete_doc, get_doc
from frappe_standalone.documents.meta import clear_cache, get_meta
from frappe_standalone.documents.naming import validate_name
from frappe_standalone.documents.passwords import rename_password
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.messages.realtime import publish_realtime
from frappe_standalone.utils.text import cstr

_ALWAYS = (
    linking.LinkField("File", "attached_to_name", type_field="attached_to_doctype"),
    linking.LinkField("Comment", "reference_name", type_field="reference_doctype"),
)


def rename_doc(
    doctype: str | None = None,
    old: Any = None,
    new: Any = None,
    force: bool = False,
    merge: bool = False,
    ignore_permissions: bool = False,
    ignore_if_exists: bool = False,
    show_alert: bool = True,
    rebuild_search: bool = True,
    doc: Any = None,
    validate: bool = True,
) -> Any:
    """Give a document another name, and what links to it; returns the new name.

    With `merge` what links to it links to the document of the new name, and it is deleted.

    Raises:
        ValidationError: it is not there, the name is taken (or with `merge` is not), or the doctype
            does not allow it (`force` does).
    """
    if not (new and (doc or (doctype and old))):
        raise TypeError("rename_doc needs doctype, old and new, or doc and new")
    doctype, old = doctype or doc.doctype, old or doc.name
    known.check(doctype)
    if validate:
        said = (doc or get_doc(doctype, old)).run_method("before_rename", old, new, merge)
        new = (said.get("new") if isinstance(said, dict) else said) or new
        allowed = force or ignore_permissions or get_meta(doctype).allow_rename
        new = _checked(doctype, old, new, merge, bool(allowed), ignore_if_exists)
    if not merge:
        _rename_row(doctype, old, new)
    _rename_links(doctype, old, new)
    renamed = get_doc(doctype, new)
    renamed.run_method("after_rename", old, new, merge)
    if merge:
        renamed.add_comment("Edit", f"merged {old} into {new}")
        delete_doc(doctype, old, force=True)
    else:
        rename_password(doctype, old, new)
        renamed.add_comment("Edit", f"renamed from {old} to {new}")
    clear_cache()
    news = {"doctype": doctype, "old": old, "new": new}
    publish_realtime("doc_rename", news, doctype=doctype, docname=old, after_commit=True)
    return new


def _checked(
    doctype: str, old: str, new: str, merge: bool, allowed: bool, ignore_if_exists: bool
) -> str:
    """The new name as it may be."""
    found = store.get(doctype, new, for_update=True)
    exists = found is not None and found["name"] == new  # of another case it may be this one
    if not local.db.exists(doctype, old):
        raise ValidationError(f"Can't rename {old} to {new} because {old} doesn't exist.")
    if old == new:
        raise ValidationError("No changes made because old and new name are the same.")
    if merge and not exists:
        raise ValidationError(f"{doctype} {new} does not exist, select a new target to merge")
    if exists and not merge and not ignore_if_exists:
        raise ValidationError(f"Another {doctype} with name {new} exists, select another name")
    if not allowed and get_meta(doctype).is_known:
        raise ValidationError(f"{doctype} not allowed to be renamed")
    return str(validate_name(doctype, cstr(new)))


def _rename_row(doctype: str, old: str, new: str) -> None:
    meta, values = get_meta(doctype), {"name": new}
    if meta.autoname.startswith("field:"):
        values[meta.autoname[6:]] = new
    store.update(doctype, old, values)
    for df in meta.get_table_fields():
        children = {"parent": old, "parenttype": doctype, "parentfield": df.fieldname}
        local.db.set_value(df.options, children, "parent", new, update_modified=False)


def _rename_links(doctype: str, old: str, new: str) -> None:
    for link in (*linking.links_to(doctype), *_ALWAYS):
        filters = link.filters(doctype, old)
        if not get_meta(link.holder).issingle:
            local.db.set_value(link.holder, filters, link.field, new, update_modified=False)
        elif filters.items() <= singles.single(link.holder).items():
            local.db.set_single_value(link.holder, link.field, new)
