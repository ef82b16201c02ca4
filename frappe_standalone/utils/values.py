"""A document's values on their way into the database and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from frappe_standalone.utils.dates import zone

_TAG = "__frappe__"
_KINDS: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "datetime": (datetime, lambda when: when.isoformat(" "), datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "timedelta": (timedelta, timedelta.total_seconds, lambda span: timedelta(seconds=span)),
    "decimal": (Decimal, str, Decimal),
}
"""What JSON does not have, as it is written and read."""


def to_json(value: Any) -> str:
    """JSON that keeps dates, times and decimals what they were.

    Raises:
        TypeError: a document cannot store it.
    """
    return json.dumps(value, default=_written)


def read_json(text: str) -> Any:
    """What `to_json` wrote."""
    return json.loads(text, object_hook=_read)


def _written(o: Any) -> Any:
    for kind, (of_type, write, _) in _KINDS.items():
        if isinstance(o, of_type):
            return {_TAG: kind, "value": write(o)}
    if isinstance(o, (set, frozenset)):
        return list(o)
    if hasattr(o, "as_dict"):
        return o.as_dict()
    raise TypeError(
        f"a document cannot store {o!r} ({type(o).__name__}); store text, numbers, dates,"
        " lists or dictionaries"
    )


def _read(found: dict[str, Any]) -> Any:
    kind = found.get(_TAG)
    return found if kind is None else _KINDS[kind][2](found["value"])


def from_column(value: Any) -> Any:
    """A time as task code knows times: naive, in the zone of the site."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone()).replace(tzinfo=None)
    return value
