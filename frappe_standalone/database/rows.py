"""What the columns of a document's row hold; those that are not there are made first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from frappe_standalone.database import altering, schema, statements, values
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import is_frappes, not_described

_YEAR_FIRST = re.compile(r"\s*\d{4}\D?\d")
_TABLE = re.compile(r"[`\"]tab([^`\"]+)[`\"]|\btab(\w+)")


def of(doctype: str, fields: Mapping[str, Any], by_itself: bool = False) -> dict[str, Any]:
    """What the columns of a row hold; those that are not there are made first.

    `by_itself` is said of values that no document made what its fields hold.
    """
    meta = schema.described(doctype)
    columns = prepare(doctype, fields, meta)
    row = {}
    for field, value in fields.items():
        name = field if field in columns else _spelled(columns, field)
        if name is not None:
            column = columns[name]
            wanted = meta.column_of(name)
            may_be_less = not wanted.fits(column) if wanted else column.kind == "date"
            if may_be_less and value is not None:
                _check_holds(doctype, wanted, name, column, value)
            if column.kind in ("date", "datetime"):
                _check_day(field, column, value)
            row[name] = values.to_column(value, column, field, meta.is_known, wanted, by_itself)
    row.update({field: None for field in meta.unique if row.get(field) == ""})
    return row


def _spelled(columns: schema.Columns, field: str) -> str | None:
    """The column that differs from a field by case only."""
    return next((name for name in columns if name.lower() == field.lower()), None)


def _check_holds(
    doctype: str, wanted: schema.Column | None, field: str, column: schema.Column, value: Any
) -> None:
    """Refuse what a column that is not as described would not hold, or would cut.

    A column of the described kind makes of a value what Frappe does: an Int of 2.75 is 2. Where
    nothing is described, `to_column` refuses another kind, but for a time in a column of days.
    """
    if wanted and not wanted.widens(column):
        raise ValidationError(schema.unfit_text(doctype, wanted, column))
    is_longer = column.size is not None and len(str(value)) > column.size
    if not is_longer and not values.is_cut(value, column.kind):
        return
    command = "frappe-celery migrate"
    if wanted is None:
        command += f" --doctype {doctype!r} {field}=datetime"
    raise ValidationError(
        f"the column {field!r} of {doctype!r} holds {column}, not all of {value!r:.60};"
        f" `{command}` widens it" + (f" to {wanted}, which the app describes" if wanted else "")
    )


def _check_day(field: str, column: schema.Column, value: Any) -> None:
    """Refuse what MariaDB refuses: nothing says which of the others is the month."""
    if isinstance(value, str) and value and not _YEAR_FIRST.match(value):
        raise ValidationError(
            f"{field}: {value!r} cannot be stored as {column.kind}; write 2026-12-31"
        )


def prepare(doctype: str, fields: Mapping[str, Any], meta: Any = None) -> schema.Columns:
    """Make the columns of a row that are not there, before anything else is written; all of it.

    Args:
        meta: the doctype's, where the caller has it.
    """
    columns = statements.columns(doctype)
    if columns and fields.keys() <= columns.keys():
        return columns
    meta = meta or schema.described(doctype)
    lacking = _lacking(meta, fields, columns)
    if columns and not lacking:
        return columns
    if lacking:  # another process may have made them
        columns = statements.columns(doctype, anew=True)
        lacking = _lacking(meta, fields, columns)
    if not columns or lacking:
        _make(doctype, lacking, bool(columns))
    return statements.columns(doctype)


def _lacking(meta: Any, fields: Mapping[str, Any], columns: schema.Columns) -> list[schema.Column]:
    doctype = meta.name
    present = {name.lower() for name in columns} | {"name"}
    absent = {field for field in fields if field.lower() not in present}
    if not absent and columns:
        return []
    if meta.is_known or doctype in schema.CORE:
        return [column for column in schema.wanted_of(doctype) if column.name in absent]
    known = {column.name for column in schema.wanted_of(doctype)} if not columns else set()
    return [
        schema.wanted(field, values.kind_of(fields[field]))
        for field in fields
        if field in absent and field not in known and fields[field] is not None
    ]


def _make(doctype: str, lacking: list[schema.Column], is_there: bool) -> None:
    is_known = schema.described(doctype).is_known
    if not is_known and not is_there and is_frappes(doctype):
        raise not_described(doctype)
    fields = ", ".join(column.name for column in lacking)
    what = f"{doctype!r} has no table"
    if is_there:
        what = f"the table of {doctype!r} has no column for {fields}"
    more = [] if is_known else lacking
    command = "frappe-celery migrate"
    if not is_known:
        pairs = " ".join(f"{column.name}={column.kind}" for column in lacking)
        command += f" --doctype {doctype!r} {pairs}".rstrip()
    local.db._alter(
        lambda connection: altering.extend(connection, doctype, more),
        f"{what}; `{command}` makes it",
    )


def make_described(text: str) -> bool:
    """Whether tables or columns were made that a statement's doctypes shall have."""
    made = False
    for quoted_name, name in _TABLE.findall(text):
        doctype = quoted_name or name
        lacking = schema.described(doctype).is_known and schema.missing(
            statements.columns(doctype), doctype
        )
        if lacking:
            _make(doctype, lacking, bool(statements.columns(doctype)))
            made = True
    return made
