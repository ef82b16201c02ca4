"""`frappe.qb`: PyPika, as Frappe sets it up; what is built is MariaDB's SQL, and `sql` carries it.

As in Frappe, PyPika's own classes learn here to give their values as parameters, and queries to
run themselves: app code imports those classes from `pypika` too.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import Any

import pypika.queries
import pypika.terms
from pypika import CustomFunction, MySQLQuery, Order
from pypika.dialects import MySQLQueryBuilder
from pypika.functions import DistinctOptionFunction
from pypika.queries import QueryBuilder, Schema, Selectable, Table
from pypika.terms import Criterion, Field, Function, PseudoColumn, Term, ValueWrapper
from pypika.utils import format_alias_sql, ignore_copy

from frappe_standalone.database import known, store
from frappe_standalone.database.dialect import literal
from frappe_standalone.database.filters import as_sql, check_plain, descending
from frappe_standalone.database.schema import doctype_of, table_name
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, missing_attribute


class Parameters:
    """Collects the values of a query; its text has their names."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def of(self, value: Any) -> str:
        """What stands for a value in the text."""
        name = f"param{len(self.values) + 1}"
        self.values[name] = value
        return f"%({name})s"


class Literals:
    """Puts the values of functions into the text: sqlglot must see their formats."""

    of = staticmethod(lambda value: _literal(value, percent=True))


def _literal(value: Any, percent: bool) -> str:
    if isinstance(value, (bool, int, float)):
        return str(int(value) if isinstance(value, bool) else value)
    return literal(str(value), percent)


class Value(ValueWrapper):  # type: ignore[misc]
    """PyPika's wrapped constant: a parameter where a query is run, else MariaDB's spelling."""

    def get_sql(
        self,
        quote_char: str | None = None,
        secondary_quote_char: str = "'",
        param_wrapper: Parameters | Literals | None = None,
        **kwargs: Any,
    ) -> str:
        value = self.value.value if isinstance(self.value, Enum) else self.value
        if value is None or isinstance(value, Term):
            return str(super().get_sql(quote_char, secondary_quote_char, **kwargs))
        text = param_wrapper.of(value) if param_wrapper else _literal(value, percent=False)
        return str(format_alias_sql(text, self.alias, quote_char=quote_char, **kwargs))


def _function_sql(self: Any, **kwargs: Any) -> str:
    with_alias = kwargs.pop("with_alias", False)
    if kwargs.get("param_wrapper") is not None:
        kwargs["param_wrapper"] = Literals()
    kwargs.pop("subquery", None)
    text: str = self.get_function_sql(with_namespace=kwargs.pop("with_namespace", False), **kwargs)
    if with_alias:
        text = format_alias_sql(text, self.alias, **kwargs)
    return text


def walk(query: Any) -> tuple[str, dict[str, Any]]:
    """A query's text and its parameters."""
    collected = Parameters()
    return query.get_sql(param_wrapper=collected), collected.values


def run(query: Any, *args: Any, **kwargs: Any) -> Any:
    """Run a query: `frappe.db.sql` with its arguments."""
    text, values = walk(query)
    return local.db.sql(text, values, *args, **kwargs)


def read(query: Any, **how: Any) -> Any:
    """The same where only reading is allowed."""
    from frappe_standalone.database import reading

    return reading.sql(*walk(query), **how)


pypika.terms.ValueWrapper = Value
pypika.terms.JSON.get_sql = lambda json, **kwargs: Value(
    json._recursive_get_sql(json.value), json.alias
).get_sql(**kwargs)
Function.get_sql = _function_sql
Selectable.__getattr__ = ignore_copy(lambda table, name: Field(name, table=table))
Selectable.__getitem__ = ignore_copy(lambda table, name: Field(name, table=table))
Selectable.field = PseudoColumn("field")  # a column of that name, as in Frappe
for _runnable in (QueryBuilder, pypika.queries._SetOperation):
    _runnable.run, _runnable.walk = run, walk
    _runnable.__in_templates__ = {"run": read}


