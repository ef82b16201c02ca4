"""`get_all`, `frappe.db` and `frappe.qb` in Frappe's forms, and SQL written for MariaDB.

The same on SQLite, MariaDB and PostgreSQL: the integration tests import them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite, UnreadableStatement

Write = Callable[[str, str], Path]
DEALS = (("d1", "Red", 1), ("d2", "red", 2), ("d3", "blue", 3), ("d4", None, 4))
FIRST = date(2026, 1, 1)
ORDER = [
    {"fieldname": "customer", "fieldtype": "Link", "options": "Customer", "search_index": 1},
    {"fieldname": "total", "fieldtype": "Currency"},
    {"fieldname": "due", "fieldtype": "Datetime"},
    {"fieldname": "items", "fieldtype": "Table", "options": "Order Item"},
]
ITEM = [
    {"fieldname": "item_code", "fieldtype": "Data"},
    {"fieldname": "qty", "fieldtype": "Float"},
]


@pytest.fixture
def deals(frappe: Any) -> Any:
    """Four documents of a doctype that no app describes."""
    for number, (name, colour, size) in enumerate(DEALS):
        fields = {"colour": colour or "", "size": size, "due": FIRST + timedelta(40 * number)}
        frappe.get_doc({"doctype": "Deal", "name": name, "field": "x", **fields}).insert()
    frappe.db.set_value("Deal", "d4", "colour", None)
    return frappe


@pytest.fixture
def orders(frappe: Any, write: Write) -> Any:
    """Two orders with child rows, as an app describes them."""
    for name, fields, more in (
        ("order", ORDER, {"autoname": "prompt"}),
        ("order_item", ITEM, {"istable": 1}),
        ("customer", [{"fieldname": "territory", "fieldtype": "Data"}], {}),
    ):
        path = f"myapp/selling/doctype/{name}/{name}.json"
        title = name.replace("_", " ").title()
        write(path, json.dumps({"name": title, "fields": fields, **more}))
    for doctype in ("Customer", "Order", "Order Item"):
        frappe.get_doc({"doctype": doctype, "name": "first"}).db_insert()
        frappe.db.rollback()
    frappe.get_doc({"doctype": "Customer", "name": "c", "territory": "Utrecht"}).insert()
    for name, items in (("o1", [("a", 1), ("b", 2)]), ("o2", [("b", 5)])):
        rows = [{"item_code": code, "qty": qty} for code, qty in items]
        order = {"doctype": "Order", "name": name, "customer": "c", "total": len(items)}
        frappe.get_doc({**order, "due": datetime(2026, 1, 1, 23), "items": rows}).insert()
    return frappe


# -- frappe.get_all and frappe.db


def test_aggregates_have_values_and_names(deals: Any) -> None:
    db = deals.db
    assert db.get_value("Deal", {"size": [">", 1]}, "sum(size)") == 9
    assert db.get_value("Deal", {}, "sum(size) as total", as_dict=True) == {"total": 10}
    assert db.get_value("Deal", {}, ["count(name)", "max(due)"]) == (4, date(2026, 5, 1))
    assert db.get_value("Deal", {"size": 9}, "max(size)") is None
    assert deals.get_all("Deal", fields=[{"SUM": "size", "as": "total"}]) == [{"total": 10}]
    assert deals.get_all("Deal", fields="count(*) as n", as_list=True) == ((4,),)
    assert isinstance(db.get_value("Deal", {}, "min(creation)"), datetime)


def test_names_can_be_changed(deals: Any) -> None:
    rows = deals.get_all("Deal", {"size": 3}, ["name as who", "`tabDeal`.`size` as `how_big`"])
    assert rows == [{"who": "d3", "how_big": 3}]
    assert deals.db.get_value("Deal", "d3", "size as n", as_dict=True) == {"n": 3}


def test_groups(deals: Any) -> None:
    found = deals.get_all(
        "Deal",
        fields=["lower(colour) as c", "count(name) as n", "sum(size) as s"],
        group_by="colour",
        order_by="n desc, s",
    )
    assert found == [
        {"c": "red", "n": 2, "s": 3},
        {"c": "blue", "n": 1, "s": 3},
        {"c": None, "n": 1, "s": 4},
    ]
    assert len(deals.get_all("Deal", distinct=True, pluck="colour")) == 3
    assert len(deals.get_all("Deal", fields=["distinct colour"])) == 3


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"distinct": True}, ["d4", "d3", "d2"]),
        ({"fields": ["distinct `tabDeal`.`name`"], "pluck": "name"}, ["d4", "d3", "d2"]),
        ({"distinct": True, "pluck": "colour"}, [None, "blue", "red"]),
        ({"distinct": True, "pluck": "lower(colour)"}, [None, "blue", "red"]),
        ({"distinct": True, "pluck": "colour", "order_by": "size"}, ["red", "blue", None]),
        ({"group_by": "name"}, ["d4", "d3", "d2"]),
        ({"group_by": "colour", "pluck": "colour"}, [None, "blue", "red"]),
        ({"group_by": "colour", "pluck": "count(name)"}, [1, 1, 2]),
        ({"group_by": "colour", "distinct": True, "pluck": "count(name)", "limit": 9}, [1, 2]),
        ({"pluck": "max(size)"}, [4]),
        ({"distinct": True, "pluck": "sum(size)"}, [10]),
    ],
)
def test_the_newest_come_first_and_what_is_limited_are_these(
    deals: Any, asked: dict[str, Any], found: list[Any]
) -> None:
    rows = deals.get_all("Deal", **{"pluck": "name", "limit": 3, **asked})
    rows = [row.lower() if isinstance(row, str) else row for row in rows]
    assert (sorted(rows) if "limit" in asked else rows) == found


def test_the_newest_parents_of_rows_come_first(orders: Any) -> None:
    asked = {"filters": [["Order Item", "qty", ">", 0]], "pluck": "name", "limit": 1}
    assert orders.get_all("Order", distinct=True, **asked) == ["o2"]
    assert orders.get_all("Order", group_by="name", **asked) == ["o2"]
    assert orders.get_all("Order", distinct=True, **{**asked, "limit": 3}) == ["o2", "o1"]
    named = orders.db.get_values("Order", {}, "name", distinct=True, order_by="qty")
    assert sorted(named) == [("o1",), ("o2",)]


@pytest.mark.parametrize("version", [15, 16])
@pytest.mark.parametrize("when", ["2026-02-10 10:20:30.5", "2026-02-10 00:00:00"])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_date_is_midnight_to_what_has_a_time(
    deals: Any, version: int, when: str, as_text: bool
) -> None:
    settings.use(replace(settings.current(), frappe_version=version))
    value = when if as_text else deals.utils.get_datetime(when)
    for ask in (deals.get_all, deals.db.get_values):
        of_get_all = ask == deals.get_all
        is_cut = "00:00:00" in when or (of_get_all if version == 15 else not as_text)

        def found(*asked: Any, ask: Any = ask) -> str:
            rows = ask("Deal", {"due": list(asked)}, "name", order_by="name asc")
            return " ".join(row["name"] if isinstance(row, dict) else row[0] for row in rows)

        assert found("<", value) == ("d1" if is_cut else "d1 d2")
        assert found(">=", value) == ("d2 d3 d4" if is_cut else "d3 d4")
        assert found("=", value) == ("d2" if is_cut else "")
        assert found("between", [value, "2026-12-31"]) == ("d2 d3 d4" if is_cut else "d3 d4")
        assert found("in", [value, "2026-01-01"]) == ("d1 d2" if "00:00:00" in when else "d1")


@pytest.mark.parametrize("nothing", [[], [None]])
def test_a_list_of_nothing_matches_nothing(deals: Any, nothing: list[Any]) -> None:
    db = deals.db
    assert not db.get_values("Deal", nothing, "name")
    assert not db.get_values("System Settings", nothing, "dormant_days")
    assert db.get_value("Deal", nothing, ["name", "size"]) is None
    assert db.exists("Deal", nothing) is None
    assert db.get_values("Deal", ["d2", *nothing], "size") == ((2,),)
    assert db.exists("Deal", ["d2", *nothing]) == "d2"
    assert len(db.get_values("Deal", {}, "name")) == 4


def test_text_compares_without_case(deals: Any) -> None:
    for filters in (
        {"colour": "RED"},
        {"colour": ["in", ["rEd"]]},
        {"colour": ["like", "R%"]},
        {"colour": ["between", ["RA", "RZ"]]},
    ):
        assert deals.get_all("Deal", filters, pluck="name", order_by="name") == ["d1", "d2"]
    assert deals.db.exists("Deal", "D1") == "d1"
    assert deals.db.sql("select count(*) from tabDeal where colour = 'RED'") == ((2,),)
    with pytest.raises(deals.DuplicateEntryError):
        deals.get_doc({"doctype": "Deal", "name": "D1"}).insert()


def test_empty_lists_and_values_in_lists(deals: Any) -> None:
    names = lambda filters: deals.get_all("Deal", filters, pluck="name", order_by="name")  # noqa: E731
    assert names({"name": ["in", []]}) == []
    assert names({"colour": ["in", ["blue", ""]]}) == ["d3", "d4"]
    assert names({"colour": ["not in", ["blue"]]}) == ["d1", "d2", "d4"]
    assert names({"colour": ["is", "not set"]}) == ["d4"]
    assert names({"size": ("in", "1,2")}) == ["d1", "d2"]
    assert names([["Deal", "size", ">", 3, False]]) == ["d4"]


def test_expressions_in_filters_and_orders(deals: Any) -> None:
    assert deals.get_all("Deal", {"year(due)": 2026, "month(due)": 2}, pluck="name") == ["d2"]
    order = "field(name, 'd3', 'd1') desc, name asc"
    assert deals.get_all("Deal", order_by=order, pluck="name") == ["d1", "d3", "d2", "d4"]
    fields = ["name", "date_format(due, '%Y-%m') as month"]
    assert deals.get_all("Deal", {"size": 4}, fields) == [{"name": "d4", "month": "2026-05"}]


def test_what_a_table_has_is_read_once_for_a_question(deals: Any) -> None:
    def statements(*asked: Any) -> int:
        run: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            run.append(sql)
            return execute(sql, *rest)

        with deals.db._open().execute_wrapper(note):
            deals.get_all(*asked)
        return len(run)

    deals.db.commit()
    assert len(deals.get_all("Deal")) == 4
    assert statements("Deal", {"size": 1}, ["name", "size"]) == 1
    assert statements("Deal", {"shape": "x"}, ["name", "shape", "taste"]) == 2
    assert statements("Deal", {"size": 1}, ["*", "size + 1 as more"]) == 1


def test_child_and_linked_fields(orders: Any) -> None:
    names = lambda **asked: orders.get_all("Order", pluck="name", order_by="name", **asked)  # noqa: E731
    assert names(filters=[["Order Item", "item_code", "=", "a"]]) == ["o1"]
    assert names(filters=[["Order Item", "qty", ">", 4]]) == ["o2"]
    rows = orders.get_all(
        "Order",
        fields=["name", "items.item_code", "`tabOrder Item`.qty as how_many"],
        order_by="name, item_code",
    )
    assert [tuple(row.values()) for row in rows] == [("o1", "a", 1), ("o1", "b", 2), ("o2", "b", 5)]
    linked = orders.get_all("Order", {"customer.territory": "utrecht"}, "customer.territory")
    assert linked == [{"territory": "Utrecht"}] * 2
    assert orders.get_all("Order Item", {"parent": "o1"}, pluck="item_code", order_by="idx") == [
        "a",
        "b",
    ]
    orders.db.delete("Order", [["Order Item", "item_code", "=", "a"]])
    assert names() == ["o2"]


def test_days_include_their_last_second(orders: Any) -> None:
    assert orders.db.count("Order", {"due": ["between", ["2026-01-01", "2026-01-01"]]}) == 2
    assert orders.db.count("Order", {"due": ["between", [date(2025, 1, 1), FIRST]]}) == 2
    assert orders.db.count("Order", {"due": [">", "2026-01-01 23:00:00"]}) == 0


def test_spans_of_the_calendar(deals: Any) -> None:
    today = deals.utils.getdate()
    days = {"d1": today, "d2": today - timedelta(7), "d3": today - timedelta(40), "d4": None}
    for name, day in days.items():
        at = day and datetime.combine(day, time(23, 59, 59))
        deals.db.set_value("Deal", name, {"due": day, "creation": at}, update_modified=False)
    for field in ("due", "creation"):
        names = lambda *asked: deals.get_all("Deal", [[field, *asked]], pluck="name")  # noqa: B023, E731
        assert names("timespan", "today") == names("Timespan", "this week") == ["d1"]
        assert names("timespan", "last week") == names("previous", "1 week") == ["d2"]
        assert sorted(names("timespan", "last 30 days")) == ["d1", "d2"]
        assert names("next", "3 months") == []
    for operator, value in (("timespan", "last blue moon"), ("previous", "7 days")):
        with pytest.raises(deals.ValidationError, match=value):
            deals.get_all("Deal", {"due": [operator, value]})


def test_many_are_changed_by_one_statement(deals: Any) -> None:
    deals.db.set_value("Deal", {"size": [">", 2]}, "colour", "green")
    assert deals.get_all("Deal", {"colour": "green"}, pluck="name", order_by="name") == ["d3", "d4"]
    assert deals.db.delete("Deal", {"colour": ("like", "gr%")}) == 2
    assert deals.db.count("Deal") == 2


# -- SQL written for MariaDB


def test_placeholders_are_kept(deals: Any) -> None:
    sql = deals.db.sql
    values = {"sizes": [1, 2, 4], "from": "2026-01-01", "to": date(2026, 2, 28)}
    query = "select name from tabDeal where size in %(sizes)s and due between %(from)s and %(to)s"
    assert sql(query + " order by name", values, as_dict=True) == [{"name": "d1"}, {"name": "d2"}]
    assert sql("select name from `tabDeal` where size in (%s)", [(4,)]) == (("d4",),)
    assert sql("select name from `tabDeal` where name in %s", [[]]) == ()
    assert sql("select name from `tabDeal` where colour like 'b%%' and size = %s", 3) == (("d3",),)
    assert sql("select name from `tabDeal` where colour like 'b%'") == (("d3",),)
    assert sql("select %s, %s", ("'", "%s")) == (("'", "%s"),)
    with pytest.raises(ValueError, match="needs 2 values"):
        sql("select %s, %s", ("a",))
    with pytest.raises(ValueError, match="a value 'b'"):
        sql("select %(b)s", {"a": 1})


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("if(size > 2, 'big', 'small')", "small"),
        ("ifnull(null, size)", 1),
        ('concat(name, "-", size)', "d1-1"),
        ("date_format(due, '%d.%m.%Y')", "01.01.2026"),
        ("date(creation) = curdate()", 1),
        ("date_format(date_add(due, interval 1 month), '%Y-%m-%d')", "2026-02-01"),
        ("datediff('2026-03-01', due)", 59),
        ("timestampdiff(month, due, '2026-12-31')", 11),
        ("timestampdiff(hour, '2026-01-01 00:30:00', '2026-01-01 02:00:00')", 1),
        ("datediff('2026-11-30', '2026-11-27 11:32:03')", 3),
        ("datediff('2026-11-27 23:00:00', '2026-11-30 01:00:00')", -3),
        ("timestampdiff(month, '2026-01-31', '2026-02-28')", 0),
        ("timestampdiff(month, '2026-02-28', '2026-01-31')", 0),
        ("timestampdiff(month, '2026-01-31', '2026-03-01')", 1),
        ("timestampdiff(year, '2024-02-29', '2025-02-28')", 0),
        ("timestampdiff(year, '2028-02-29 12:00:00', '2024-02-29')", -4),
        ("to_days('2026-11-27')", 740312),
        ("round(1250, -2)", 1300),
        ("round(-1250.5, -2)", -1300),
        ("round(2.675, 2)", 2.68),
        ("length('é€')", 5),
        ("char_length('é€')", 2),
        ("length(colour)", 3),
        ("cast(2.7 as signed)", 3),
        ("cast(-2.5 as signed)", -3),
        ("cast('12' as signed)", 12),
        ("7 div 4", 1),
        ("year(due) + month(due) + day(due)", 2028),
        ("weekday(due)", 3),
        ("dayname(due)", "Thursday"),
        ("dayofweek(due) + dayofyear(due) + quarter(due)", 7),
        ("hour('2026-01-01 11:12:13') + minute('2026-01-01 11:12:13')", 23),
        ("name regexp '^D[0-9]$'", 1),
        ("last_day(due)", date(2026, 1, 31)),
        ("timestamp(due, '11:12:13')", datetime(2026, 1, 1, 11, 12, 13)),
        ("max(timestamp(due, '11:12:13'))", datetime(2026, 1, 1, 11, 12, 13)),
        ("concat(year(due), extract(month from due))", "20261"),
        ("substring_index('a.b.c', '.', 1)", "a"),
        ("locate('B', 'abc')", 2),
        ("left(colour, 2)", "Re"),
        ("size / 2", 0.5),
        ("round(size / 3, 2)", 0.33),
        ("sum(size = 1)", 1),
        ("count(distinct colour)", 2),
        ("coalesce(colour, '') = 'red'", 1),
        ("cast(size as char)", "1"),
        ("greatest(size, 5)", 5),
        ("greatest(size, null)", None),
        ("greatest(dayname(due), 'SUNDAY')", "Thursday"),
        ("substring(colour, 2)", "ed"),
        ("substring(colour, -2, 1)", "e"),
        ("concat('<', substring(colour, 0), substring(colour, -4), '>')", "<>"),
        ("substring(null, 0)", None),
        ("mod(2.75, 2)", 0.75),
        ("size % 0", None),
        ("truncate(2.79, 1)", 2.7),
        ("cast(2.679 as decimal(10, 2))", 2.68),
        ("cast(colour as char(2))", "Re"),
        ("cast('5x' as signed)", 5),
        ("find_in_set(null, 'a')", None),
        ("find_in_set('RED', concat('a,', colour))", 2),
        ("find_in_set('RED', 'a,red')", 2),
        ("field(null, 'a')", 0),
        ("field(colour, 'blue', 'RED')", 2),
        ("replace(colour, 'e', 'é') = 'RéD'", 1),
        ("substring_index(colour, 'd', 1) = 'RE'", 1),
        ("upper('é')", "É"),
        (r"'a_b' like 'a\_b' and not 'axb' like 'a\_b'", 1),
        ("(size = 1) + (size <=> 1)", 2),
        ("nullif(size = 1, 0)", 1),
        ("nullif('Red', 'RED')", None),
        ("'Red' = 'RED'", 1),
        ("nullif(size, '1x')", None),
        ("nullif('5', size)", "5"),
        ("if(concat(if(size, 'x', 'y'), 'z') = 'XZ', 1, 0)", 1),
        ("find_in_set('b', 'a,b')", 2),
        ("creation > now() - interval 1 hour", 1),
        ("case colour when 'blue' then 3 when 'red' then 2 end", 2),
        ("case size when 2 then 'b' when 1 then 'a' end", "a"),
        ("case size when name = 'd1' then 'yes' else 'no' end", "yes"),
    ],
)
def test_functions_of_mariadb(deals: Any, expression: str, answer: Any) -> None:
    where = "" if "(distinct" in expression else "where name = 'd1'"
    ((found,),) = deals.db.sql(f"select {expression} from tabDeal {where}")
    assert (round(found, 9) if isinstance(found, float) else found) == answer
    if isinstance(answer, date):
        assert not isinstance(found, str)


SPANS = {
    "timediff('2026-01-03 10:00:00', '2026-01-01 11:30:00')": timedelta(hours=46.5),
    "timediff('2026-01-01 10:00:00.5', '2026-01-03 11:30:00')": timedelta(hours=-49.5, seconds=0.5),
    "timediff('10:00:00', '11:30:00')": timedelta(hours=-1.5),
    "timediff('2026-01-01 10:00:00', '11:30:00')": None,
    "timediff(max(creation), max(creation))": timedelta(0),
    "sec_to_time(3661)": timedelta(seconds=3661),
    "sec_to_time(-3661.5)": timedelta(seconds=-3661.5),
    "time('2026-01-01 15:01:02')": timedelta(hours=15, seconds=62),
    "cast('15:01:02' as time)": timedelta(hours=15, seconds=62),
    "maketime(12, 5, 30)": timedelta(hours=12, minutes=5, seconds=30),
    "addtime('2026-01-01 10:00:00', '01:30:00')": "2026-01-01 11:30:00",
    "addtime('10:00:00', '-11:30:00')": "-01:30:00",
    "addtime(timestamp('2026-01-01'), '25:30:00')": datetime(2026, 1, 2, 1, 30),
    "subtime(cast('10:00:00' as time), '25:30:00')": timedelta(hours=-15.5),
    "time_to_sec('-01:00:00')": -3600,
    "time_to_sec(timediff('2026-01-01 10:00:00', '2026-01-03 11:30:00'))": -178200,
    "time_to_sec('2026-01-01 01:00:00')": 3600,
    "hour(timediff('2026-01-01 10:00:00', '2026-01-03 11:30:00'))": 49,
    "time_format('2026-01-01 15:01:02', '%k:%i %p')": "15:01 PM",
    "time_format(sec_to_time(3661), '%H:%i')": "01:01",
    "makedate(2026, 60)": date(2026, 3, 1),
    "makedate(1999, 366)": date(2000, 1, 1),
    "makedate(2026, 0)": None,
    "date_format('2026-01-02 03:04:05', '{%e/%c %k %l} %%')": "{2/1 3 3} %",
    "date_format('2026-01-02 15:04:05', 'Day %d of \"%M\", %r')": (
        'Day 02 of "January", 03:04:05 PM'
    ),
    "date_format('2026-01-02', '%v %x')": "01 2026",
    "str_to_date('02.01.2026', '%d.%m.%Y')": date(2026, 1, 2),
    "week('2026-01-03')": 0,
    "week('2026-01-04')": 1,
    "week('2023-12-31')": 53,
    "week('2027-01-01', 3)": 53,
    "weekofyear('2027-01-01')": 53,
    "str_to_date('02.01.2026 3:4', '%d.%m.%Y %H:%i')": datetime(2026, 1, 2, 3, 4),
    "localtimestamp > '2026-01-01' and sysdate() > '2026-01-01'": 1,
}


NOT_ON_POSTGRES = (
    *("addtime", "subtime", "time_format", "hour", "time_to_sec", "timediff('10"),
    "week('2027-01-01', 3)",
    *("timediff('2026-01-01 10:00:00', '11", "date_format('2026-01-02', '%v"),
)


@pytest.mark.parametrize("expression", SPANS)
def test_spans_of_time(deals: Any, expression: str) -> None:
    query = f"select {expression} from tabDeal group by docstatus"
    if deals.db.db_type == "postgres" and expression.startswith(NOT_ON_POSTGRES):
        with pytest.raises(NeedsFrappeSite):
            deals.db.sql(query)
    else:
        assert deals.db.sql(query) == ((SPANS[expression],),)


def test_formats_that_are_values(deals: Any) -> None:
    query = "select date_format(due, %s) from tabDeal where name = 'd1'"
    if deals.db.db_type == "postgres":
        with pytest.raises(NeedsFrappeSite, match="a format"):
            deals.db.sql(query, "%Y-%m")
    else:
        assert deals.db.sql(query, "%Y-%m") == (("2026-01",),)


def test_how_long_ago(deals: Any) -> None:
    query = "select hour(timediff('2026-01-03 10:00:00', '2026-01-01 11:30:00')) from tabDeal"
    if deals.db.db_type == "postgres":
        with pytest.raises(NeedsFrappeSite, match="timediff"):
            deals.db.sql(query)
        return
    assert deals.db.sql(f"{query} limit 1") == ((46,),)
    assert deals.db.count("Deal", {"colour": ["like", "r\\_d"]}) == 0


def test_texts_of_numbers(deals: Any) -> None:
    if deals.db.db_type != "postgres":
        query = "select hex(255), hex('aé'), hex(size), cast('2.7 x' as signed) from tabDeal"
        assert deals.db.sql(f"{query} where name = 'd1'") == (("FF", "61C3A9", "1", 2),)
    assert deals.get_all("Deal", {"name": "d1"}, "to_days(due) as d") == [{"d": 739982}]


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("ifnull(size, 0) = '3'", ["d3"]),
        ("'3' = ifnull(size, 0)", ["d3"]),
        ("coalesce(size, 0) > %(two)s", ["d3", "d4"]),
        ("ifnull(size, 0) between %(two)s and '3'", ["d2", "d3"]),
        ("month(due) = '2'", ["d2"]),
        ("month(due) in ('2', %(three)s)", ["d2", "d3"]),
        ("month(due) in %(both)s", ["d2", "d3"]),
        ("ifnull(size, 0) in ('2', '3')", ["d2", "d3"]),
        ("right(name, 1) > 2", ["d3", "d4"]),
        ("ifnull(colour, '') = 'BLUE'", ["d3"]),
        ("ifnull(colour, '') in ('BLUE', 'x')", ["d3"]),
        ("ifnull(colour, null) <=> 'blue'", ["d3"]),
        ("date(due) - interval 1 day in %(days)s", ["d1"]),
        ("size + 0 = (select max(size) from tabDeal)", ["d4"]),
        ("date(due) <= '2026-01-01'", ["d1"]),
        ("ifnull(size, 0) in %(both)s", ["d2", "d3"]),
        ("3 in %(both)s and name = 'd1'", ["d1"]),
        ("size in ('2x', %(empty)s)", ["d2"]),
        ("case ifnull(size, 0) when '3' then 1 else 0 end", ["d3"]),
        ("case %(two)s when size then 1 else 0 end", ["d2"]),
        ("colour = 0", ["d1", "d2", "d3"]),
        ("right(name, 1) in (1, 4)", ["d1", "d4"]),
        ("right(name, 1) in (1, '4')", ["d1", "d4"]),
        ("right(name, 1) between 2 and 3", ["d2", "d3"]),
        ("case right(name, 1) when 3 then 1 else 0 end", ["d3"]),
        ("ifnull(size, '') = ''", []),
        ("colour = %(zero)s", ["d1", "d2", "d3"]),
        ("right(name, 1) in %(numbers)s", ["d1", "d4"]),
        ("name > %(zero)s", []),
        ("ifnull(due, 'never') = 2026 and size = 1", ["d1"]),
        ("right(name, 1) and not colour", ["d1", "d2", "d3"]),
        ("right(name, 1) not in (1, 4)", ["d2", "d3"]),
        ("right(name, 1) not between 2 and 3", ["d1", "d4"]),
        ("colour not like 'R%%'", ["d3"]),
        ("name not like %(one)s", ["d2", "d3", "d4"]),
        ("name like '!d_' escape '!'", ["d1", "d2", "d3", "d4"]),
        ("not name regexp '[12]'", ["d3", "d4"]),
        ("ifnull(size, '') in ('3', '')", ["d3"]),
        ("(colour, name) in %(pairs)s", ["d2"]),
    ],
)
def test_numbers_are_compared_as_numbers(deals: Any, condition: str, answer: Any) -> None:
    if deals.db.db_type == "postgres" and "(1, '4')" in condition:
        with pytest.raises(NeedsFrappeSite, match="text"):
            deals.db.sql(f"select name from tabDeal where {condition}")
        return
    values = {"two": "2", "three": "3", "both": ["2", "3"], "days": [FIRST - timedelta(1)]}
    values |= {
        "one": "D1",
        "zero": 0,
        "numbers": [1, 4.0],
        "empty": "",
        "pairs": [("RED", "d2"), ("blue", "d2")],
    }
    query = f"select name from tabDeal where {condition} order by name"
    assert deals.db.sql(query, values) == tuple((name,) for name in answer)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("due = '2026-02-10 00:00:00'", ["d2"]),
        ("due < %(at_ten)s", ["d1", "d2"]),
        ("due = %(midnight)s", ["d2"]),
        ("date(due) in ('2026-02-10 00:00:00', '2026-03-22 10:00:00')", ["d2"]),
        ("date(due) between '2026-02-10 00:00:00' and %(at_ten)s", ["d2"]),
        ("timestamp(due) <= '2026-02-10'", ["d1", "d2"]),
        ("timestamp(due) in %(days)s", ["d2"]),
        ("timestamp(due) = due and name = 'd3'", ["d3"]),
        ("due != '' and due > '0000-00-00' and name = 'd3'", ["d3"]),
        ("due = '2026-2-10' and due in %(loose)s", ["d2"]),
        ("ifnull(due, '') = '2026-02-10'", ["d2"]),
        ("due and size = 2 and not if(size = 2, null, due)", []),
        ("hour(greatest(due, timestamp('2026-01-01 11:00:00'))) = 11", ["d1"]),
        ("ifnull(due, '4000-01-01') = %(day)s", ["d2"]),
        ("if(size = 2, due, 'never') = %(day)s", ["d2"]),
    ],
)
def test_times_are_compared_as_times(deals: Any, condition: str, answer: Any) -> None:
    day = date(2026, 2, 10)
    values: dict[str, Any] = {
        "day": day,
        "at_ten": "2026-02-10 10:00:00",
        "midnight": datetime(2026, 2, 10),
    }
    query = f"select name from tabDeal where {condition} order by name"
    values |= {"days": [day], "loose": ["2026-2-10", ""]}
    assert deals.db.sql(query, values) == tuple((name,) for name in answer)


@pytest.mark.parametrize(
    "expression", ["date(due) > 20260101", "due > 20260101", "cast(due as signed)", "due + 0",
                   "sum(due)", "due - due"]
)  # fmt: skip
def test_times_are_no_numbers(deals: Any, expression: str) -> None:
    query = f"select {expression} from tabDeal"
    if deals.db.db_type == "mariadb":
        assert deals.db.sql(query)
        return
    with pytest.raises(NeedsFrappeSite, match="a time is") as caught:
        deals.db.sql(query)
    assert query in str(caught.value)


def test_values_of_several_kinds_are_shown(deals: Any) -> None:
    if deals.db.db_type == "mariadb":
        pytest.skip("MariaDB's SQL is carried nowhere")
    for query, value in (
        ("select name from tabDeal where due < %s", "soon"),
        ("select name from tabDeal where due < 'soon'", None),
        ("select name from tabDeal where colour in %s", ["red", 0]),
        ("select name from tabDeal where %s in (colour, size)", "red"),
    ):
        with pytest.raises(NeedsFrappeSite) as caught:
            deals.db.sql(query, [value] if value else ())
        assert query in str(caught.value)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select name from tabDeal where dayname(due) = 'THURSDAY'", (("d1",),)),
        ("select name from tabDeal where %s = 'X' and size = 1", (("d1",),)),
        ("select case dayname(due) when 'THURSDAY' then 1 end from tabDeal limit 1", ((1,),)),
        ("select ifnull(colour, 'RED') c, count(*) from tabDeal group by c having count(*) > 1",
         (("Red", 3),)),
        ("select count(distinct ifnull(colour, 'RED')), %s from tabDeal", ((2, "x"),)),
        ("select name from tabDeal where 'RED' in (colour, %s) and size = 1", (("d1",),)),
        ("select max(left(colour, 2)), %s from tabDeal", (("re", "x"),)),
        ("select count(*) from (select distinct trim(colour) from tabDeal) q", ((3,),)),
    ],
)  # fmt: skip
def test_computed_text_compares_without_case(deals: Any, query: str, answer: Any) -> None:
    found = deals.db.sql(query, "x" if "%s" in query else ())
    assert [tuple(str(each).lower() for each in row) for row in found] == [
        tuple(str(each).lower() for each in row) for row in answer
    ]


def test_times_that_are_computed_are_times(deals: Any) -> None:
    expressions = {
        "due + interval 1 day": date(2026, 1, 2),
        "due + interval 1 hour": datetime(2026, 1, 1, 1),
        "if(size, due, null)": FIRST,
        "first_value(due) over (order by size)": FIRST,
        "(select max(due) from tabDeal)": date(2026, 5, 1),
        "ifnull(due, '')": "2026-01-01",
    }
    query = f"select {', '.join(expressions)} from tabDeal where name = 'd1'"
    assert deals.db.sql(query) == (tuple(expressions.values()),)


def test_columns_are_found_in_any_case(deals: Any) -> None:
    query = "select NAME, Size as S from tabDeal where SIZE > '3x' order by S"
    assert deals.db.sql(query) == (("d4", 4),)


def test_sums_are_compared_as_numbers(deals: Any) -> None:
    sql = deals.db.sql
    query = "select name, sum(size) as n from tabDeal group by name"
    for condition in ("sum(size) > %s", "n > %s", "sum(size) >= %s + 1"):
        assert sql(f"{query} having {condition} order by name", "2") == (("d3", 3), ("d4", 4))
    assert sql(f"select name from ({query}) q where n = '3'") == (("d3",),)


def test_changes_of_joined_tables_and_of_what_is_there(deals: Any) -> None:
    sql = deals.db.sql
    again = "on duplicate key update size = values(size) + size"
    sql(f"insert into tabDeal (name, size) values (%s, 5) {again}", "d1")
    assert deals.db.get_value("Deal", "d1", "size") == 6
    sql("insert ignore into tabDeal (name, size) values ('d1', 1), ('d5', 1)")
    assert deals.db.get_value("Deal", "d1", "size") == 6
    both = "tabDeal a join tabDeal b on a.name = b.name"
    sql(f"update {both} set a.size = b.size + 1 where b.name = 'd5'")
    assert deals.db.get_value("Deal", "d5", "size") == 2
    sql("update tabDeal a, tabDeal b set b.size = a.size where a.name = 'd2' and b.name = 'd5'")
    sql("update tabDeal d set d.size = d.size + 1 where d.name = 'd5'")
    assert deals.db.get_value("Deal", "d5", "size") == 3
    sql("update tabDeal set size = size + 1, field = concat(size, field) where name = 'd5'")
    sql("update tabDeal set field = 'y', size = if(field = 'y', 9, 0) where name = 'd5'")
    assert sql("select field, size from tabDeal where name = 'd5'") == (("y", 9),)
    sql("update tabDeal set size = 2 where name = 'd5'")
    both = "tabDeal a left join tabDeal b on a.size = b.size and a.name > b.name"
    sql(f"delete a from {both} where b.name is not null")
    assert deals.get_all("Deal", pluck="name", order_by="name") == ["d1", "d2", "d3", "d4"]
    sql("delete from `tabDeal` where colour is null or colour in %s", (("blue",),))
    assert deals.db.count("Deal") == 2


def test_what_is_grouped_and_what_is_not(deals: Any) -> None:
    found = deals.db.sql(
        "select lower(colour) as c, count(*) as n, due from tabDeal where size < 4 group by colour"
        " having n > 1 order by n"
    )
    assert [(colour, number) for colour, number, _ in found] == [("red", 2)]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (
            "select o.name, (select count(*) from `tabOrder Item` i where i.parent = o.name) n"
            " from tabOrder o order by o.name",
            (("o1", 2), ("o2", 1)),
        ),
        (
            "select name, (select count(*) + o.total from `tabOrder Item`) n from tabOrder o"
            " order by name",
            (("o1", 5), ("o2", 4)),
        ),
        ("select name, count(*) over () from tabOrder order by name", (("o1", 2), ("o2", 2))),
        ("select customer, count(*) from tabOrder group by 1", (("c", 2),)),
        ("select date(due) as d, count(*) from tabOrder group by d", ((FIRST, 2),)),
        ("select date(due) as d, count(*) from tabOrder group by 1 order by d", ((FIRST, 2),)),
        (
            "select concat(customer, item_code) as c, sum(qty) from tabOrder o"
            " join `tabOrder Item` i on i.parent = o.name group by c order by c",
            (("ca", 1), ("cb", 7)),
        ),
        (
            "select customer, (select territory from tabCustomer c where c.name = o.customer) t"
            " from tabOrder o group by customer",
            (("c", "Utrecht"),),
        ),
        ("select customer, sum(count(*)) over () from tabOrder group by customer", (("c", 2),)),
    ],
)
def test_groups_are_of_their_own_query(orders: Any, query: str, answer: Any) -> None:
    assert orders.db.sql(query) == answer


def test_groups_of_derived_tables_and_what_having_names(orders: Any) -> None:
    grouped = (
        "select i.parent, sum(i.qty) / o.total as qty, o.name"
        " from `tabOrder Item` i, (select name, total from tabOrder) o"
        " where i.parent = o.name group by i.parent"
    )
    query = f"select parent, min(qty) as qty from ({grouped}) q group by parent having min(qty) > 1"
    assert orders.db.sql(f"{query} order by parent") == (("o1", 1.5), ("o2", 5))
    query = "select parent, sum(qty) as n from `tabOrder Item` group by parent having n = max(qty)"
    assert orders.db.sql(query) == (("o2", 5),)
    query = "select i.parent, sum(i.qty) as n, o.total from `tabOrder Item` i join tabOrder o"
    query += " on o.name = i.parent group by i.parent having n != o.total order by i.parent"
    assert orders.db.sql(query) == (("o1", 3, 2), ("o2", 5, 1))


def test_unions_in_parentheses(deals: Any) -> None:
    both = "(select name from tabDeal order by size desc limit 1) union (select 'd0')"
    assert deals.db.sql(f"select name from ({both}) q order by name") == (("d0",), ("d4",))
    assert len(deals.db.sql(f"{both} union all (select name from tabDeal)")) == 6


def test_a_transaction_of_its_own_is_committed_by_nobody(deals: Any) -> None:
    deals.db.sql("select name from tabDeal where name = 'd1' for update")
    deals.db.rollback()
    assert not deals.db.exists("Deal", "d1")


# -- frappe.qb


def test_queries_that_are_built(deals: Any) -> None:
    from frappe.query_builder import Case, Criterion, DocType, Interval, Order
    from frappe.query_builder.custom import ConstantColumn
    from frappe.query_builder.functions import (
        Count,
        Date,
        DateFormat,
        Extract,
        IfNull,
        Max,
        Now,
        Sum,
    )

    qb, deal = deals.qb, DocType("Deal")
    other = DocType("Deal").as_("other")
    select = qb.from_(deal).select
    assert qb.from_("Deal").select("name").where(deal.colour == "RED").orderby("name").run(
        pluck=True
    ) == ["d1", "d2"]
    grouped = select(deal.colour, Count("*").as_("n"), Sum(deal.size).as_("total"))
    assert grouped.where(deal.size < 3).groupby(deal.colour).run(as_dict=True)[0].total == 3
    found = select(deal.name).where(deal.size.isin([1, 2]) & deal.colour.like("%E%"))
    assert found.orderby(deal.name, order=Order.desc).limit(1).offset(1).run() == (("d1",),)
    assert select(Max(deal.due)).where(deal.due < Now()).run() == ((date(2026, 5, 1),),)
    assert not select("name").where(deal.creation < Now() - Interval(days=1)).run()
    what = Case().when(deal.size > 2, "big").else_("small")
    assert select(what, ConstantColumn("it's").as_("k")).where(deal.name == "d3").run() == (
        ("big", "it's"),
    )
    values = select(IfNull(deal.colour, "no'ne"), DateFormat(deal.due, "%Y-%m"))
    assert values.where(deal.name == "d4").run() == (("no'ne", "2026-05"),)
    day = select(Extract("month", deal.due), Date(deal.creation)).where(deal.size == 2).run()
    assert day == ((2, deals.utils.getdate()),)
    pairs = qb.from_(deal).inner_join(other).on(deal.size == other.size + 1)
    assert len(pairs.select(deal.name, other.name.as_("before")).run(as_dict=True)) == 3
    inner = qb.from_(other).select(other.name).where(other.size > 2)
    assert len(select(deal.name).where(deal.name.isin(inner)).run()) == 2
    one_of_two = select(deal.name).where(deal.size == 1) + select(deal.name).where(deal.size == 2)
    assert sorted(one_of_two.run()) == [("d1",), ("d2",)]
    assert select(deal.field).where(Criterion.all([deal.size > 1, deal.size < 3])).run() == (
        ("x",),
    )


def test_tables_and_conditions_of_the_builder_are_taken_as_filters(deals: Any) -> None:
    from frappe.query_builder import Interval
    from frappe.query_builder.functions import Now

    deal, db = deals.qb.DocType("Deal"), deals.db
    new = (deal.colour == "Red") & (deal.creation > (Now() - Interval(hours=1)))
    assert sorted(db.get_values(deal, new, pluck="name")) == ["d1", "d2"]
    db.set_value("Deal", "d1", "colour", "100% it's \\")
    odd = deal.colour == "100% it's \\"
    assert db.get_value(deal, odd, "size") == db.get_value("Deal", odd, "size") == 1
    assert (db.count(deal, odd), db.count(deal), db.exists(deal, odd)) == (1, 4, "d1")
    db.set_value(deal, deal.size > 2, "colour", "green")
    assert db.count("Deal", {"colour": "green"}) == 2
    db.delete(deal, deal.size > 2)
    assert db.count(deal) == 2


def test_queries_that_change(deals: Any) -> None:
    qb, deal = deals.qb, deals.qb.DocType("Deal")
    qb.update(deal).set(deal.colour, "it's 100% \\ new").where(deal.size == 4).run()
    assert deals.db.get_value("Deal", "d4", "colour") == "it's 100% \\ new"
    qb.into("Deal").columns("name", "size").insert("n", 7).run()
    assert deals.db.get_value("Deal", "n", "size") == 7
    qb.from_(deal).delete().where(deal.name == "n").run()
    assert not deals.db.exists("Deal", "n")
    asked = qb.get_query("Deal", fields=["name"], filters={"size": [">", 3]})
    assert asked.run(as_dict=True) == [{"name": "d4"}]
    assert (qb.max("Deal", "size"), qb.sum("Deal", "size", {"size": 9})) == (4, 0)


# -- what cannot be carried


def test_what_cannot_be_carried_shows_itself(deals: Any) -> None:
    if deals.db.db_type == "mariadb":
        pytest.skip("MariaDB's SQL is carried nowhere")
    for query in (
        "select benchmark(1, 2) from tabDeal",
        "show columns from `tabDeal`",
        "lock tables `tabDeal` write",
        "update tabDeal a left join tabDeal b on a.name = b.name set a.size = 1",
    ):
        with pytest.raises(NeedsFrappeSite) as caught:
            deals.db.sql(query)
        assert query in str(caught.value)
    assert deals.db.count("Deal") == 4


@pytest.mark.parametrize(
    "query",
    [
        "selct name from tabDeal",
        "select name from tabDeal wher size = 1",
        'select "name" from "tabDeal"',  # PostgreSQL's; MariaDB reads texts
        'select name from tabDeal, "tabLine"',
        'update "tabDeal" set size = 1',
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(deals: Any, query: str) -> None:
    with pytest.raises((ProgrammingError, UnreadableStatement)) as caught:
        deals.db.sql(query)
    if deals.db.db_type != "mariadb":
        assert "cannot be read, near" in str(caught.value)
        assert query in str(caught.value)


def test_what_the_database_refuses_is_shown(deals: Any) -> None:
    if deals.db.db_type == "mariadb":
        pytest.skip("MariaDB's SQL is carried nowhere")
    query = "select name from tabDeal where (name, size) = 3"
    with pytest.raises(NeedsFrappeSite, match="cannot run this statement") as caught:
        deals.db.sql(query)
    assert query in str(caught.value)
    with pytest.raises(NeedsFrappeSite, match="MAKE_SET"):
        deals.get_all("Deal", fields=["make_set(size, 'a') as b"])


def test_a_column_that_is_not_there_is_no_text(deals: Any) -> None:
    for query in (
        "select nobody from tabDeal",
        "select name from tabDeal where nobody is null",
        "update tabDeal set nobody = 1",
        "insert into tabDeal (name, nobody) values ('a', 1)",
    ):
        with pytest.raises(DatabaseError, match="nobody") as caught:
            deals.db.sql(query)
        if deals.db.db_type != "mariadb":
            assert query in str(caught.value)
            assert "`frappe-celery migrate --doctype '…' field=kind`" in str(caught.value)
        deals.db.rollback()
        deals.get_doc({"doctype": "Deal", "name": "d1"}).insert()


def test_a_table_that_is_not_there_is_named(frappe: Any) -> None:
    with pytest.raises(NeedsFrappeSite, match=r"`tabSales Invoice`.*--doctype 'Sales Invoice'`"):
        frappe.db.sql("select name from `tabSales Invoice`")
    with pytest.raises(NeedsFrappeSite, match="tabNobody"):
        frappe.qb.from_("Nobody").select("name").run()


def test_no_way_to_a_table_is_told_where_none_of_its_documents_can_be_made(frappe: Any) -> None:
    with pytest.raises(NeedsFrappeSite, match="tabProperty Setter") as caught:
        frappe.db.sql("select name from `tabProperty Setter`")
    assert "first document" not in str(caught.value)


def test_a_table_is_not_said_to_be_missing_for_being_named(deals: Any) -> None:
    query = "select a from information_schema.nothing where table_name = 'tabDeal'"
    with pytest.raises(DatabaseError, match="nothing") as refused:
        deals.db.sql(query)
    assert "tabDeal in" not in str(refused.value)


def test_arguments_of_get_all_that_frappe_has_not_are_refused(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Thing", "name": "a"}).insert()
    frappe.get_doc({"doctype": "Thing", "name": "b"}).insert()
    given = {"debug": False, "ignore_permissions": True, "run": True, "parent_doctype": "X"}
    assert frappe.get_all("Thing", order_by="name", offset=1, limit=5, **given) == [{"name": "b"}]
    with pytest.raises(TypeError, match="unexpected keyword argument 'fiters'"):
        frappe.get_all("Thing", fiters={"name": "a"}, pluck="name")
    with pytest.raises(NeedsFrappeSite, match="run="):
        frappe.get_all("Thing", run=False)


def test_what_an_error_is_can_be_asked(frappe: Any, write: Any) -> None:
    number = {"fieldname": "n", "fieldtype": "Int", "unique": 1}
    described = {"name": "Machine", "autoname": "prompt", "fields": [number]}
    write("myapp/selling/doctype/machine/machine.json", json.dumps(described))
    machine = {"doctype": "Machine", "name": "a", "n": 1}
    frappe.get_doc(machine).insert()
    frappe.db.commit()
    questions = {
        "is_missing_column": (
            lambda: frappe.db.get_value("Machine", "a", "colour"),
            lambda: frappe.db.sql("select colour from `tabMachine`"),
        ),
        "is_table_missing": (lambda: frappe.db.sql("select 1 from `tabNothing`"),),
        "is_primary_key_violation": (
            lambda: frappe.get_doc(machine).insert(),
            lambda: frappe.db.sql("insert into `tabMachine` (name) values ('a')"),
        ),
        "is_duplicate_entry": (
            lambda: frappe.get_doc({**machine, "name": "b"}).insert(),
            lambda: frappe.db.sql("insert into `tabMachine` (name, n) values ('b', 1)"),
        ),
    }
    for question, actions in questions.items():
        for action in actions:
            with pytest.raises(Exception) as raised:  # noqa: PT011
                action()
            answers = [name for name in questions if getattr(frappe.db, name)(raised.value)]
            is_of_the_name = question == "is_primary_key_violation"
            assert answers == [question, *["is_duplicate_entry"] * is_of_the_name]
            is_duplicate = "is_duplicate_entry" in answers
            assert frappe.db.is_unique_key_violation(raised.value) == is_duplicate


def test_what_a_table_refuses_is_told_apart(frappe: Any, write: Any) -> None:
    number = {"fieldname": "n", "fieldtype": "Int", "unique": 1}
    described = {"name": "Machine", "autoname": "prompt", "fields": [number]}
    write("myapp/selling/doctype/machine/machine.json", json.dumps(described))
    for name in ("a", "b"):
        frappe.get_doc({"doctype": "Machine", "name": name, "n": ord(name)}).insert()
    for n in (1, ord("a"), ord("b")):
        with pytest.raises(frappe.DuplicateEntryError) as taken:
            frappe.get_doc({"doctype": "Machine", "name": "a", "n": n}).insert()
        assert taken.value.args[:2] == ("Machine", "a")
    with pytest.raises(frappe.UniqueValidationError) as taken:
        frappe.get_doc({"doctype": "Machine", "name": "c", "n": ord("b")}).insert()
    assert taken.value.args[:2] == ("Machine", "c")
    same = frappe.get_doc("Machine", "a")
    same.n = ord("b")
    with pytest.raises(frappe.UniqueValidationError) as taken:
        same.save()
    assert taken.value.args[:2] == ("Machine", "a")
    with pytest.raises(IntegrityError, match="docstatus") as refused:
        frappe.db.sql("insert into `tabMachine` (name, docstatus) values ('d', null)")
    assert not frappe.db.is_duplicate_entry(refused.value)


def test_a_time_of_day_can_be_asked_for_as_any_of_its_types(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Thing", "name": "a", "at": timedelta(hours=3)}).insert()
    thing = frappe.qb.DocType("Thing")
    for at in (time(3), timedelta(hours=3), "03:00:00"):
        assert frappe.db.sql("select name from tabThing where `at` = %s", (at,)) == (("a",),)
        assert frappe.qb.from_(thing).select(thing.name).where(thing.at == at).run() == (("a",),)
        assert frappe.get_all("Thing", {"at": ["<=", at]}, pluck="name") == ["a"]
