"""The questions of `frappe.get_all` and `frappe.db`, in all their spellings, as MariaDB's SQL.

`statement` makes the text; `dialect` carries it to the other databases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frappe_standalone.database import errors, schema, statements, values
from frappe_standalone.database.comparisons import Comparison
from frappe_standalone.database.dialect import quoted
from frappe_standalone.database.filters import (
    HOLDS,
    IN_TREES,
    KEEP_DEFAULT,
    Condition,
    apart,
    orders,
    parse,
)
from frappe_standalone.missing import unsupported

_SIMPLE = re.compile(
    r"(?:[`\"]?tab(?P<doctype>[^`\".]+)[`\"]?\.|(?P<path>\w+)\.)?[`\"]?(?P<field>\w+|\*)[`\"]?"
    r"(?:\s+as\s+[`'\"]?(?P<alias>[^`'\"]+?)[`'\"]?)?",
    re.I,
)
_ALIAS = re.compile(r"(.+?)\s+as\s+[`'\"]?(\w[\w ]*)[`'\"]?\s*", re.I | re.S)
_DISTINCT = re.compile(r"distinct\s+", re.I)
_AGGREGATE = re.compile(r"\b(count|sum|avg|min|max|group_concat)\s*\(", re.I)


@dataclass
class Selected:
    sql: str
    name: str
    column: schema.Column | None = None
    """What it holds, where that is known."""


@dataclass
class Select:
    """A question about one doctype's documents, being built."""

    doctype: str
    joins: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    """By table: the clause that brings it in, and its arguments."""
    arguments: list[Any] = field(default_factory=list)
    is_plain: bool = True
    """Whether no more than the quotes of the text must change for the other databases."""
    selected: list[Selected] = field(default_factory=list)
    is_aggregate: bool = False
    """Whether all rows are made one."""

    def __post_init__(self) -> None:
        self.vendor = statements.vendor()
        self.meta = schema.described(self.doctype)
        self.table = quoted(schema.table_name(self.doctype))
        self._read: dict[str, schema.Columns] = {}
        self._read_anew: set[str] = set()

    def columns(self, doctype: str, name: str | None = None) -> schema.Columns:
        """What a doctype's table has, read once for this question, where `name` lacks once anew."""
        if doctype not in self._read:
            self._read[doctype] = statements.columns(doctype)
        found = self._read[doctype]
        if name and found and name not in found and doctype not in self._read_anew:
            self._read_anew.add(doctype)  # another process may have added it
            found = self._read[doctype] = statements.columns(doctype, anew=True)
        return found

    # -- fields

    def select(self, fields: Any) -> None:
        """Add what to give: names, `*`, expressions, `{"SUM": "qty", "as": "total"}`."""
        for each in _listed(fields):
            self.selected += self._selected(each)
        self.is_aggregate = any(_AGGREGATE.search(each.sql) for each in self.selected)

    def _selected(self, given: Any) -> list[Selected]:
        if isinstance(given, Mapping):
            if any(map(self.meta.get_field, given)):
                raise unsupported(f"child rows as a field of a query ({given!r})")
            given = _of_mapping(given)
        elif not isinstance(given, str):
            sql = given.get_sql(quote_char="`")  # PyPika's
            given = f"{sql} as {given.alias}" if given.alias else sql
        given = given.strip()
        if (simple := _SIMPLE.fullmatch(given)) is not None:
            doctype, path, name, alias = simple.group("doctype", "path", "field", "alias")
            if name == "*":
                return self._all(doctype)
            sql, column = self.column(name, doctype, path)
            return [Selected(sql, alias or name, column)]
        with_alias = _ALIAS.fullmatch(given)
        text, alias = with_alias.groups() if with_alias else (given, None)
        return [Selected(self.expression(text), alias or text, self._holds(text))]

    def _all(self, doctype: str | None) -> list[Selected]:
        doctype = doctype or self.doctype
        if doctype == self.doctype and not self.columns(doctype):
            return self._selected("name")
        self._join_child(doctype) if doctype != self.doctype else None
        return [Selected(f"{quoted(schema.table_name(doctype))}.*", "*")]

    def _holds(self, text: str) -> schema.Column | None:
        """What `max(creation)` gives is what the column holds."""
        inner = re.fullmatch(r"(?:min|max)\s*\(([^()]+)\)", text.strip(), re.I)
        simple = _SIMPLE.fullmatch(inner[1].strip()) if inner else None
        if simple is None:
            return None
        return self.column(simple["field"], simple["doctype"], simple["path"])[1]

    def column(
        self, name: str, doctype: str | None = None, path: str | None = None
    ) -> tuple[str, schema.Column | None]:
        """A field as SQL; NULL where no document of a doctype that no app describes has it.

        Raises:
            NoSuchColumn: the app that describes the doctype gives it no such field.
        """
        if path is not None and path != "tab" + self.doctype:
            doctype = self._follow(path)
        elif doctype is not None and doctype != self.doctype:
            self._join_child(doctype)
        doctype = doctype or self.doctype
        found = self.columns(doctype, name)
        if name in found:
            return f"{quoted(schema.table_name(doctype))}.{quoted(name)}", found[name]
        meta = schema.described(doctype)
        lower = {known.lower(): known for known in found}
        if name.lower() in lower:
            return self.column(lower[name.lower()], doctype)
        described = {"name", *(column.name for column in schema.wanted_of(doctype))}
        if meta.is_known and name not in described:
            raise errors.no_column(doctype, name, described)
        return "NULL", None

    # -- joins

    def _follow(self, path: str) -> str:
        """`items.qty` or `customer.territory`: the doctype of the child rows or of the link."""
        df = self.meta.get_field(path)
        leads = df and df.options and df.fieldtype in ("Table", "Table MultiSelect", "Link")
        if df is None or not leads:
            raise unsupported(f"the field {path!r} before a dot in a query of {self.doctype!r}")
        if df.fieldtype != "Link":
            self._join_child(df.options, path)
        elif df.options != self.doctype:
            linked = quoted(schema.table_name(df.options))
            self._meet_the_name_of(df.options)
            on = f"{linked}.`name` = {self.table}.{quoted(path)}"
            self.joins.setdefault(df.options, (f" left join {linked} on {on}", []))
        else:
            raise unsupported(f"a link of {self.doctype!r} to itself in a query ({path!r})")
        return str(df.options)

    def _join_child(self, doctype: str, parentfield: str | None = None) -> None:
        if "parent" not in self.columns(doctype) and not schema.described(doctype).istable:
            raise unsupported(f"a field of {doctype!r} in a query of {self.doctype!r}")
        self._meet_the_name_of(self.doctype)
        child = quoted(schema.table_name(doctype))
        on = f"{child}.`parent` = {self.table}.`name`"
        on += f" and {child}.`parenttype` = %s"
        on += f" and {child}.`parentfield` = %s" if parentfield else ""
        arguments = [self.doctype, parentfield] if parentfield else [self.doctype]
        self.joins.setdefault(doctype, (f" left join {child} on ({on})", arguments))

    def _meet_the_name_of(self, doctype: str) -> None:
        """A text is compared with it, and a name may be a number."""
        name = self.columns(doctype).get("name")
        self.is_plain &= name is None or name.kind == "text"

    # -- anything else

    def expression(self, text: str) -> str:
        """An expression of MariaDB's with its fields looked up.

        Raises:
            NeedsFrappeSite: it is none.
        """
        from frappe_standalone.database import translating

        self.is_plain = False
        try:
            return translating.with_columns(text, self.column).replace("%", "%%")
        except translating.SqlglotError:
            raise unsupported(f"{text!r} in a query of {self.doctype!r}") from None

    # -- conditions

    def where(self, filters: Any, either: Any = None) -> str:
        """The `where` clause; its arguments are kept for the query."""
        parts = [self.condition(each) for each in parse(filters)]
        any_of = [self.condition(each) for each in parse(either)]
        if any_of:
            parts.append(f"({' or '.join(any_of)})")
        return f" where {' and '.join(parts)}" if parts else ""

    def condition(self, asked: Condition) -> str:
        """One field compared with one value, or an expression that is true."""
        if asked.operator == HOLDS:
            return f"({self.expression(asked.field)})"
        simple = _SIMPLE.fullmatch(asked.field)
        if simple is None:
            return Comparison(self, self.expression(asked.field), asked.field, None, asked).sql()
        doctype, path, name = simple.group("doctype", "path", "field")
        sql, column = self.column(name, asked.doctype or doctype, path)
        if asked.operator in IN_TREES:
            return self._in_a_tree(sql, name, asked)
        column = column or schema.wanted(name, values.kind_of(_sample(asked.value)))
        return Comparison(self, sql, name, column, asked).sql()

    def _in_a_tree(self, sql: str, name: str, asked: Condition) -> str:
        """A name or link above or below another one; '' stands for none, as in Frappe."""
        df = self.meta.get_field(name)
        doctype = str(df.options) if df else self.doctype
        up, down = ("<", ">") if "ancestors" in asked.operator else (">", "<")
        table = quoted(schema.table_name(doctype))
        text = f"select a.`name` from {table} a, {table} b where b.`name` = %s"
        text += f" and a.`lft` {up} b.`lft` and a.`rgt` {down} b.`rgt`"
        rows = statements.run(text, [asked.value], False)[1] if self.columns(doctype) else []
        found = [each for (each,) in rows]
        if asked.operator.endswith("(inclusive)"):
            found.append(asked.value)
        negation = "not " if asked.operator.startswith("not") else ""
        return f"{sql} {negation}in ({', '.join(map(self.argument, found or ['']))})"

    def argument(self, value: Any) -> str:
        """A placeholder for a value, which is kept for the query."""
        self.arguments.append(value)
        return "%s"

    # -- order

    def order(self, given: str | None, default: str) -> str:
        """The clause; none where there is nothing to sort."""
        asked = default if not given or given == KEEP_DEFAULT else given
        parts = []
        for each, way in orders(asked) if asked else ():
            nulls = ""  # first in ascending order, as on MariaDB
            if self.vendor == "postgresql":
                nulls = " nulls last" if way == "desc" else " nulls first"
            term = self._sorted_by(each)
            if term != "NULL":
                parts.append(f"{term}{' desc' if way == 'desc' else ''}{nulls}")
        return f" order by {', '.join(parts)}" if parts else ""

    def _sorted_by(self, each: str) -> str:
        if each.isdecimal():  # of a column selected
            return each
        simple = _SIMPLE.fullmatch(each.strip())
        if simple is None or simple["alias"]:
            return self.expression(each)
        name, own = simple["field"], self.columns(self.doctype)
        if any(
            each.name == name and (each.column is None or name not in own) for each in self.selected
        ):
            return quoted(name)
        return self.column(simple["field"], simple["doctype"], simple["path"])[0]

    def group(self, given: str | None) -> str:
        if not given:
            return ""
        self.is_aggregate = False
        self.is_plain &= self.vendor != "postgresql"
        return f" group by {', '.join(self._sorted_by(each) for each in apart(given))}"


