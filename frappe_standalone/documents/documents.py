"""`frappe.get_doc` and its siblings."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import known, store
from frappe_standalone.documents import meta
from frappe_standalone.documents.base_document import BaseDocument
from frappe_standalone.documents.controllers import get_controller, loader_of, stored
from frappe_standalone.documents.naming import set_new_name
from frappe_standalone.exceptions import DoesNotExistError, DuplicateEntryError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, unsupported
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import quoted, scrub, slug

_NOT_COPIED = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "amended_from")


def get_doc(*args: Any, **kwargs: Any) -> Any:
    """A stored document by doctype and name (or filters), or a new one from a dictionary.

    Raises:
        DoesNotExistError: none of that name is on this site.
        ValueError: neither a doctype nor a dictionary with one.
    """
    if args and isinstance(args[0], BaseDocument):
        return args[0]
    if args and isinstance(args[0], str) and args[0].lstrip().startswith("{"):
        args = (json.loads(args[0]),)
    if args and isinstance(args[0], str):
        doctype, name = args[0], args[1] if len(args) > 1 else args[0]
        return stored(doctype, name, kwargs.get("for_update"))
    values = dict(args[0]) if args and isinstance(args[0], Mapping) else kwargs
    if not values.get("doctype"):
        raise ValueError('get_doc needs a doctype and a name, or a dictionary with "doctype"')
    return get_controller(values["doctype"])(values)


def new_doc(
    doctype: str,
    parent_doc: Any = None,
    parentfield: str | None = None,
    as_dict: bool = False,
    **kwargs: Any,
) -> Any:
    """A document that is not stored yet, its fields at their defaults."""
    loader = loader_of(doctype)
    if loader is not None:
        made = loader(None)
        for field, value in kwargs.items():
            setattr(made, field, value)
        return made
    defaults = meta.get_meta(doctype).defaults()
    own = {"doctype": doctype, "__islocal": 1, "owner": local.session.user}
    doc = get_doc({**own, **defaults, **kwargs})
    if parent_doc is not None:
        doc.update({"parent": parent_doc.name, "parenttype": parent_doc.doctype})
        doc.parentfield = parentfield
    return doc.as_dict() if as_dict else doc


@lacks(commit_chunks=False)
def bulk_insert(
    doctype: str,
    documents: Iterable[Any],
    ignore_duplicates: bool = False,
    chunk_size: int = 10_000,
) -> None:
    """Store new documents, and their rows, without any event.

    Raises:
        DuplicateEntryError: a name is taken (not with `ignore_duplicates`).
    """
    listed = list(documents)
    for doc in listed:
        doc._prepare_tables()
    for doc in listed:
        stamp = store.modified_now()
        for each in (doc, *doc._rows()):
            each.update({**stamp, "creation": stamp["modified"], "owner": stamp["modified_by"]})
            if not each.name:
                set_new_name(each)
            try:
                each.db_insert()
            except DuplicateEntryError:
                if not ignore_duplicates:
                    raise


def get_single(doctype: str) -> Any:
    """The one document of a Single."""
    return get_doc(doctype, doctype)


def get_last_doc(
    doctype: str, filters: Any = None, order_by: str = "creation desc", *, for_update: bool = False
) -> Any:
    """The newest document that matches.

    Raises:
        DoesNotExistError: none does.
    """
    known.check(doctype)
    rows = store.select(doctype, filters, order_by=order_by, limit=1, fields=["name"])
    if not rows:
        raise DoesNotExistError(f"no {doctype} matches {filters!r}")
    return get_doc(doctype, rows[0]["name"], for_update=for_update)


def get_cached_doc(*args: Any, **kwargs: Any) -> Any:
    """`get_doc`: what another process changed is seen at once, nothing is cached."""
    return get_doc(*args, **kwargs)


@lacks(check_permission=ANY)
def get_lazy_doc(doctype: str, name: Any, *, for_update: bool | None = None) -> Any:
    """A document by its name, read at once."""
    return get_doc(doctype, name, for_update=for_update)


def get_meta(doctype: Any, cached: bool = True) -> meta.Meta:
    """The description of a doctype, of a document or by name.

    Raises:
        DoesNotExistError: nothing describes it, and there is no document of it.
    """
    found = meta.get_meta(doctype)
    known.check(found.name)
    return found


def get_cached_value(
    doctype: str, name: Any, fieldname: Any = "name", as_dict: bool = False
) -> Any:
    """`frappe.db.get_value` of one document; of a Single that was never stored its defaults."""
    if meta.get_meta(doctype).issingle:
        single = get_single(doctype)
        if isinstance(fieldname, str):
            return single.get(fieldname)
        values = {field: single.get(field) for field in fieldname}
        return _dict(values) if as_dict else list(values.values())
    known.check_importable(doctype)
    found = local.db.get_value(doctype, name, fieldname, as_dict=as_dict)
    return list(found) if isinstance(found, tuple) else found


def get_doctype_map(
    doctype: str, name: str, filters: Any = None, order_by: str | None = None
) -> Any:
    """The matching documents' names, as `get_all` gives them; nothing is kept under `name`."""
    return store.get_all(doctype, filters=filters, order_by=order_by)


