"""One condition of a question as SQL: Frappe's operators, with its meaning of empty values."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from frappe_celery.host import settings
from frappe_standalone.database import schema, values
from frappe_standalone.database.dialect import literal
from frappe_standalone.database.filters import Condition
from frappe_standalone.utils.dates import nowdate

if TYPE_CHECKING:
    from frappe_standalone.database.query import Select

_COMPARED = ("<", ">", "<=", ">=")
_TIMES = ("date", "datetime", "time")


class Comparison:
    """A condition on a column, with Frappe's meaning of empty values."""

    def __init__(
        self, query: Select, sql: str, name: str, column: schema.Column | None, asked: Condition
    ) -> None:
        self.query, self.c, self.name, self.column = query, sql, name, column
        self.operator, self.value = asked.operator, asked.value
        self.kind = column.kind if column else ""
        self.nothing_counts = asked.nothing_counts
        self.is_of_15 = asked.nothing_counts and settings.current().frappe_version < 16
        """Whether it is of `get_all` of 15, which knows no None: it is '', 0 or, as '', today."""
        if self.is_of_15 and self.value in (None, ""):
            is_today = self.kind == "date" and self.operator in (*_COMPARED, "=", "!=")
            number = 0 if self.kind in ("int", "float") else ""
            self.value = nowdate() if is_today else number

    def sql(self) -> str:
        """The condition as SQL; its arguments are kept for the query."""
        lists = ("in", "not in") if self.nothing_counts else ()
        if self.value is None and self.operator not in ("!=", "is", *lists):
            return f"{self.c} is null"
        return _FORMS[self.operator](self)

    def _argument(self, value: Any) -> str:
        column = self.column
        if column is not None:
            if self.kind == "date" and not self._cuts(value) and values.is_cut(value, "date"):
                column = schema.Column(self.name, "datetime")
            value = values.to_column(value, column, self.name, is_described=True)
        return self.query.argument(value)

    def _cuts(self, value: Any) -> bool:
        """Whether a value's time is left out before it is compared with a date, as a list's never.

        That of a text is in `get_all` of Frappe 15 alone; to MariaDB a date is its midnight.
        """
        if self.operator in ("in", "not in"):
            return False
        of_15 = settings.current().frappe_version < 16
        return self.nothing_counts if of_15 else isinstance(value, datetime)

    def _empty(self, sign: str) -> str:
        if self.kind in ("text", ""):
            return f"coalesce({self.c}, '') {sign} ''"
        if self.column is not None and not self.column.null:
            return f"{self.c} {sign} 0"
        return f"{self.c} is {'null' if sign == '=' else 'not null'}"

    def _or_nothing(self, condition: str) -> str:
        """NULL, too, where it counts and the column can be that."""
        is_nothing = self.nothing_counts and (self.column is None or self.column.null)
        return f"({condition} or {self.c} is null)" if is_nothing else condition

    def _is_nothing(self) -> str:
        """What `=` and `in` make of '': only to 15 it is a time that is not there."""
        if self.kind in _TIMES and not self.is_of_15:
            return "1 = 0"
        if self.nothing_counts:
            return self._empty("=")
        return f"{self.c} = {0 if self.kind in ('int', 'float') else literal('')}"

    def _equal(self) -> str:
        is_negated = self.operator == "!="
        if self.value is None or self.value == "":
            if is_negated and self.value == "" and self.kind in _TIMES and not self.is_of_15:
                return self._or_nothing(f"{self.c} is not null")
            return self._empty("!=") if is_negated else self._is_nothing()
        if self.value == 0 and self.kind in ("int", "float"):
            return f"coalesce({self.c}, 0) {self.operator} 0"
        made = f"{self.c} {self.operator} {self._argument(self.value)}"
        return self._or_nothing(made) if is_negated else made

    def _in(self) -> str:
        is_negated, of_17 = self.operator == "not in", settings.current().frappe_version >= 17
        if of_17 and self.value is not None and not self.value:
            return "1 = 1" if is_negated else "1 = 0"
        listed = self.value or ("",)
        finds_null = self.is_of_15 or (of_17 and not is_negated)
        if None in listed and not finds_null:  # NULL is in no list, and nothing is not in it
            listed = () if is_negated else [value for value in listed if value is not None]
            if not listed:
                return "1 = 0"
        filled = [self._argument(value) for value in listed if value not in (None, "")]
        parts = [f"{self.c} {self.operator} ({', '.join(filled)})"] if filled else []
        if len(filled) < len(listed):
            parts.append(self._empty("!=") if is_negated else self._is_nothing())
            parts += [f"{self.c} is null"] if of_17 and not is_negated else []
        elif is_negated:
            return self._or_nothing(parts[0])
        return f"({(' and ' if is_negated else ' or ').join(parts)})"

    def _like(self) -> str:
        sql, word = self.c, self.operator
        if self.is_of_15 and self.value == "":
            return self._empty("=" if word == "like" else "!=")
        if self.kind not in ("text", ""):
            sql = f"cast({sql} as {'char' if self.query.vendor == 'mysql' else 'text'})"
        if self.query.vendor == "postgresql":
            sql, word = f"{sql} collate `und-x-icu`", word.replace("like", "ilike")
        self.query.is_plain &= not {"\\", "\0"} & {*str(self.value)}  # SQLite needs to be told
        value = str(self.value).replace("\\", "\\\\" if self.is_of_15 else "\\")
        made = f"{sql} {word} {self.query.argument(value)}"
        is_other = self.operator == "not like" and value.strip("%")
        return self._or_nothing(made) if is_other else made

    def _is(self) -> str:
        return self._empty("=" if str(self.value).lower() == "not set" else "!=")

    def _between(self) -> str:
        first, last = self.value
        if self.is_of_15 and self.kind in ("date", "datetime"):
            first, last = first or nowdate(), last or nowdate()
        if self.kind == "datetime" and _is_day(last):
            last = datetime.combine(date.fromisoformat(str(last)), time.max)
        return f"{self.c} between {self._argument(first)} and {self._argument(last)}"

    def _compared(self) -> str:
        is_less = self.operator == "<=" or (self.operator == "<" and self.value != "")
        is_zero = is_less and self.nothing_counts and self.kind == "float"
        sql = f"coalesce({self.c}, 0)" if is_zero and self.query.meta.is_known else self.c
        made = f"{sql} {self.operator} {self._argument(self.value)}"
        return self._or_nothing(made) if is_less and self.kind not in ("int", "float") else made


_FORMS = {
    **dict.fromkeys(("=", "!="), Comparison._equal),
    **dict.fromkeys(_COMPARED, Comparison._compared),
    **dict.fromkeys(("in", "not in"), Comparison._in),
    **dict.fromkeys(("like", "not like"), Comparison._like),
    "is": Comparison._is,
    "between": Comparison._between,
}


def _is_day(value: Any) -> bool:
    is_day = isinstance(value, date) or len(str(value).strip()) == 10
    return is_day and not isinstance(value, datetime)
