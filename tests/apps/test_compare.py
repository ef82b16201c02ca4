"""What tells a bench and standalone apart is found: a row, a field, a mail, an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.compare import difference


def told(*changes: tuple[str, str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    rows = [
        {"what": what, "table": "tabShip", "key": key, "fields": fields}
        for what, key, fields in changes
    ]
    return {"raised": "", "mails": [], "changes": rows, **more}


SAILS = ("changed", "gull", {"sails": 2, "modified": "<now>"})
NEW = ("added", "a1b2c3d4e5", {"name": "a1b2c3d4e5", "sails": 1, "next": "f6a7b8c9d0"})
NEXT = ("added", "f6a7b8c9d0", {"name": "f6a7b8c9d0", "sails": 1, "next": None})


def test_the_same_but_for_random_names_and_empty_columns() -> None:
    others = [
        ("added", "0000000001", {"name": "0000000001", "sails": 1, "next": "0000000002"}),
        ("added", "0000000002", {"name": "0000000002", "sails": 1, "next": None, "own": ""}),
    ]
    assert difference(told(SAILS, NEW, NEXT), told(SAILS, *others)) == []


def test_the_same_column_is_not_there() -> None:
    ours = "NoSuchColumn: Ship has no field 'mast'; it has masts"
    theirs = "OperationalError: (1054, \"Unknown column 'tabShip.mast' in 'SELECT'\")"
    assert difference(told(raised=theirs), told(raised=ours)) == []
    assert difference(told(raised=theirs), told(raised=ours.replace("mast", "keel")))


def test_a_comment_about_a_deletion_is_a_bench_s_alone() -> None:
    comment = ("added", "a1b2c3d4e5", {"comment_type": "Deleted"})
    assert difference(told(SAILS, comment), told(SAILS)) == []


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (told(SAILS, NEW), "only bench"),
        (told(("changed", "gull", {"sails": 3, "modified": "<now>"}), NEW, NEXT), "gull.sails"),
        (told(SAILS, NEW, NEXT, mails=[["ada@example.com", "Hello", "Ada"]]), "mails"),
        (told(SAILS, NEW, NEXT, raised="ValueError: no"), "raised"),
        ({"not run": "ValueError: no"}, "not run"),
    ],
)
def test_what_differs_is_told(other: dict[str, Any], says: str) -> None:
    assert says in " ".join(difference(told(SAILS, NEW, NEXT), other))
