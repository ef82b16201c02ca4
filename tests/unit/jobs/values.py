"""What RQ would carry: values of every kind, and when two of them are the same."""

from __future__ import annotations

import dataclasses
import enum
from collections import OrderedDict, deque
from datetime import datetime, time, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from hypothesis import strategies as st


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Flags(enum.Flag):
    READ = 1
    WRITE = 2


class Text(str):
    """A subclass of str that JSON would bring back as a str."""


class Number(int):
    pass


class Row(list[Any]):
    pass


class AttributeDict(dict[Any, Any]):
    """As `frappe._dict`: keys are attributes too."""

    __getattr__ = dict.get
    __setattr__ = dict.__setitem__

    def __reduce__(self) -> Any:  # else pickle takes `get`'s None for methods of its protocol
        return (type(self), (dict(self),))


class Point(NamedTuple):
    x: Any
    y: Any


@dataclasses.dataclass
class Address:
    street: Any
    number: Any = 0


def shape(value: Any, above: tuple[int, ...] = ()) -> Any:
    """A value taken apart down to types and digits: two values are the same when this is equal.

    Unlike ==, it tells 1 from True and 1.0, 0.0 from -0.0, a tuple from a named one, Decimal 1.0
    from 1.00, an hour from its repetition, and it finds NaN equal to itself and follows cycles.
    """
    kind = type(value)
    if id(value) in above:
        return ("the container above", above[::-1].index(id(value)))
    above = (*above, id(value))

    def shapes(items: Any) -> tuple[Any, ...]:
        return tuple(shape(item, above) for item in items)

    if isinstance(value, (set, frozenset)):
        return (kind, sorted(map(repr, shapes(value))))
    if isinstance(value, dict):
        return (kind, shapes(value.keys()), shapes(value.values()))
    if isinstance(value, (list, tuple, deque)):
        return (kind, shapes(value))
    if dataclasses.is_dataclass(value):
        return (kind, shapes(vars(value).values()))
    if isinstance(value, (datetime, time)):
        return (kind, repr(value), value.fold)
    if isinstance(value, (float, complex)):
        return (kind, repr(value))
    if isinstance(value, Decimal):
        return (kind, str(value))
    return (kind, value)


any_text = st.text(st.characters(exclude_categories=()))
"""With lone surrogates, which are no text that UTF-8 knows."""

json_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**4300) + 1, 2**4300 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)

json_values = st.recursive(
    json_scalars,
    lambda items: st.lists(items) | st.dictionaries(st.text(), items),
    max_leaves=12,
)
"""What JSON brings back as it was."""

scalars = (
    json_scalars
    | st.sampled_from([-0.0, float("nan"), float("inf"), float("-inf"), "\ud83d", "\ude00"])
    | st.sampled_from([*Colour, *Level, Flags.READ, Flags.READ | Flags.WRITE, int, ValueError, ...])
    | st.integers(4300, 20000).map(lambda bits: 2**bits)
    | st.complex_numbers()
    | any_text
    | st.text().map(Text)
    | st.integers().map(Number)
    | st.binary()
    | st.binary().map(bytearray)
    | st.datetimes(timezones=st.none() | st.timezones(), allow_imaginary=True)
    | st.dates()
    | st.times(timezones=st.none() | st.just(timezone.utc))
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.text().map(PurePosixPath)
)

hashables = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | any_text
    | st.binary()
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.sampled_from([*Colour, *Level]),
    lambda items: st.tuples(items, items) | st.frozensets(items, max_size=3),
    max_leaves=4,
)


def _containers(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    dictionaries = st.dictionaries(hashables, items, max_size=4)
    return (
        st.lists(items, max_size=4)
        | st.lists(items, max_size=4).map(tuple)
        | st.lists(items, max_size=4).map(deque)
        | st.sets(hashables, max_size=4)
        | st.frozensets(hashables, max_size=4)
        | dictionaries
        | dictionaries.map(OrderedDict)
        | dictionaries.map(AttributeDict)
        | st.builds(Point, items, items)
        | st.builds(Address, items, items)
        | st.fixed_dictionaries({"__pickle__": items})
    )


values = st.recursive(scalars, _containers, max_leaves=12)
"""What RQ, which pickles, would carry."""

one_odd_value = st.recursive(
    scalars,
    lambda items: st.lists(items, max_size=1) | st.dictionaries(st.text(), items, max_size=1),
)
"""One of the scalars, deep in what JSON would carry."""

arguments = st.dictionaries(st.text(min_size=1), values, max_size=4)
"""Keyword arguments of a job."""