class Question:
    """`frappe.qb.get_query`: a question of `frappe.get_all`, to be run."""

    @lacks(
        **{"update": False, "into": False, "delete": False, "skip_locked": False, "wait": True},
        **{"user": ANY, "ignore_permissions": ANY, "ignore_user_permissions": ANY},
        **{"validate_filters": ANY, "parent_doctype": ANY, "reference_doctype": ANY},
        db_query_compat=False,
    )
    def __init__(
        self,
        table: Any,
        fields: Any = None,
        filters: Any = None,
        order_by: str | None = None,
        group_by: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        distinct: bool = False,
        for_update: bool = False,
        *,
        or_filters: Any = None,
    ) -> None:
        check_plain(fields, order_by, group_by)
        self._doctype = doctype_of(table)
        self._asked: dict[str, Any] = {"fields": fields or ["name"], "filters": as_sql(filters)}
        self._asked |= {"order_by": descending(order_by), "start": offset or 0}
        self._asked |= {"group_by": group_by, "limit": limit, "or_filters": or_filters}
        self._asked |= {"distinct": distinct, "for_update": for_update}

    def __getattr__(self, name: str) -> Any:
        raise missing_attribute("frappe.qb.get_query()", name)

    @lacks(debug=ANY, explain=ANY, ignore_ddl=False, auto_commit=False, run=True, as_iterator=False)
    def run(
        self,
        *,
        as_dict: bool = False,
        as_list: bool = False,
        pluck: Any = False,
        update: Any = None,
    ) -> Any:
        """The rows, as tuples unless told otherwise."""
        known.check_table(self._doctype)
        rows = store.select(self._doctype, **self._asked)
        return store.shaped(rows, as_dict=as_dict, as_list=as_list, pluck=pluck, update=update)


@lacks(debug=ANY)
def _aggregate(function: str, dt: str, fieldname: str, filters: Any = None) -> Any:
    """Of a field's values among the matching documents; 0 where there is none."""
    known.check_table(dt)
    (row,) = store.select(dt, filters, fields=[f"{function}({fieldname}) as found"])
    return row["found"] or 0


class Builder(MySQLQuery):  # type: ignore[misc]
    """What `frappe.qb` is: PyPika's builder for MariaDB's SQL."""

    terms = pypika.terms
    desc, asc = Order.desc, Order.asc
    Schema, Table, Field = Schema, Table, Field
    get_query = Question

    @staticmethod
    def DocType(table_name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        """The table of a doctype's documents."""
        return Table(_table(table_name), *args, **kwargs)

    @staticmethod
    def functions(name: str, *args: Any, **kwargs: Any) -> Any:
        """A call of any function that the database has."""
        return Function(name, *args, **kwargs)

    @classmethod
    def _builder(cls, **kwargs: Any) -> Any:
        return MySQLQueryBuilder(wrapper_cls=Value, **kwargs)

    @classmethod
    def from_(cls, table: Any, *args: Any, **kwargs: Any) -> Any:
        """Select from a doctype, by name or `DocType`."""
        return super().from_(_selectable(table), *args, **kwargs)

    @classmethod
    def into(cls, table: Any, *args: Any, **kwargs: Any) -> Any:
        return super().into(_selectable(table), *args, **kwargs)

    @classmethod
    def update(cls, table: Any, *args: Any, **kwargs: Any) -> Any:
        return super().update(_selectable(table), *args, **kwargs)

    max = staticmethod(partial(_aggregate, "max"))
    min = staticmethod(partial(_aggregate, "min"))
    avg = staticmethod(partial(_aggregate, "avg"))
    sum = staticmethod(partial(_aggregate, "sum"))


Builder.engine = Builder


def _table(name: str) -> str:
    return name if name.startswith("__") else table_name(name)


def _selectable(table: Any) -> Any:
    return Table(_table(table)) if isinstance(table, str) else table


class SubQuery(Criterion):  # type: ignore[misc]
    """A query where a value is asked for."""

    def __init__(self, subq: Any, alias: str | None = None) -> None:
        super().__init__(alias)
        self.subq = subq

    def get_sql(self, **kwargs: Any) -> str:
        return str(self.subq.get_sql(**{**kwargs, "subquery": True}))


class ConstantColumn(Term):  # type: ignore[misc]
    """The same text in every row."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = str(value)

    def get_sql(self, param_wrapper: Parameters | Literals | None = None, **kwargs: Any) -> str:
        alias = self.alias or self.value
        named = Value(self.value, alias.replace("%", "%%") if param_wrapper else alias)
        return named.get_sql(param_wrapper=param_wrapper, **kwargs)


class GroupConcat(DistinctOptionFunction):  # type: ignore[misc]
    """The values of a group in one text."""

    def __init__(self, column: Any, alias: str | None = None) -> None:
        super().__init__("GROUP_CONCAT", column, alias=alias)


# -- what `frappe.query_builder` has beside PyPika's

DocType, get_query = Builder.DocType, Builder.get_query
_max, _min, _avg, _sum = Builder.max, Builder.min, Builder.avg, Builder.sum
Month, MonthName = partial(Function, "MONTH"), partial(Function, "MONTHNAME")
Quarter, Timestamp = partial(Function, "QUARTER"), partial(Function, "TIMESTAMP")
Concat_ws, Locate = partial(Function, "CONCAT_WS"), partial(Function, "LOCATE")
Round, Truncate = partial(Function, "ROUND"), partial(Function, "TRUNCATE")
CombineDatetime = CustomFunction("TIMESTAMP", ["date", "time"])
DateFormat = CustomFunction("DATE_FORMAT", ["date", "format"])
UnixTimestamp = CustomFunction("UNIX_TIMESTAMP", ["date"])