def select(
    doctype: str,
    fields: Any,
    filters: Any,
    *,
    or_filters: Any = None,
    order_by: str | None = None,
    default_order: str = "",
    group_by: str | None = None,
    start: int = 0,
    limit: int | None = None,
    distinct: bool = False,
) -> tuple[Select, str]:
    """A query of a doctype, and its text in SQL."""
    made = Select(doctype)
    fields = _listed(fields)
    if fields and isinstance(fields[0], str) and _DISTINCT.match(fields[0]):
        distinct, fields = True, [_DISTINCT.sub("", fields[0]), *fields[1:]]
    made.select(fields)
    where = made.where(filters, or_filters)
    group = made.group(group_by)
    is_postgres = made.vendor == "postgresql"
    is_unsorted = made.is_aggregate or (is_postgres and distinct and group)
    order = made.order(order_by, "" if is_unsorted else default_order)
    names = [each.name for each in made.selected]
    if is_postgres and distinct and order and not (group or made.is_aggregate or "*" in names):
        distinct, made.is_plain = False, False  # else it sorts only by what is selected
        group = f" group by {', '.join(f'{number}' for number, _ in enumerate(names, 1))}"
    listed = ", ".join(
        each.sql if each.name == "*" else f"{each.sql} as {quoted(each.name)}"
        for each in made.selected
    )
    source = made.table
    if not made.columns(doctype):
        source, where = f"(select null as `name`) as {made.table}", " where 1 = 0"
        made.arguments.clear()
    joins = made.joins.values()
    made.arguments[:0] = [each for _, arguments in joins for each in arguments]
    text = f"select {'distinct ' if distinct else ''}{listed} from {source}"
    text += f"{''.join(clause for clause, _ in joins)}{where}{group}{order}"
    if limit is not None or start:
        text += f" limit {int(limit) if limit is not None else 2**62} offset {int(start)}"
    return made, text


def _sample(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return next((each for each in value if each not in (None, "")), "")
    return "" if value is None else value


def _of_mapping(given: Mapping[str, Any]) -> str:
    """`{"SUM": "qty", "as": "total"}` as text."""
    (function, of), *_ = ((key, value) for key, value in given.items() if key != "as")
    text = f"{function}({', '.join(map(str, of)) if isinstance(of, (list, tuple)) else of})"
    return f"{text} as {given['as']}" if "as" in given else text


def _listed(fields: Any) -> list[Any]:
    if fields is None:
        return ["name"]
    if isinstance(fields, str):
        return apart(fields)
    if isinstance(fields, Mapping) or not isinstance(fields, Iterable):
        return [fields]
    return list(fields)
