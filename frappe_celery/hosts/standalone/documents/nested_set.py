"""Documents in a tree: `lft` and `rgt` of each span those below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frappe_celery.hosts.standalone.database import store
from frappe_celery.hosts.standalone.documents.controllers import stored
from frappe_celery.hosts.standalone.documents.document import Document
from frappe_celery.hosts.standalone.documents.meta import get_meta
from frappe_celery.hosts.standalone.exceptions import ValidationError
from frappe_celery.hosts.standalone.local import local
from frappe_celery.hosts.standalone.utils.text import scrub


class NestedSetRecursionError(ValidationError):
    """A document would be below itself."""


class NestedSetChildExistsError(ValidationError):
    """A document that has others below it cannot be deleted."""


class NestedSet(Document):
    """A document with a parent of its own doctype, which `nsm_parent_field` names."""

    nsm_parent_field: Any = property(lambda self: parent_field_of(self.doctype))

    def on_update(self) -> None:
        """Put it where its parent says."""
        update_nsm(self)
        self.validate_ledger()

    def on_trash(self, allow_root_deletion: bool = False) -> None:
        """Take it out of the tree."""
        if not self.get(self.nsm_parent_field) and not getattr(self, "allow_root_deletion", True):
            raise ValidationError(f"Root {self.doctype} cannot be deleted")
        self.validate_if_child_exists()
        self.set(self.nsm_parent_field, "")
        update_nsm(self)

    def after_rename(self, olddn: str, newdn: str, merge: bool = False) -> None:
        """Tell those below it."""
        below = {self.nsm_parent_field: newdn}
        local.db.set_value(self.doctype, below, {"old_parent": newdn}, update_modified=False)
        if merge:
            rebuild_tree(self.doctype)

    def validate_if_child_exists(self) -> None:
        """Raises NestedSetChildExistsError where others are below it."""
        if local.db.count(self.doctype, {self.nsm_parent_field: self.name}):
            raise NestedSetChildExistsError(f"Cannot delete {self.name} as it has child nodes")

    def validate_ledger(self, group_identifier: str = "is_group") -> None:
        """Raises ValidationError where it is no group and others are below it."""
        if self.meta.has_field(group_identifier) and not self.get(group_identifier):
            below = {self.nsm_parent_field: self.name, "docstatus": ["!=", 2]}
            if local.db.exists(self.doctype, below):
                raise ValidationError(
                    f"{self.doctype} {self.name} cannot be a leaf node as it has children"
                )

    def get_ancestors(self) -> list[str]:
        """The names of those above it, the nearest first."""
        return get_ancestors_of(self.doctype, self.name)

    def get_parent(self) -> Any:
        """The document above it."""
        name = self.get(self.nsm_parent_field)
        return stored(self.doctype, name) if name else None

    def get_children(self) -> Iterator[Any]:
        """The documents right below it."""
        for row in store.get_all(self.doctype, {self.nsm_parent_field: self.name}):
            yield stored(self.doctype, row.name)


def parent_field_of(doctype: str) -> str:
    """The field that names the parent."""
    return get_meta(doctype).nsm_parent_field or f"parent_{scrub(doctype)}"


def update_nsm(doc: Any) -> None:
    """Put a document below its parent, as the last there, where it is new or has another one now.

    Raises:
        NestedSetRecursionError: it would be below itself.
    """
    parent = doc.get(doc.nsm_parent_field) or ""
    is_placed = doc.lft or doc.rgt
    if not is_placed or (doc.get("old_parent") or "") != parent:
        rows = _rows(doc.doctype, doc.nsm_parent_field)
        order = [row for row in rows if row.lft and row.name != doc.name]
        own = [row for row in rows if row.name == doc.name]
        own[0].parent = parent
        _number(doc.doctype, [*sorted(order, key=lambda row: row.lft), *own])
        if own[0].new is None:
            raise NestedSetRecursionError("Item cannot be added to its own descendants")
        doc.lft, doc.rgt = own[0].new
    doc.old_parent = parent
    local.db.set_value(doc.doctype, doc.name, "old_parent", parent, update_modified=False)


def rebuild_tree(doctype: str, *_: Any) -> None:
    """Number all of them anew, siblings by name."""
    rows = _rows(doctype, parent_field_of(doctype))
    _number(doctype, sorted(rows, key=lambda row: row.name))


def _rows(doctype: str, parent_field: str) -> list[Any]:
    fields = ["name", "lft", "rgt", f"{parent_field} as parent"]
    return store.get_all(doctype, fields=fields, order_by="name asc")


def _number(doctype: str, rows: list[Any]) -> None:
    """Number them, siblings in this order; `new` is what a row got, None for one in a circle."""
    names = {row.name for row in rows}
    below: dict[str, list[Any]] = {}
    for row in rows:
        row.new = None
        below.setdefault(row.parent if row.parent in names else "", []).append(row)
    _span(below, "", 1)
    for row in rows:
        if row.new and row.new != (row.lft, row.rgt):
            span = dict(zip(("lft", "rgt"), row.new, strict=True))
            local.db.set_value(doctype, row.name, span, update_modified=False)


def _span(below: dict[str, list[Any]], parent: str, number: int) -> int:
    for row in below.get(parent, ()):
        end = _span(below, row.name, number + 1)
        row.new = (number, end)
        number = end + 1
    return number


def get_ancestors_of(
    doctype: str, name: str, order_by: str = "lft desc", limit: int | None = None
) -> list[str]:
    """The names of those above it, the nearest first."""
    lft, rgt = local.db.get_value(doctype, name, ["lft", "rgt"])
    above = {"lft": ["<", lft], "rgt": [">", rgt]}
    return store.get_all(doctype, above, order_by=order_by, limit=limit, pluck="name")


def get_descendants_of(
    doctype: str,
    name: str,
    order_by: str = "lft desc",
    limit: int | None = None,
    ignore_permissions: bool = False,
) -> list[str]:
    """The names of those below it."""
    lft, rgt = local.db.get_value(doctype, name, ["lft", "rgt"])
    below = {"lft": [">", lft], "rgt": ["<", rgt]}
    return store.get_all(doctype, below, order_by=order_by, limit=limit, pluck="name")


def get_root_of(doctype: str) -> str | None:
    """The first that has none above it."""
    roots = {parent_field_of(doctype): ["is", "not set"], "lft": [">", 0]}
    found = store.get_all(doctype, roots, order_by="lft asc", limit=1, pluck="name")
    return found[0] if found else None