def get_parent_doc(doc: Any) -> Any:
    """The document that a Communication or Comment refers to; None where it names none."""
    refers = doc.get("reference_doctype") and doc.get("reference_name")
    return get_doc(doc.reference_doctype, doc.reference_name) if refers else None


def get_system_settings(key: str) -> Any:
    """A field's value in System Settings.

    Raises:
        NeedsFrappeSite: nothing was set there.
    """
    return local.db.get_single_value("System Settings", key)


def delete_doc(
    doctype: str,
    name: Any = None,
    force: bool = False,
    ignore_doctypes: Any = None,
    for_reload: bool = False,
    ignore_permissions: bool = False,
    flags: Any = None,
    ignore_on_trash: bool = False,
    ignore_missing: bool = True,
    delete_permanently: bool = False,
) -> bool | None:
    """Delete a document, or several by a list of names, after their `on_trash`; False for none.

    Raises:
        DoesNotExistError: with `ignore_missing=False`, when there is none.
        LinkExistsError: it is submitted, or (not with `force`) another document links to it.
    """
    for argument, given in (("ignore_doctypes", ignore_doctypes), ("for_reload", for_reload)):
        if given:
            raise unsupported(f"delete_doc({argument}=…)")
    if loader_of(doctype) is None:
        known.check(doctype)
    for one in name if isinstance(name, (list, tuple)) else [name]:
        try:
            doc = get_doc(doctype, one)
        except DoesNotExistError:
            if not ignore_missing:
                raise
            return False
        doc.flags.update(flags or {})
        if ignore_on_trash:
            doc._delete(bool(force), ignore_on_trash=True)
        else:
            doc.delete(ignore_permissions=ignore_permissions, force=bool(force))
    return None


def delete_doc_if_exists(doctype: str, name: str, force: bool = False) -> None:
    """Delete it when it is there."""
    delete_doc(doctype, name, force=force)


def copy_doc(doc: Any, ignore_no_copy: bool = True) -> Any:
    """A new document with the same fields; `ignore_no_copy=False` leaves out the `no_copy` ones."""
    values = copy.deepcopy(dict(doc.as_dict() if isinstance(doc, BaseDocument) else doc))
    made = get_doc({k: v for k, v in values.items() if k not in _NOT_COPIED})
    for each in (made, *made.get_all_children()):
        each.__dict__["__islocal"] = 1
        own = () if ignore_no_copy else [df.fieldname for df in each.meta.fields if df.no_copy]
        for field in (*_NOT_COPIED, *own):
            each.delete_key(field)
    return made


def set_value(doctype: str, docname: str, fieldname: Any, value: Any = None) -> Any:
    """Set fields of a document through its controller (`frappe.client.set_value`)."""
    doc = get_doc(doctype, docname)
    doc.update(fieldname if isinstance(fieldname, Mapping) else {fieldname: value})
    return doc.save()


@lacks(as_dict=False)
def get_single_value(setting: str, fieldname: str) -> Any:
    """A field of a Single, as its document holds it."""
    return get_single(setting).get(fieldname)


def get_desk_link(
    doctype: str, name: str, show_title_with_name: bool = False, open_in_new_tab: bool = False
) -> str:
    """A link to a document's form that shows its title, in HTML."""
    version = settings.current().frappe_version
    place = {15: f"app/Form/{doctype}", 16: f"desk/{scrub(doctype)}"}.get(
        max(version, 15), f"desk/{quoted(slug(doctype))}"
    )
    title = local.db.get_value(doctype, name, get_meta(doctype).get_title_field())
    shown = f"{name}: {title}" if show_title_with_name and name != title else title
    target = ' target="_blank"' if open_in_new_tab else ""
    style = 'style="font-weight: bold;"'
    return f'<a href="/{place}/{quoted(name)}"{target} {style}>{doctype} {shown}</a>'


def run_doc_method(doctype: str, name: str | None, doc_method: str, **kwargs: Any) -> Any:
    """What a worker runs for `enqueue_doc`: a method, of a new document where there is no name.

    Raises:
        AttributeError: it has no such method.
    """
    doc = get_doc(doctype, name) if name else new_doc(doctype)
    method = getattr(doc, doc_method, None)
    if not callable(method):
        raise AttributeError(
            f"{type(doc).__name__} (the controller of {doctype!r}) has no {doc_method}"
        )
    return method(**kwargs)
