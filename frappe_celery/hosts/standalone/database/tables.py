"""Rows of the current site in Django's tables, under the names that Frappe's doctypes have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import connections, models
from django.db.models import F, OuterRef, Q, Subquery

from frappe_celery.hosts.standalone import models as own
from frappe_celery.hosts.standalone.database.filters import Condition, Order, Query, like_pattern
from frappe_celery.hosts.standalone.exceptions import InvalidColumnName
from frappe_celery.hosts.standalone.utils.values import from_column, indexed, to_column

_OWN_TABLES: dict[str, type[own.Row]] = {
    "Scheduler Event": own.SchedulerEvent,
    "Scheduled Job Type": own.ScheduledJobType,
    "Scheduled Job Log": own.ScheduledJobLog,
    "Error Log": own.ErrorLog,
}
Rows = Any
"""A Django QuerySet; which model's is only known by the doctype."""
_TIMES = (models.DateTimeField,)
_OURS = {"id", "site", "doctype", "data"}
"""Columns that no document knows of; a field of such a name is a field like any other."""


def table_of(doctype: str, site: str) -> Table:
    """The table that a doctype's documents stand in."""
    model = _OWN_TABLES.get(doctype)
    return Table(site, doctype, model) if model else DocumentTable(site, doctype, own.Document)


class Table:
    """A doctype with a table of its own."""

    def __init__(self, site: str, doctype: str, model: Any) -> None:
        self.site = site
        self.doctype = doctype
        self.model = model
        self.columns: dict[str, Any] = {
            column.name: column
            for column in model._meta.concrete_fields
            if column.name not in _OURS
        }

    def _rows(self) -> Rows:
        return self.model._default_manager.filter(site=self.site)

    # -- reading

    def select(self, query: Query) -> list[dict[str, Any]]:
        """The matching rows."""
        rows = self._matching(query.conditions, query.any_of)
        rows = self._ordered(rows, query.order_by)
        end = None if query.limit is None else query.start + query.limit
        rows = rows[query.start : end]
        if query.fields is not None and query.fields <= set(self.columns):
            found = rows.values(*query.fields)
            return [{name: self._value(name, row[name]) for name in row} for row in found]
        return [self._as_dict(row) for row in rows]

    def count(self, query: Query) -> int:
        """How many match."""
        return int(self._matching(query.conditions, query.any_of).count())

    def contents(self) -> list[tuple[Any, ...]]:
        """Every column of every row, as the driver gives it."""
        rows = self._rows().order_by("pk")
        query, arguments = rows.query.sql_with_params()
        with connections[rows.db].cursor() as cursor:
            cursor.execute(query, arguments)
            return list(cursor.fetchall())

    def instants(self, fields: Iterable[str]) -> list[dict[str, Any]]:
        """Those fields of every row, by name, with times that know their zone."""
        return list(self._rows().order_by("name").values(*fields))

    def get(self, name: str, for_update: bool = False) -> dict[str, Any] | None:
        """The row of that name."""
        rows = self._rows().filter(name=name)
        row = (_locked(rows) if for_update else rows).first()
        return None if row is None else self._as_dict(row)

    def _as_dict(self, row: Any) -> dict[str, Any]:
        return {name: self._value(name, getattr(row, name)) for name in self.columns}

    def _value(self, name: str, value: Any) -> Any:
        is_check = isinstance(self.columns[name], models.BooleanField)
        return int(value) if is_check else from_column(value)

    # -- writing

    def insert(self, values: Mapping[str, Any]) -> None:
        """Add a row."""
        self.model._default_manager.create(site=self.site, **self._to_columns(values))

    def update(self, name: str, values: Mapping[str, Any]) -> bool:
        """Change columns of a row; False when there is none."""
        return bool(self._rows().filter(name=name).update(**self._to_columns(values)))

    def delete(self, conditions: tuple[Condition, ...]) -> int:
        """Remove the matching rows; how many they were."""
        rows = self._matching(conditions, ())
        number = int(rows.count())
        rows.delete()
        return number

    def _to_columns(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._to_column(self.columns[name], value)
            for name, value in values.items()
            if name in self.columns
        }

    @staticmethod
    def _to_column(column: Any, value: Any) -> Any:
        if isinstance(column, _TIMES):
            return to_column(value)
        if value is None and not column.null:
            return column.get_default()
        if isinstance(column, models.BooleanField):
            return bool(int(value or 0))
        if isinstance(column, models.CharField):
            return str(value)[: column.max_length]
        return value

    # -- conditions

    def _matching(self, conditions: tuple[Condition, ...], any_of: tuple[Condition, ...]) -> Rows:
        rows = self._candidates(conditions)
        for condition in conditions:
            rows = rows.filter(self._q(condition))
        if any_of:
            either = Q()
            for condition in any_of:
                either |= self._q(condition)
            rows = rows.filter(either)
        return rows

    def _candidates(self, conditions: tuple[Condition, ...]) -> Rows:
        """The rows among which those conditions select."""
        return self._rows()

    def _q(self, condition: Condition) -> Q:
        return column_q(self._column(condition.field), condition)

    def _column(self, name: str) -> Any:
        if name not in self.columns:
            raise InvalidColumnName(
                f"{self.doctype} has no field {name!r}; it has {', '.join(sorted(self.columns))}"
            )
        return self.columns[name]

    def _ordered(self, rows: Rows, order_by: tuple[Order, ...]) -> Rows:
        return rows.order_by(
            *(
                ("-" if order.descending else "") + self._column(order.field).name
                for order in order_by
            )
        )


