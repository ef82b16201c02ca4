"""`frappe.utils.nestedset`: documents in a tree, numbered as Frappe numbers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIELDS = [
    *({"fieldname": name, "fieldtype": "Int"} for name in ("lft", "rgt")),
    {"fieldname": "is_group", "fieldtype": "Check"},
    {"fieldname": "parent_shelf", "fieldtype": "Link", "options": "Shelf"},
    {"fieldname": "old_parent", "fieldtype": "Data"},
]
CODE = """
    from frappe.utils.nestedset import NestedSet

    class Shelf(NestedSet):
        nsm_parent_field = "parent_shelf"

        def on_update(self):
            super().on_update()
            self.validate_one_root()
"""


@pytest.fixture
def shelves(frappe: Any, write: Callable[[str, str], Path]) -> Any:
    """a, with b and c below it, and d below b."""
    described = {"name": "Shelf", "allow_rename": 1, "fields": FIELDS}
    write("myapp/main/doctype/shelf/shelf.json", json.dumps(described))
    write("myapp/main/doctype/shelf/shelf.py", CODE)
    for name, parent in (("a", ""), ("b", "a"), ("c", "a"), ("d", "b")):
        shelf = frappe.new_doc("Shelf").update({"name": name, "is_group": 1})
        shelf.update({"parent_shelf": parent}).insert()
    return frappe


def numbers(frappe: Any) -> dict[str, tuple[int, int]]:
    rows = frappe.get_all("Shelf", fields=["name", "lft", "rgt"], order_by="lft")
    return {row.name: (row.lft, row.rgt) for row in rows}


def test_each_encloses_what_is_below_it(shelves: Any) -> None:
    from frappe.utils import nestedset

    assert numbers(shelves) == {"a": (1, 8), "b": (2, 5), "d": (3, 4), "c": (6, 7)}
    assert nestedset.get_root_of("Shelf") == "a"
    assert nestedset.get_ancestors_of("Shelf", "d") == ["b", "a"]
    assert nestedset.get_descendants_of("Shelf", "a") == ["c", "d", "b"]
    assert nestedset.get_descendants_of("Shelf", "a", order_by="lft", limit=1) == ["b"]
    b = shelves.get_doc("Shelf", "b")
    assert (b.get_parent().name, [child.name for child in b.get_children()]) == ("a", ["d"])
    assert b.get_ancestors() == ["a"]


def test_one_that_moves_takes_along_what_is_below_it(shelves: Any) -> None:
    b = shelves.get_doc("Shelf", "b")
    b.parent_shelf = "c"
    b.save()
    assert (b.lft, b.rgt, b.old_parent) == (3, 6, "c")
    assert numbers(shelves) == {"a": (1, 8), "c": (2, 7), "b": (3, 6), "d": (4, 5)}


def test_what_no_tree_can_be_is_refused(shelves: Any) -> None:
    from frappe.utils import nestedset

    refused = [
        ("a", {"parent_shelf": "d"}, nestedset.NestedSetRecursionError, "own descendants"),
        ("b", {"parent_shelf": "b"}, nestedset.NestedSetRecursionError, "own descendants"),
        ("c", {"parent_shelf": ""}, nestedset.NestedSetMultipleRootsError, "Multiple root"),
        ("b", {"is_group": 0}, shelves.ValidationError, "cannot be a leaf node"),
    ]
    for name, changes, error, text in refused:
        shelves.db.savepoint("before")
        with pytest.raises(error, match=text):
            shelves.get_doc("Shelf", name).update(changes).save()
        shelves.db.rollback(save_point="before")
    with pytest.raises(nestedset.NestedSetChildExistsError, match="Cannot delete b"):
        shelves.delete_doc("Shelf", "b")
    with pytest.raises(shelves.ValidationError, match="not supported for Other"):
        nestedset.rebuild_tree("Other")


def test_one_that_is_deleted_leaves_no_gap(shelves: Any) -> None:
    shelves.delete_doc("Shelf", "d")
    assert numbers(shelves) == {"a": (1, 6), "b": (2, 3), "c": (4, 5)}


def test_a_tree_is_numbered_anew_by_names(shelves: Any) -> None:
    from frappe.utils import nestedset

    shelves.db.set_value("Shelf", {"lft": [">", 0]}, {"lft": 0, "rgt": 0})
    shelves.db.set_value("Shelf", "b", "parent_shelf", "c")
    nestedset.rebuild_tree("Shelf")
    assert numbers(shelves) == {"a": (1, 8), "c": (2, 7), "b": (3, 6), "d": (4, 5)}


def test_what_is_below_a_renamed_one_knows_its_name(shelves: Any) -> None:
    shelves.db.set_value("Shelf", "d", {"parent_shelf": "c", "old_parent": "b"})
    shelves.get_doc("Shelf", "c").after_rename("b", "c", merge=True)
    assert shelves.db.get_value("Shelf", "d", "old_parent") == "c"
    assert numbers(shelves) == {"a": (1, 8), "b": (2, 3), "c": (4, 7), "d": (5, 6)}


def test_filters_by_place(shelves: Any) -> None:
    names = lambda *asked: shelves.get_all("Shelf", [asked], pluck="name", order_by="name")  # noqa: E731
    for operator, value, wanted in (
        ("descendants of", "a", ["b", "c", "d"]),
        ("Descendants Of", "b", ["d"]),
        ("descendants of", "d", []),
        ("descendants of", "nobody", []),
        ("descendants of (inclusive)", "b", ["b", "d"]),
        ("descendants of (inclusive)", "nobody", []),
        ("not descendants of", "b", ["a", "b", "c"]),
        ("not descendants of", "d", ["a", "b", "c", "d"]),
        ("ancestors of", "d", ["a", "b"]),
        ("not ancestors of", "d", ["c", "d"]),
    ):
        assert names("name", operator, value) == wanted, (operator, value)
        assert shelves.db.count("Shelf", {"name": [operator, value]}) == len(wanted)
    assert shelves.db.count("Shelf", {"parent_shelf": ["descendants of (inclusive)", "b"]}) == 1
    shelves.db.set_value("Shelf", "c", "parent_shelf", None, update_modified=False)
    assert names("parent_shelf", "descendants of", "a") == ["d"]
    assert names("parent_shelf", "not descendants of", "a") == ["a", "b"]
    assert names("parent_shelf", "not descendants of", "d") == ["b", "d"]
