"""Documents in a tree: each one's `lft` and `rgt` enclose those of all below it (`NestedSet`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from frappe_standalone.database import store
from frappe_standalone.documents.controllers import stored
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.utils.text import scrub


class NestedSetRecursionError(ValidationError):
    """A document would be below itself."""


class NestedSetMultipleRootsError(ValidationError):
    """A second document has no parent."""


class NestedSetChildExistsError(ValidationError):
    """What is to be deleted has documents below it."""


class NestedSetInvalidMergeError(ValidationError):
    """A group would be merged with what is none."""


class NestedSet(Document):
    """A document in a tree of its doctype's; the field of its parent is `parent_<doctype>`."""

    def on_update(self) -> None:
        """Give it its place.

        Raises:
            NestedSetRecursionError: its parent is below it.
            ValidationError: it is no group, and has documents below it.
        """
        update_nsm(self)
        self.validate_ledger()

    def on_trash(self, allow_root_deletion: bool = False) -> None:
        """Give its place up.

        Raises:
            NestedSetChildExistsError: there are documents below it.
        """
        if not self.get(_parent_field(self)) and not getattr(self, "allow_root_deletion", True):
            raise ValidationError(f"Root {self.doctype} cannot be deleted")
        self.validate_if_child_exists()
        self.set(_parent_field(self), "")
        update_nsm(self)

    def validate_if_child_exists(self) -> None:
        """Raises NestedSetChildExistsError where there are documents below it."""
        if store.count(self.doctype, {_parent_field(self): self.name}):
            raise NestedSetChildExistsError(f"Cannot delete {self.name} as it has child nodes")

    def validate_ledger(self, group_identifier: str = "is_group") -> None:
        """Raises ValidationError where it is no group and has documents below it."""
        if not self.meta.has_field(group_identifier) or self.get(group_identifier):
            return
        if store.count(self.doctype, {_parent_field(self): self.name, "docstatus": ["!=", 2]}):
            raise ValidationError(
                f"{self.doctype} {self.name} cannot be a leaf node as it has children"
            )

    def validate_one_root(self) -> None:
        """Raises NestedSetMultipleRootsError where it is a root beside another one."""
        if not self.get(_parent_field(self)) and self.get_root_node_count() > 1:
            raise NestedSetMultipleRootsError("Multiple root nodes not allowed.")

    def get_root_node_count(self) -> int:
        """How many documents of its doctype have no parent."""
        return store.count(self.doctype, {_parent_field(self): ""})

    def before_rename(
        self, olddn: str, newdn: str, merge: bool = False, group_fname: str = "is_group"
    ) -> None:
        """Raises NestedSetInvalidMergeError where one of the two that are merged is a group."""
        if not merge or not self.meta.has_field(group_fname):
            return
        if self.get(group_fname) != local.db.get_value(self.doctype, newdn, group_fname):
            raise NestedSetInvalidMergeError(
                "Merging is only possible between Group-to-Group or Leaf Node-to-Leaf Node"
            )

    def after_rename(self, olddn: str, newdn: str, merge: bool = False) -> None:
        """What was below the old name is below the new one."""
        if self.meta.has_field("old_parent"):
            below = {_parent_field(self): newdn}
            local.db.set_value(self.doctype, below, "old_parent", newdn, update_modified=False)
        if merge:
            rebuild_tree(self.doctype)

    def get_ancestors(self) -> list[str]:
        """The names of those above it, the nearest first."""
        return get_ancestors_of(self.doctype, self.name)

    def get_parent(self) -> Any:
        """The document above it; None for a root."""
        parent = self.get(_parent_field(self))
        return stored(self.doctype, parent) if parent else None

    def get_children(self) -> Iterator[Any]:
        for name in store.names(self.doctype, {_parent_field(self): self.name}):
            yield stored(self.doctype, name)


def update_nsm(doc: Any) -> None:
    """Give a document that was saved the place that its parent says.

    Raises:
        NestedSetRecursionError: its parent is below it.
    """
    field = _parent_field(doc)
    parent = doc.get(field) or ""
    row = local.db.get_value(doc.doctype, doc.name, ["lft", "rgt"])
    if parent and parent in [doc.name, *_names(doc.doctype, row, _BELOW)]:
        raise NestedSetRecursionError("Item cannot be added to its own descendants")
    if not any(row):
        _add(doc.doctype, doc.name, parent)
    elif parent != (_names(doc.doctype, row, _ABOVE, limit=1) or [""])[0]:
        _number(doc.doctype, field, moved=(doc.name, parent))
    if doc.meta.has_field("old_parent"):
        local.db.set_value(doc.doctype, doc.name, "old_parent", parent, update_modified=False)
    doc.reload()