class DocumentTable(Table):
    """Any other doctype: columns for what every document has, indexed fields for the rest."""

    def _rows(self) -> Rows:
        return super()._rows().filter(doctype=self.doctype)

    def _as_dict(self, row: Any) -> dict[str, Any]:
        return {**row.data, **super()._as_dict(row)}

    def insert(self, values: Mapping[str, Any]) -> None:
        """Add a document and its index."""
        data = self._data(values)
        row = self.model._default_manager.create(
            site=self.site, doctype=self.doctype, data=data, **self._to_columns(values)
        )
        self._index(row, data)

    def update(self, name: str, values: Mapping[str, Any]) -> bool:
        """Change fields of a document; the others stay, whoever else changes them meanwhile."""
        row = _locked(self._rows().filter(name=name)).first()
        if row is None:
            return False
        data = self._data(values)
        row.data.update(data)
        for column, value in self._to_columns(values).items():
            setattr(row, column, value)
        row.save()
        if data:
            row.fields.filter(fieldname__in=list(data)).delete()
            self._index(row, data)
        return True

    def _data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in self.columns}

    def _index(self, row: Any, data: Mapping[str, Any]) -> None:
        found = []
        for fieldname, value in data.items():
            index = indexed(value, own.INDEXED_LENGTH)
            if index is not None:
                text, number = index
                found.append(
                    own.DocumentField(
                        document=row,
                        site=self.site,
                        doctype=self.doctype,
                        fieldname=fieldname,
                        text=text,
                        number=number,
                    )
                )
        own.DocumentField.objects.bulk_create(found)

    def _fields(self, fieldname: str) -> Rows:
        return own.DocumentField.objects.filter(
            site=self.site, doctype=self.doctype, fieldname=fieldname
        )

    def _candidates(self, conditions: tuple[Condition, ...]) -> Rows:
        """Where a field's index finds the documents, SQLite must not go through all of them."""
        by_index = (c for c in conditions if c.field not in self.columns and not field_q(c)[1])
        if any(by_index):
            return self.model._default_manager.all()
        return self._rows()

    def _q(self, condition: Condition) -> Q:
        if condition.field in self.columns:
            return super()._q(condition)
        wanted, negated = field_q(condition)
        found = Q(pk__in=self._fields(condition.field).filter(wanted).values("document"))
        return ~found if negated else found

    def _ordered(self, rows: Rows, order_by: tuple[Order, ...]) -> Rows:
        terms: list[Any] = []
        for number, order in enumerate(order_by):
            if order.field in self.columns:
                term = F(order.field)
                terms.append(term.desc() if order.descending else term.asc())
                continue
            value = self._fields(order.field).filter(document=OuterRef("pk"))
            for kind in ("number", "text"):
                alias = f"order_{number}_{kind}"
                rows = rows.annotate(**{alias: Subquery(value.values(kind)[:1])})
                terms.append(F(alias).desc() if order.descending else F(alias).asc())
        return rows.order_by(*terms)


