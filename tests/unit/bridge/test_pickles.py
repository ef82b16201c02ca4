"""A pickle of RQ's that nobody signed makes no more than it can be asked to."""

from __future__ import annotations

import datetime
import pickle
import tracemalloc
import uuid
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from frappe_bridge.move import pickles, rq_format
from frappe_bridge.move.rq_format import RqJob
from frappe_celery.errors import Refused

MOST_BYTES = 2**25
FEW_VALUES = 10_000


def peak(read: Callable[[], Any]) -> int:
    """Bytes that it took at most."""
    tracemalloc.start()
    try:
        read()
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def sized(opcode: bytes, size: int, width: int) -> bytes:
    return opcode + size.to_bytes(width, "little")


SMALL_AND_MANY = {
    "empty sets": b"(" + pickle.EMPTY_SET * (2 * FEW_VALUES) + b"t.",
    "empty dicts": b"(" + pickle.EMPTY_DICT * (2 * FEW_VALUES) + b"l.",
    "copies of a list": pickle.dumps([0] * 1000, 5)[:-1] + sized(b"r", 5000, 4)
    + b"0(" + b"cbuiltins\nset\nj\x88\x13\0\0\x85R" * 200 + b"l.",
    "copies of a dict": pickle.dumps(dict.fromkeys(map(str, range(1000))), 5)[:-1]
    + sized(b"r", 5000, 4) + b"0(" + b"ccollections\nOrderedDict\n)\x81j\x88\x13\0\0b" * 200
    + b"l.",
    "copies of digits": pickle.dumps((0, (1,) * 1000, 0), 5)[:-1] + sized(b"r", 5000, 4)
    + b"0(" + b"cdecimal\nDecimal\nj\x88\x13\0\0\x85R" * 200 + b"l.",
}  # fmt: skip


@pytest.mark.parametrize("data", SMALL_AND_MANY.values(), ids=SMALL_AND_MANY)
def test_more_values_than_it_may_make_are_refused(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickles.read(data)  # it is one that can be read
    monkeypatch.setattr(pickles, "MOST_VALUES", FEW_VALUES)
    with pytest.raises(Refused, match="makes more than 10,000 values: let RQ's workers run it"):
        pickles.read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"K\x01" + sized(pickle.LONG_BINPUT, 2**24, 4) + b".",
        b"K\x01" + pickle.PUT + b"%d\n." % 2**24,
    ],
    ids=["LONG_BINPUT", "PUT"],
)
def test_a_memo_has_no_more_room_than_it_needs(data: bytes) -> None:
    assert peak(lambda: pickles.read(data)) < MOST_BYTES


@pytest.mark.parametrize("size", [2**26, 2**40, 2**63, 2**64 - 1])
@pytest.mark.parametrize(
    "opcode", ["BINUNICODE8", "BINBYTES8", "BYTEARRAY8", "FRAME", "BINUNICODE", "BINBYTES", "LONG4"]
)
def test_a_text_has_no_more_bytes_than_there_are(opcode: str, size: int) -> None:
    width = 8 if opcode[-1] in "8E" else 4
    data = pickle.PROTO + b"\x05" + sized(getattr(pickle, opcode), size % 2 ** (8 * width), width)

    def read() -> None:
        with pytest.raises(Refused, match="more than plain data"):
            pickles.read(data + b"abc")

    assert peak(read) < MOST_BYTES


def test_values_that_lie_deep_are_looked_through() -> None:
    depth = 100_000
    value = pickles.read(pickle.EMPTY_LIST * depth + b"cos\nsystem\n" + b"a" * depth + b".")
    assert [reference.path for reference in pickles.references(value)] == ["os.system"]


def test_packed_bytes_stop_at_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rq_format, "LARGEST_BYTES", 2**20)
    bomb = zlib.compress(b"x" * 2**27)
    job = RqJob("a", {"data": bomb})

    def read() -> None:
        with pytest.raises(Refused, match="more than 1,048,576 bytes"):
            job.pickled  # noqa: B018
        assert len(rq_format._exc_string({"exc_info": bomb}, [])) == 2**20

    assert peak(read) < MOST_BYTES


def test_honest_ones_are_read_as_before() -> None:
    rows = [
        {"on": datetime.date(2026, 1, 2), "rate": Decimal("1.5"), "id": uuid.UUID(int=n)}
        for n in range(20_000)
    ]
    value = {"rows": rows, "blob": b"\x8f" * 2**20, "open": bytearray(b"abc")}
    assert pickles.read(pickle.dumps(value, 5)) == value
