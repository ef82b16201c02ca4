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
Maker = Callable[[], Documents]
CASES: dict[str, Callable[[], dict[str, Any]]] = {}
"""By function, what makes its documents and arguments."""

BEFORE = "2025-01-15 10:00:00.000000"


def day(offset: int = 0) -> str:
    """So many days from today."""
    return str(date.today() + timedelta(days=offset))


def weekday(offset: int = 0) -> str:
    """Of that day."""
    return f"{date.fromisoformat(day(offset)):%A}"


def at(offset: int = 0, hour: int = 9, minute: int = 0) -> str:
    """A time so many days from today."""
    return str(datetime.fromisoformat(day(offset)).replace(hour=hour, minute=minute))


STANDARD = {"owner": "Administrator", "modified_by": "Administrator"}
STANDARD |= {"creation": BEFORE, "modified": BEFORE}


def doc(doctype: str, name: str, **fields: Any) -> list[Document]:
    """A document's row, and its children's: a child's doctype stands in its `doctype`."""
    own = {"doctype": doctype, "name": name, **STANDARD, "docstatus": 0}
    own |= {field: value for field, value in fields.items() if not isinstance(value, list)}
    return [own, *_children(doctype, name, fields)]


def single(doctype: str, **fields: Any) -> list[Document]:
    """What a Single holds, and its children's rows."""
    own = {name: str(value) for name, value in fields.items() if not isinstance(value, list)}
    return [{"doctype": doctype, "single": own}, *_children(doctype, doctype, fields)]


def _children(doctype: str, name: str, fields: dict[str, Any]) -> list[Document]:
    rows = {field: value for field, value in fields.items() if isinstance(value, list)}
    own = {**STANDARD, "docstatus": fields.get("docstatus", 0)}
    return [
        {"name": f"{name}-{field}-{idx}", **own, "parent": name, "parenttype": doctype,
         "parentfield": field, "idx": idx, **child}
        for field, children in rows.items()
        for idx, child in enumerate(children, 1)
    ]  # fmt: skip


def case(method: str, **kwargs: Any) -> Callable[[Maker], Maker]:
    """The function below it gives the documents of a method, which is called with `kwargs`."""

    def keep(documents: Maker) -> Maker:
        CASES[method] = lambda: {"documents": list(chain(*documents())), "kwargs": kwargs}
        return documents

    return keep
