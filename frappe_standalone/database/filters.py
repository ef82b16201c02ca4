"""The `filters` of `frappe.get_all` and `frappe.db`, in all their spellings, as conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from frappe_celery.host import settings
from frappe_standalone.exceptions import PermissionError as NotPermitted
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.missing import unsupported
from frappe_standalone.utils.periods import get_timespan_date_range

IN_TREES = (
    *("descendants of", "descendants of (inclusive)", "not descendants of"),
    *("ancestors of", "not ancestors of"),
)
OPERATORS = (
    *("=", "!=", "<", ">", "<=", ">="),
    *("in", "not in", "like", "not like", "between", "is", "timespan", "previous", "next"),
    *IN_TREES,
)
HOLDS = "holds"
"""The operator of a condition whose field is an expression that is true."""
KEEP_DEFAULT = "KEEP_DEFAULT_ORDERING"
"""Frappe's word, as an order, for the doctype's own."""


class Condition(NamedTuple):
    """One field compared with one value."""

    field: str
    operator: str
    value: Any
    doctype: str | None = None
    """Whose field it is; None: that which the query is about."""
    nothing_counts: bool = True
    """Whether NULL differs from a value and is less than it, and '' is asked for by both."""


def parse(filters: Any) -> tuple[Condition, ...]:
    """Read a name, a dictionary, or a list of conditions.

    Raises:
        ValidationError: an operator that Frappe does not know either, or a condition that is none.
        NeedsFrappeSite: a filter on another doctype's field.
    """
    if filters is None or (isinstance(filters, (Mapping, list, tuple)) and not filters):
        return ()
    if isinstance(filters, tuple) and isinstance(filters[0], Condition):
        return filters
    if isinstance(filters, (str, int)):
        return (Condition("name", "=", str(filters)),)
    if isinstance(filters, Mapping):
        return tuple(_of_pair(field, value) for field, value in filters.items())
    if hasattr(filters, "get_sql"):  # PyPika's
        return (Condition(filters.get_sql(quote_char="`"), HOLDS, None),)
    filters = list(filters)
    if all(isinstance(part, str) for part in filters):
        if len(filters) in (3, 4) and filters[-2].lower() in OPERATORS:
            return (_of_list(filters),)
        return (Condition("name", "in", filters),)
    if isinstance(filters[0], str) or _is_of_a_function(filters):
        return (_of_list(filters),)
    found: list[Condition] = []
    for part in filters:
        if isinstance(part, str):
            raise unsupported(f"{part!r} between filters")
        is_whole = isinstance(part, Mapping) or hasattr(part, "get_sql")
        found += parse(part) if is_whole else [_of_list(part)]
    return tuple(found)


def _is_of_a_function(condition: list[Any]) -> bool:
    """Whether it is one condition whose field is PyPika's: `[IfNull(…), ">=", day]`."""
    has_operator = len(condition) == 3 and isinstance(condition[1], str)
    return has_operator and hasattr(condition[0], "get_sql")


def as_sql(filters: Any) -> tuple[Condition, ...]:
    """As Frappe's query builder reads filters, unlike `get_all`: NULL fulfils no comparison."""
    return tuple(each._replace(nothing_counts=False) for each in parse(filters))


def descending(order_by: str | None) -> str | None:
    """As the query builder reads an order: what has no direction descends."""
    if not order_by or order_by == KEEP_DEFAULT:
        return order_by
    return ", ".join(f"{term} {way}" for term, way in orders(order_by, "desc"))


def orders(order_by: str, without: str = "asc") -> list[tuple[str, str]]:
    """What to sort by, each with asc or desc; `without` is that of those which have neither."""
    ways = re.compile(r"(.+?)\s+(asc|desc)", re.I | re.S)
    found = [(each, ways.fullmatch(each)) for each in apart(order_by)]
    return [(has[1], has[2].lower()) if has else (each, without) for each, has in found]


def apart(text: str) -> list[str]:
    """What stands between the commas that are in no parentheses and no quotes."""
    found, depth, start = [], 0, 0
    for sign in _SIGNS.finditer(text):
        depth += (sign[0] == "(") - (sign[0] == ")")
        if sign[0] == "," and depth == 0:
            found.append(text[start : sign.start()].strip())
            start = sign.end()
    return [*found, text[start:].strip()]


def check_plain(fields: Any, *sorted_by: Any) -> None:
    """From 16 on an expression is written as a dictionary, never as a text.

    Raises:
        ValidationError: a function among the fields, or anything but a field to sort or group by.
        PermissionError: another expression among the fields.
        TypeError: what is to be sorted or grouped by is no text.
    """
    if settings.current().frappe_version < 16:
        return
    for text in sorted_by:
        if text and text != KEEP_DEFAULT:
            _check_sorted_by(text)
    for field in apart(fields) if isinstance(fields, str) else fields or ():
        if isinstance(field, str):
            _check_field(field)


