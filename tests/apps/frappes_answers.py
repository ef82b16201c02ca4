"""The same expressions of the public API, on a bench and here: what each answers.

In a bench whose site is new, was set up for Asia/Kolkata and may be thrown away, by the bench's
Python, in its `sites` folder:

    ../env/bin/python …/tests/apps/frappes_answers.py SITE

puts what that version of Frappe answers into `frappes_answers.json`. It makes eight doctypes.
What answers otherwise here has its reason in `frappes_answers_differ.json`.
"""

from __future__ import annotations

import ast
import datetime
import decimal
import json
import re
import sys
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".json")
"""By section and expression, what each major version answered; and the doctypes they ask for."""
DIFFER = TABLE.with_name("frappes_answers_differ.json")
"""By reason, the expressions that answer otherwise here, each with databases and versions."""
NEEDS = {"raises": "NeedsFrappeSite"}
ITEMS: dict[str, dict[str, Any]] = {
    "ITM-001": {
        **{"title": "Alpha", "grp": "A", "price": 10.5, "weight": 1.2345, "qty": 5, "pct": 12.5},
        **{"made_on": "2026-01-15", "seen_at": "2026-01-15 10:00:00.123456", "at": "10:30:00"},
        **{"note": "hello world", "dur": 3661, "stars": 0.8, "js": '{"a": 1, "b": "x"}'},
    },
    "ITM-002": {"title": "beta", "grp": "B", "price": 0, "qty": 0, "note": "", "weight": 2.5},
    "ITM-003": {
        **{"title": "Gamma Ray", "grp": "A", "price": 99.99, "qty": -3, "active": 0},
        **{"made_on": "2026-03-31", "seen_at": "2026-01-15 10:00:00", "note": "50% off_sale"},
        "parent_item": "ITM-001",
    },
    "ITM-004": {
        **{"price": 1000000.555, "qty": 7, "made_on": "2025-12-31", "note": "offXsale"},
        "seen_at": "2025-12-31 23:59:59",
    },
    "ITM-005": {
        **{"title": "Éclair", "grp": "C", "dep": "x", "qty": 12, "at": "09:05:00"},
        "note": 'it\'s "quoted" \\ back',
    },
    "ITM-006": {"title": "alpha", "grp": "B", "note": "multi\nline", "qty": 2},
    "itm-007": {"title": "Zeta", "grp": "", "qty": 3},
    "ITM-010": {"title": "10", "qty": 10, "usr": "Administrator"},
    "ITM-011": {"title": "5abc", "qty": 11},
}
LINES = [{"item": "ITM-001", "qty": 2, "rate": 10}, {"item": "ITM-002", "qty": 3, "rate": 5}]
SETTINGS = {
    **{"a": "x", "n": 5, "d": "2026-01-15", "dt": "2026-01-15 10:00:00", "fl": 1.5, "s": "one"},
    **{"cur": 2.5, "lk": "ITM-001"},
}


def make_documents(frappe: Any) -> None:
    """What the expressions ask about."""
    sql = frappe.db.sql

    def new(doctype: str, name: str | None = None, **values: Any) -> Any:
        return frappe.get_doc({"doctype": doctype, **values}).insert(set_name=name)

    for name, values in ITEMS.items():
        new("D Item", item_code=name, **values)
    sql("update `tabD Item` set title=null, grp=null where name='ITM-004'")
    sql("update `tabD Item` set grp=null where name='ITM-010'")
    filled = "name not in ('ITM-001', 'ITM-005') and at is not null"  # 15 fills a Time with now
    sql(f"update `tabD Item` set at='07:30:00' where {filled}")
    new("D Order", "DO-A", customer="Cust", lines=LINES, item="ITM-001", total=35)
    new("D Order", "DO-B", customer="Other", lines=[{"item": "ITM-003"}])
    new("D Order", "DO-C", customer="Cust", lines=LINES, item="ITM-005", total=35).submit()
    for doctype, month in (("D Item", 1), ("D Order", 2)):
        for day, name in enumerate(frappe.get_all(doctype, order_by="creation", pluck="name"), 1):
            at = f"2026-0{month}-{day:02} 00:00:00"
            sql(f"update `tab{doctype}` set creation=%s, modified=%s where name=%s", (at, at, name))
    for message in ("one", "two", "three"):
        new("D Log", msg=message)
    for number, (name,) in enumerate(sql("select name from `tabD Log` order by name"), 1):
        sql("update `tabD Log` set name=%s where name=%s", (number, name))
    for number, item in ((1, "ITM-001"), (2, "ITM-002"), (3, "ITM-002")):
        new("D Hash", f"H{number}", v=number, ref_type="D Item", ref=item)
    for name, parent in (("R", None), ("R1", "R"), ("R2", "R"), ("R1a", "R1")):
        new("D Tree", t=name, parent_d_tree=parent, is_group=int(name in ("R", "R1")))
    frappe.get_single("D Settings").update(SETTINGS).save()