def _add(doctype: str, name: str, parent: str) -> None:
    """As the last one below its parent."""
    table = f"`tab{doctype}`"
    if parent:
        right = local.db.get_value(doctype, parent, "rgt", for_update=True)
    else:
        right = local.db.sql(f"select coalesce(max(rgt), 0) + 1 from {table}")[0][0]
    right = right or 1
    local.db.sql(f"update {table} set rgt = rgt + 2 where rgt >= %s", (right,))
    local.db.sql(f"update {table} set lft = lft + 2 where lft >= %s", (right,))
    _place(doctype, name, right, right + 1)


def _place(doctype: str, name: str, left: int, right: int) -> None:
    local.db.set_value(doctype, name, {"lft": left, "rgt": right}, update_modified=False)


def _number(doctype: str, field: str, order_by: str = "lft", moved: Any = ("", "")) -> None:
    """Number the whole tree anew, `moved` (name and parent) as the last below that parent."""
    rows = store.select(doctype, None, fields=["name", field, "lft", "rgt"], order_by=order_by)
    rows.sort(key=lambda row: row["name"] == moved[0])
    names = {row["name"] for row in rows}
    below: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        parent = moved[1] if row["name"] == moved[0] else row[field]
        below[parent if parent in names else ""].append(row)
    number = 0
    todo = [(row, False) for row in reversed(below[""])]
    left: dict[str, int] = {}
    while todo:
        row, is_done = todo.pop()
        number += 1
        if not is_done:
            left[row["name"]] = number
            todo += [(row, True), *((child, False) for child in reversed(below[row["name"]]))]
        elif (row["lft"], row["rgt"]) != (left[row["name"]], number):
            _place(doctype, row["name"], left[row["name"]], number)


def rebuild_tree(doctype: str, parent_field: str | None = None) -> None:
    """Number a whole tree anew, by names.

    Raises:
        ValidationError: the doctype is no tree.
    """
    if not {"lft", "rgt"} <= {column.name for column in get_meta(doctype).columns()}:
        raise ValidationError(f"Rebuilding of tree is not supported for {doctype}")
    _number(doctype, parent_field or _parent_field_of(doctype), "name")


def get_root_of(doctype: str) -> str | None:
    """The first document that is below none."""
    found = local.db.sql(
        f"select name from `tab{doctype}` as here where rgt > lft and not exists (select name"
        f" from `tab{doctype}` as above where above.lft < here.lft and above.rgt > here.rgt)"
        " order by lft limit 1"
    )
    return found[0][0] if found else None


def get_ancestors_of(
    doctype: str, name: str, order_by: str = "lft desc", limit: int | None = None
) -> list[str]:
    """The names of all above one, the nearest first."""
    row = local.db.get_value(doctype, name, ["lft", "rgt"])
    return _names(doctype, row, _ABOVE, order_by, limit)


def get_descendants_of(
    doctype: str,
    name: str,
    order_by: str = "lft desc",
    limit: int | None = None,
    ignore_permissions: bool = False,
) -> list[str]:
    """The names of all below one."""
    row = local.db.get_value(doctype, name, ["lft", "rgt"])
    return _names(doctype, row, _BELOW, order_by, limit)


_ABOVE, _BELOW = ("<", ">"), (">", "<")
"""How the `lft` and the `rgt` of others compare with those of a document."""


def _names(
    doctype: str,
    row: tuple[int, int],
    where: tuple[str, str],
    order_by: str = "lft desc",
    limit: int | None = None,
) -> list[str]:
    filters = {"lft": [where[0], row[0]], "rgt": [where[1], row[1]]}
    rows = store.select(doctype, filters, fields=["name"], order_by=order_by, limit=limit)
    return [row["name"] for row in rows]


def _parent_field(doc: Any) -> str:
    return getattr(doc, "nsm_parent_field", None) or _parent_field_of(doc.doctype)


def _parent_field_of(doctype: str) -> str:
    said = get_meta(doctype).said.get("nsm_parent_field")
    return str(said or f"parent_{scrub(doctype)}")