@lru_cache(maxsize=1024)
def _check_field(field: str) -> None:
    if _CALL.match(field):
        raise ValidationError(
            f"SQL functions are not allowed as strings in SELECT: {field}. Use dict syntax like"
            " {'COUNT': '*'} instead"
        )
    if not _PLAIN.fullmatch(field):
        raise NotPermitted(f"Invalid field format for SELECT: {field}")


def _check_sorted_by(text: Any) -> None:
    if not isinstance(text, str):
        raise TypeError("Order By and Group By must be a string")
    for term, _ in orders(text):
        if not _SORTED_BY.fullmatch(term):
            raise ValidationError(f"Invalid field format in Order By or Group By: {term}")


_CALL = re.compile(r"\s*[a-z_]\w*\s*\(", re.A | re.I)
_PLAIN = re.compile(
    r"\*|((`[\w\s-]+`|\w+)\.)?(`\w+`|\w+)(\s+as\s+(`[\w\s-]+`|'[\w\s:-]+'|\w+))?", re.A | re.I
)
_SORTED_BY = re.compile(r"(`[\w\s-]+`\.|\w+\.)?(`\w+`|\w+)", re.A)
_SIGNS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|[(),]""", re.S)


def _of_pair(field: str, value: Any) -> Condition:
    if isinstance(value, (list, tuple)):
        if len(value) == 2 and isinstance(value[0], str) and value[0].lower() in OPERATORS:
            return _condition(field, value[0], value[1])
        raise ValidationError(
            f"filter {field!r}: {value!r} must be a value or [operator, value] with one of"
            f" {', '.join(OPERATORS)}"
        )
    if isinstance(value, (set, frozenset)):
        return _condition(field, "in", value)
    return _condition(field, "=", value)


def _of_list(part: Any) -> Condition:
    part = list(part)[:4]  # a fifth says that Desk hides it
    if len(part) == 4:
        other, field, operator, value = part
        return _condition(field, operator, value, other)
    if len(part) == 2:
        return _of_pair(part[0], part[1])
    if len(part) != 3:
        raise ValidationError(f"filter {part!r} must be [field, operator, value]")
    return _condition(*part)


def _condition(field: Any, operator: str, value: Any, doctype: str | None = None) -> Condition:
    operator = operator.lower().strip()
    if hasattr(field, "get_sql"):  # PyPika's
        field = field.get_sql(quote_char="`")
    if operator not in OPERATORS:
        raise ValidationError(
            f"filter operator {operator!r} on {field!r} is not one of {', '.join(OPERATORS)}"
        )
    counts = True
    if operator in ("in", "not in") and value is not None:
        if isinstance(value, str):
            of_15 = settings.current().frappe_version < 16
            counts = of_15 or operator == "not in"
            value = [part.strip() if of_15 else part for part in value.split(",")]
        value = tuple(value) if isinstance(value, Iterable) else (value,)
    if operator in ("timespan", "previous", "next"):
        operator, value = "between", _days(operator, value)
    count = len(value) if isinstance(value, (list, tuple)) else 1
    if count != 2 if operator == "between" else operator in OPERATORS[:6] and count != 1:
        wanted = "[first, last]" if operator == "between" else "one value"
        raise ValidationError(f"filter {field!r}: {operator!r} takes {wanted}, not {value!r}")
    return Condition(field, operator, value, doctype, counts)


def _days(operator: str, value: str) -> Any:
    """The first and the last day of `last week`, or of the `previous` `1 week`."""
    spans = {"previous": "last", "next": "next"}
    named = f"{spans[operator]} {_SPANS.get(value)}" if operator in spans else value
    if (found := get_timespan_date_range(named)) is None:
        raise ValidationError(f"filter operator {operator!r}: {value!r} is no span of time")
    return found


_SPANS = {
    **{"1 week": "week", "1 month": "month", "3 months": "quarter"},
    **{"6 months": "6 months", "1 year": "year"},
}


def bare(field: str) -> str:
    """A field without its table: `` `tabToDo`.`status` `` as `status`."""
    return field.rsplit(".", 1)[-1].strip('`" ')


def matches(row: Mapping[str, Any], condition: Condition) -> bool:
    """Whether a row held in memory fulfils a condition (`RQ Job` has no table)."""
    value, wanted = row.get(bare(condition.field)), condition.value
    operator = condition.operator
    if operator == "is":
        return (value not in (None, "")) == (str(wanted).lower() == "set")
    if operator == "between":
        return value is not None and wanted[0] <= value <= wanted[1]
    if operator in ("like", "not like"):
        form = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in str(wanted))
        found = re.fullmatch(form, str(value or ""), re.I | re.S) is not None
        return found == (operator == "like")
    if operator in IN_TREES:
        raise unsupported(f"the filter {operator!r} on a doctype without a table")
    return _COMPARE[operator](value, wanted)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b or (a in (None, "") and b in (None, "", 0)),
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a is not None and a < b,
    ">": lambda a, b: a is not None and a > b,
    "<=": lambda a, b: a is not None and a <= b,
    ">=": lambda a, b: a is not None and a >= b,
    "in": lambda a, b: a in (b or ("",)),
    "not in": lambda a, b: a not in (b or ("",)),
}