def names(frappe: Any) -> dict[str, Any]:
    """What the expressions may use."""
    import frappe.query_builder.functions as functions
    from frappe.query_builder import Case, Criterion, CustomFunction, DocType, Interval, Order
    from frappe.query_builder.custom import ConstantColumn
    from pypika.analytics import RowNumber
    from pypika.terms import ExistsCriterion, ValueWrapper

    def found(**asked: Any) -> list[str]:
        return sorted(frappe.get_all("D Item", pluck="name", **asked))

    item, select = DocType("D Item"), frappe.qb.from_
    summed = functions.Sum(item.qty).as_("s")
    of_groups = select(item).select(item.grp.as_("g"), summed).where(item.grp != "")
    return {
        **{"frappe": frappe, "N": frappe.utils, "F": functions, "A": found, "qb": select},
        **{"I": item, "O": DocType("D Order"), "L": DocType("D Order Line"), "DocType": DocType},
        **{"Sub": of_groups.groupby(item.grp).as_("sub"), "Order": Order, "Criterion": Criterion},
        **{"Interval": Interval, "Case": Case, "CustomFunction": CustomFunction},
        **{"ValueWrapper": ValueWrapper, "ExistsCriterion": ExistsCriterion},
        **{"RowNumber": RowNumber, "ConstantColumn": ConstantColumn},
        **{"json": json, "datetime": datetime, "decimal": decimal, "re": re},
    }


def answers(frappe: Any, expressions: list[str]) -> dict[str, Any]:
    """By expression, its value with its types, or the error that it raises."""
    import frappe.utils

    make_documents(frappe)
    frappe.db.commit()
    given, found = names(frappe), {}
    for each in expressions:
        frappe.db.savepoint("one")
        try:
            found[each] = plain(_value(each, dict(given)))
        except Exception as error:
            kinds = [kind.__name__ for kind in type(error).__mro__]
            found[each] = NEEDS if NEEDS["raises"] in kinds else {"raises": kinds[0]}
        try:
            frappe.db.rollback(save_point="one")
        except Exception:  # the expression ended the transaction, or the database did
            frappe.db.rollback()
    return found


def _value(expression: str, given: dict[str, Any]) -> Any:
    """Of the last of its statements."""
    *before, last = ast.parse(expression).body
    exec(compile(ast.Module(before, []), "expression", "exec"), given)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "expression", "eval"), given)
    exec(compile(ast.Module([last], []), "expression", "exec"), given)
    return "(no value)"


def plain(value: Any) -> Any:
    """As JSON that keeps the types apart."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, float, bytes)):
        return {type(value).__name__: value if isinstance(value, bool) else repr(value)}
    if isinstance(value, int):
        return int(value)
    if isinstance(
        value,
        (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal),
    ):
        return {type(value).__name__: str(value)}
    if not isinstance(value, dict) and hasattr(value, "as_dict") and hasattr(value, "doctype"):
        return {"doc": [value.doctype, plain(value.name)]}
    if isinstance(value, dict):
        keys = sorted(value, key=str)
        return {"dict": {str(key): plain(value[key]) for key in keys}}
    if isinstance(value, (list, tuple)):
        listed = [plain(each) for each in value]
        return listed if isinstance(value, list) else {"tuple": listed}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(json.dumps(plain(each)) for each in value)}
    return {"object": type(value).__name__}


def _of_a_bench(site: str) -> None:
    import frappe

    table = json.loads(TABLE.read_text())
    frappe.init(site)
    frappe.connect()
    frappe.set_user("Administrator")
    for doctype in table["doctypes"]:
        if not frappe.db.exists("DocType", doctype["name"]):
            frappe.get_doc({**doctype, "module": "Core", "custom": 1}).insert()
    frappe.db.commit()
    version = frappe.__version__.partition(".")[0]
    try:
        found = answers(frappe, list(table["expressions"]))
    finally:
        frappe.db.rollback()
    for expression, answer in found.items():
        table["expressions"][expression][version] = answer
    write(table)


def write(table: dict[str, Any]) -> None:
    """An expression a line."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in table["expressions"].items()
    ]
    doctypes = ",\n".join(json.dumps(each) for each in table["doctypes"])
    text = ",\n".join(lines)
    TABLE.write_text(f'{{"doctypes": [\n{doctypes}\n],\n"expressions": {{\n{text}\n}}}}\n')


if __name__ == "__main__":
    _of_a_bench(sys.argv[1])