def _locked(rows: Rows) -> Rows:
    """The rows, locked till the end of the transaction.

    SQLite locks the whole database, and only for a statement that writes: one that changes nothing
    does. Reading first would make the later write fail where another process wrote in between.
    """
    if not connections[rows.db].features.has_select_for_update:
        rows.update(idx=F("idx"))
    return rows.select_for_update()


_LOOKUPS = {"<": "lt", ">": "gt", "<=": "lte", ">=": "gte"}


def column_q(column: Any, condition: Condition) -> Q:
    """A condition on a column."""
    name, operator, value = column.name, condition.operator, condition.value
    is_time = isinstance(column, _TIMES)
    if is_time:
        value = _times(operator, value)
    empty = Q(**{f"{name}__isnull": True})
    if isinstance(column, (models.CharField, models.TextField)):
        empty |= Q(**{name: ""})
    if operator == "is":
        return empty if str(value).lower() == "not set" else ~empty
    if operator in ("=", "!="):
        equal = empty if value is None else Q(**{name: value})
        return equal if operator == "=" else ~equal
    if operator in ("in", "not in"):
        found = Q(**{f"{name}__in": list(value)})
        return found if operator == "in" else ~found
    if operator in ("like", "not like"):
        found = Q(**{f"{name}__iregex": like_pattern(value)})
        return found if operator == "like" else ~found
    if operator == "between":
        return Q(**{f"{name}__range": (value[0], value[1])})
    return Q(**{f"{name}__{_LOOKUPS[operator]}": value})


def _times(operator: str, value: Any) -> Any:
    if operator in ("is", "like", "not like"):
        return value
    if operator == "between":
        first, last = value
        if (isinstance(last, date) and not isinstance(last, datetime)) or len(str(last)) == 10:
            last = datetime.combine(date.fromisoformat(str(last)), time.max)
        return to_column(first), to_column(last)
    return [to_column(one) for one in value] if operator in ("in", "not in") else to_column(value)


def field_q(condition: Condition) -> tuple[Q, bool]:
    """A condition on an indexed field, and whether the documents are those that do *not* match.

    A document without the field counts as one where it is empty or 0, as in Frappe's tables.
    """
    operator, value = condition.operator, condition.value
    empty = Q(text="") | Q(number=0) if value == 0 and value != "" else Q(text="")
    if operator == "is":
        return ~Q(text=""), str(value).lower() == "not set"
    if operator in ("=", "!="):
        if value in (None, "", 0):
            return ~empty, operator == "="
        return _equal(value), operator == "!="
    if operator in ("in", "not in"):
        either = Q(pk__in=[])
        for one in value:
            either |= _equal(one)
        return either, operator == "not in"
    if operator in ("like", "not like"):
        return Q(text__iregex=like_pattern(value)), operator == "not like"
    if operator == "between":
        low, high = _side(value[0]), _side(value[1])
        return Q(**{f"{low[0]}__gte": low[1], f"{high[0]}__lte": high[1]}), False
    side, bound = _side(value)
    return Q(**{f"{side}__{_LOOKUPS[operator]}": bound}), False


def _side(value: Any) -> tuple[str, Any]:
    """Compare as numbers what is a number, as text what is text."""
    text, number = indexed(value, own.INDEXED_LENGTH) or ("", None)
    return ("text", text) if isinstance(value, str) or number is None else ("number", number)


def _equal(value: Any) -> Q:
    side, bound = _side(value)
    return Q(**{side: bound})
