"""A document's values on their way into the database and back."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_TAG = "__frappe__"


class FieldEncoder(json.JSONEncoder):
    """JSON that keeps dates, times and decimals what they were."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return {_TAG: "datetime", "value": o.isoformat(" ")}
        if isinstance(o, date):
            return {_TAG: "date", "value": o.isoformat()}
        if isinstance(o, time):
            return {_TAG: "time", "value": o.isoformat()}
        if isinstance(o, timedelta):
            return {_TAG: "timedelta", "value": o.total_seconds()}
        if isinstance(o, Decimal):
            return {_TAG: "decimal", "value": str(o)}
        if isinstance(o, (set, frozenset, tuple)):
            return list(o)
        if hasattr(o, "as_dict"):
            return o.as_dict()
        raise TypeError(
            f"a document cannot store {o!r} ({type(o).__name__}); store text, numbers, dates,"
            " lists or dictionaries"
        )


def _decode(found: dict[str, Any]) -> Any:
    kind = found.get(_TAG)
    if kind is None:
        return found
    value = found["value"]
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "time":
        return time.fromisoformat(value)
    return timedelta(seconds=value) if kind == "timedelta" else Decimal(value)


class FieldDecoder(json.JSONDecoder):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(object_hook=_decode, **kwargs)


def from_column(value: Any) -> Any:
    """A time as task code knows times: naive, in the zone of the site."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(_zone()).replace(tzinfo=None)
    return value


def _zone() -> Any:
    from frappe_standalone.utils.dates import zone

    return zone()
