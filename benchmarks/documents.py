"""What documents cost on the standalone host: python -m benchmarks.documents [--documents N].

Runs in an empty folder of its own, on SQLite or on what DATABASE_URL names. To compare two commits,
run it in turn with each one's checkout on PYTHONPATH; a line is the median of some rounds, with the
fastest and the slowest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib import import_module
from typing import Any

ROUNDS = 7
FIRST = date(2020, 1, 1)


def documents(count: int) -> Iterator[dict[str, Any]]:
    """Orders of a hundred customers."""
    for number in range(count):
        yield {
            "doctype": "Bench Order",
            "name": f"o{number:06}",
            "customer": f"customer {number % 100}",
            "total": number * 1.5,
            "paid": number % 2,
            "due": FIRST + timedelta(number % 1000),
            "note": "as the customer wishes",
        }


def measure(name: str, times: int, act: Callable[[int], Any]) -> None:
    """Print what one call costs."""
    found = []
    for round_number in range(ROUNDS):
        began = time.perf_counter()
        for number in range(times):
            act(round_number * times + number)
        found.append((time.perf_counter() - began) / times * 1e6)
    print(
        f"{name:44}{statistics.median(found):10.0f} µs   ({min(found):.0f} to {max(found):.0f})",
        flush=True,
    )


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=50_000)
    count = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _measure(count)


def _measure(count: int) -> None:
    import_module("frappe_celery")  # serves frappe
    frappe = import_module("frappe")
    frappe.init(site="standalone")
    frappe.connect()
    began = time.perf_counter()
    for number, fields in enumerate(documents(count), 1):
        frappe.get_doc(fields).insert()
        if number % 1000 == 0:
            frappe.db.commit()
    spent = (time.perf_counter() - began) / count * 1e6
    print(f"{f'insert, each of {count:,}':44}{spent:10.0f} µs", flush=True)

    def name(number: int) -> str:
        return f"o{number * 7919 % count:06}"

    get_all, db = frappe.get_all, frappe.db
    fresh = iter(range(10**6))
    measure(
        "insert",
        200,
        lambda n: frappe.get_doc(
            {"doctype": "Bench Order", "name": f"new{next(fresh)}", "customer": "new", "total": 1.5}
        ).insert(),
    )
    db.rollback()
    fields = ["name", "total", "due"]
    measure(
        "get_all, two filters, order, limit 20",
        20,
        lambda n: get_all(
            "Bench Order",
            {"customer": f"customer {n % 100}", "paid": n % 2},
            fields,
            order_by="due desc",
            limit=20,
        ),
    )
    measure("get_all, 50 by name", 50, lambda n: get_all(
        "Bench Order", {"name": ["in", [name(n * 50 + m) for m in range(50)]]}, fields
    ))  # fmt: skip
    measure("get_value by name", 300, lambda n: db.get_value("Bench Order", name(n), "total"))
    measure(
        "get_value by filter",
        20,
        lambda n: db.get_value("Bench Order", {"customer": f"customer {n % 100}"}, "name"),
    )
    measure("get_doc", 200, lambda n: frappe.get_doc("Bench Order", name(n)))
    measure("set_value by name", 200, lambda n: db.set_value("Bench Order", name(n), "note", "x"))
    db.rollback()
    measure(
        "set_value by filter, 1 % of the documents",
        2,
        lambda n: db.set_value("Bench Order", {"customer": f"customer {n % 100}"}, "note", "y"),
    )
    db.rollback()
    frappe.destroy()


if __name__ == "__main__":
    main()
