"""One turn of one tree: `python -m benchmarks.document_work.turn ROWS DOCUMENTS`, in a new folder.

The time is the process's own (`process_time`: waiting counts nothing) without that spent within the
driver's cursors and commits. Beside it, what one document calls. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

A_COMMIT = 100
"""So many documents are saved in a transaction."""
_NAMES = {("get_meta", "meta.py"), ("connection", "django_setup.py")}
_LOOKS = ("stat", "lstat", "access")


def turn(rows: int, count: int) -> dict[str, float]:
    """Microseconds of a document, and its calls."""
    _describe(Path.cwd(), rows > 0)
    import_module("frappe_celery")  # serves frappe
    frappe = import_module("frappe")
    frappe.init(site="standalone")
    frappe.connect()
    for number in range(count):
        frappe.get_doc(_order(number, rows)).insert()
        if number % A_COMMIT == 0:
            frappe.db.commit()
    frappe.db.commit()

    def work(number: int) -> None:
        order = frappe.get_doc("Bench Order", f"o{number}")
        order.total += 1
        order.save()
        if number % A_COMMIT == A_COMMIT - 1:
            frappe.db.commit()

    for number in range(A_COMMIT):
        work(number)
    within = Within()
    with within.drivers():
        began = time.process_time()
        for number in range(count):
            work(number)
        spent = time.process_time() - began
    calls = counted(lambda: work(A_COMMIT))
    frappe.destroy()
    own, driver = spent - within.seconds, within.seconds
    return {"own": own / count * 1e6, "driver": driver / count * 1e6, **calls}


def _describe(folder: Path, has_rows: bool) -> None:
    """An app that describes the orders, and their rows where they have some."""
    texts = [{"fieldname": f"text_{n}", "fieldtype": "Data"} for n in range(4)]
    fields: list[dict[str, Any]] = [
        {"fieldname": "customer", "fieldtype": "Data", "reqd": 1},
        {"fieldname": "total", "fieldtype": "Currency", "non_negative": 1},
        {"fieldname": "paid", "fieldtype": "Check"},
        {"fieldname": "due", "fieldtype": "Date"},
        {"fieldname": "state", "fieldtype": "Select", "options": "Open\nDone"},
        {"fieldname": "note", "fieldtype": "Small Text"},
        *texts,
    ]
    if has_rows:
        fields.append({"fieldname": "items", "fieldtype": "Table", "options": "Bench Order Item"})
    row = [
        {"fieldname": "item", "fieldtype": "Data"},
        {"fieldname": "qty", "fieldtype": "Float"},
        {"fieldname": "rate", "fieldtype": "Currency"},
    ]
    described: list[dict[str, Any]] = [
        {"name": "Bench Order", "fields": fields},
        {"name": "Bench Order Item", "fields": row, "istable": 1},
    ]
    app = folder / "benchapp"
    for doctype in described:
        name = str(doctype["name"]).lower().replace(" ", "_")
        place = app / "sales" / "doctype" / name
        place.mkdir(parents=True)
        (place / f"{name}.json").write_text(json.dumps(doctype))
    for each in (app, app / "sales", app / "sales" / "doctype"):
        (each / "__init__.py").touch()
    (app / "hooks.py").write_text('app_name = "benchapp"\n')
    (app / "modules.txt").write_text("Sales\n")
    sys.path.insert(0, str(folder))


def _order(number: int, rows: int) -> dict[str, Any]:
    own = {"customer": f"customer {number % 100}", "total": 1.5, "due": "2026-01-31"}
    own |= {f"text_{n}": "as the customer wishes" for n in range(4)}
    if rows:
        own["items"] = [{"item": f"item {n}", "qty": n, "rate": 2.5} for n in range(rows)]
    return {"doctype": "Bench Order", "name": f"o{number}", **own}


class Within:
    """The processor time that is spent within the drivers."""

    seconds = 0.0

    @contextmanager
    def drivers(self) -> Iterator[None]:
        """Count what cursors and commits of the open connections take."""
        connections = import_module("django.db").connections.all(initialized_only=True)
        for connection in connections:
            make = connection.create_cursor
            connection.create_cursor = lambda name=None, make=make: Cursor(make(name), self)
            for name in ("_commit", "_rollback"):
                setattr(connection, name, self.counting(getattr(connection, name)))
        yield

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - began

        return counted


class Cursor:
    """A driver's, whose time counts."""

    def __init__(self, cursor: Any, within: Within) -> None:
        self._cursor = cursor
        for name in ("execute", "executemany", "fetchone", "fetchmany", "fetchall", "close"):
            setattr(self, name, within.counting(getattr(cursor, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)


def counted(work: Callable[[], Any]) -> dict[str, int]:
    """How often `work` calls what a document should rarely call."""
    found: Counter[str] = Counter()

    def look(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            name = frame.f_code.co_name
            if (name, os.path.basename(frame.f_code.co_filename)) in _NAMES:
                found[name] += 1
        elif event == "c_call" and argument.__name__ in _LOOKS:
            found["files"] += 1

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return {name: found[name] for name in ("get_meta", "connection", "files")}


if __name__ == "__main__":
    print(json.dumps(turn(*map(int, sys.argv[1:]))))
