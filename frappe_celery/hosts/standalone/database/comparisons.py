"""One condition of a question as SQL: Frappe's operators, with its meaning of empty values."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from frappe_celery.hosts.standalone.database import schema, values
from frappe_celery.hosts.standalone.database.filters import Condition

if TYPE_CHECKING:
    from frappe_celery.hosts.standalone.database.query import Select


class Comparison:
    """A condition on a column, with Frappe's meaning of empty values."""

    def __init__(
        self, query: Select, sql: str, name: str, column: schema.Column | None, asked: Condition
    ) -> None:
        self.query, self.c, self.name, self.column = query, sql, name, column
        self.operator, self.value = asked.operator, asked.value
        self.kind = column.kind if column else ""
        self.nothing_counts = asked.nothing_counts

    def sql(self) -> str:
        """The condition, its arguments noted."""
        how = self.operator.replace(" ", "_")
        made: str = getattr(self, f"_{_NAMES.get(how, how)}")()
        return made

    def _argument(self, value: Any) -> str:
        if self.column is not None:
            value = values.to_column(value, self.column, self.name, is_described=True)
        return self.query.argument(value)

    def _is_empty(self) -> str:
        if self.kind in ("text", ""):
            return f"coalesce({self.c}, '') = ''"
        if self.column is not None and not self.column.null:
            return f"{self.c} = 0"
        return f"{self.c} is null"

    def _is_filled(self) -> str:
        if self.kind in ("text", ""):
            return f"coalesce({self.c}, '') != ''"
        if self.column is not None and not self.column.null:
            return f"{self.c} != 0"
        return f"{self.c} is not null"

    def _or_nothing(self, condition: str) -> str:
        """NULL, too, where it counts and the column can be that."""
        is_nothing = self.nothing_counts and (self.column is None or self.column.null)
        return f"({condition} or {self.c} is null)" if is_nothing else condition

    def _is_nothing(self) -> str:
        """What `=` and `in` make of an empty value."""
        if self.nothing_counts:
            return self._is_empty()
        is_text = self.kind in ("text", "") and self.value is not None
        return f"{self.c} = ''" if is_text else f"{self.c} is null"

    def _equal(self) -> str:
        if self.value is None or self.value == "":
            return self._is_nothing()
        if self.value == 0 and self.kind in ("int", "float"):
            return f"coalesce({self.c}, 0) = 0"
        return f"{self.c} = {self._argument(self.value)}"

    def _unequal(self) -> str:
        if self.value is None or self.value == "":
            return self._is_filled()
        if self.value == 0 and self.kind in ("int", "float"):
            return f"coalesce({self.c}, 0) != 0"
        return self._or_nothing(f"{self.c} != {self._argument(self.value)}")

    def _split_values(self) -> tuple[str, bool]:
        """Placeholders of the values, and whether an empty one is among them."""
        filled = [value for value in self.value if value not in (None, "")]
        listed = ", ".join(self._argument(value) for value in filled)
        return listed, not filled or len(filled) < len(self.value)

    def _in(self) -> str:
        listed, with_empty = self._split_values()
        parts = [f"{self.c} in ({listed})"] if listed else []
        if with_empty:
            parts.append(self._is_nothing())
        return f"({' or '.join(parts)})"

    def _not_in(self) -> str:
        listed, with_empty = self._split_values()
        parts = [f"{self.c} not in ({listed})"] if listed else []
        if with_empty:
            return f"({' and '.join([*parts, self._is_filled()])})"
        return self._or_nothing(parts[0])

    def _liked(self, sql: str, word: str) -> str:
        if self.kind not in ("text", ""):
            sql = f"cast({sql} as {'char' if self.query.vendor == 'mysql' else 'text'})"
        if self.query.vendor == "postgresql":
            sql, word = f"{sql} collate `und-x-icu`", word.replace("like", "ilike")
        self.query.is_plain &= "\\" not in str(self.value)  # SQLite must be told what it is
        return f"{sql} {word} {self.query.argument(str(self.value))}"

    def _like(self) -> str:
        return self._liked(self.c, "like")

    def _not_like(self) -> str:
        return self._or_nothing(self._liked(self.c, "not like"))

    def _is(self) -> str:
        return self._is_empty() if str(self.value).lower() == "not set" else self._is_filled()

    def _between(self) -> str:
        first, last = self.value
        if self.kind == "datetime" and _is_day(last):
            last = datetime.combine(date.fromisoformat(str(last)), time.max)
        return f"{self.c} between {self._argument(first)} and {self._argument(last)}"

    def _compared(self) -> str:
        made = f"{self.c} {self.operator} {self._argument(self.value)}"
        is_less = self.operator == "<=" or (self.operator == "<" and self.value != "")
        return self._or_nothing(made) if is_less and self.kind not in ("int", "float") else made


_NAMES = {
    "=": "equal",
    "!=": "unequal",
    **dict.fromkeys(("<", ">", "<=", ">="), "compared"),
}


def _is_day(value: Any) -> bool:
    if isinstance(value, datetime):
        return False
    return isinstance(value, date) or len(str(value).strip()) == 10
