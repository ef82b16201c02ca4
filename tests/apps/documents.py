"""How documents of our own are written down for functions of real apps (`tests.apps.cases`).

Names, owner and times are given, so that both hosts have the same rows; a list of dictionaries in a
document is its child rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

Document = dict[str, Any]
Documents = list[list[Document]]
CASES: dict[str, Callable[[], dict[str, Any]]] = {}
"""By function, what makes its documents and arguments."""

BEFORE = "2025-01-15 10:00:00.000000"


def day(offset: int = 0) -> str:
    """So many days from today."""
    return str(date.today() + timedelta(days=offset))


def at(offset: int = 0, hour: int = 9, minute: int = 0) -> str:
    """A time so many days from today."""
    return str(datetime.fromisoformat(day(offset)).replace(hour=hour, minute=minute))


def doc(doctype: str, name: str, **fields: Any) -> list[Document]:
    """A document's row, and its children's: a child's doctype stands in its `doctype`."""
    standard = {"owner": "Administrator", "modified_by": "Administrator"}
    standard |= {"creation": BEFORE, "modified": BEFORE, "docstatus": 0}
    own, rows = {"doctype": doctype, "name": name, **standard}, []
    for field, value in fields.items():
        if isinstance(value, list):
            for idx, child in enumerate(value, 1):
                parent = {"parent": name, "parenttype": doctype, "parentfield": field, "idx": idx}
                row = {**standard, "docstatus": fields.get("docstatus", 0), **parent}
                rows.append({"name": f"{name}-{field}-{idx}", **row, **child})
        else:
            own[field] = value
    return [own, *rows]


def single(doctype: str, **fields: Any) -> list[Document]:
    """What a Single holds."""
    return [{"doctype": doctype, "single": {name: str(value) for name, value in fields.items()}}]


def case(method: str, **kwargs: Any) -> Callable[[Callable[[], Documents]], None]:
    """The function below it gives the documents of a method, which is called with `kwargs`."""

    def keep(documents: Callable[[], Documents]) -> None:
        CASES[method] = lambda: {"documents": list(chain(*documents())), "kwargs": kwargs}

    return keep
