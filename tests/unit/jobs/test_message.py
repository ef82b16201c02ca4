"""A message or result that was altered, cut, extended or signed by another is refused unread."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frappe_celery.config.signing import Signer
from frappe_celery.errors import Refused
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import PURPOSE, JobMessage
from tests.rooms import SOURCES

SIGNER = Signer(b"k" * 32)
OPENED: list[str] = []
"""What unpickling a Mine leaves behind."""


def go_off() -> None:
    OPENED.append("boom")


class Mine:
    """Goes off when it is unpickled."""

    def __reduce__(self) -> Any:
        return (go_off, ())


def mined() -> Any:
    return {codec.PICKLE: base64.b64encode(pickle.dumps(Mine())).decode()}


MESSAGE = JobMessage(
    run="3f0e",
    id="site1::import",
    site="site1",
    user="someone@example.com",
    method=mined(),
    queue="long",
    timeout=1500,
    kwargs=mined(),
    name="import",
    event="on_update",
    on_success=mined(),
    on_failure="myapp.tasks.failed",
    retries=2,
    enqueued_at=1700000000.25,
    headers={"traceparent": "00-1-2-01"},
)
SEALED = MESSAGE.seal(SIGNER)
RESULT = SIGNER.seal("result", codec.dumps([MESSAGE.run, mined()]).encode())


@pytest.fixture(autouse=True)
def _nothing_was_unpickled() -> Iterator[None]:
    OPENED.clear()
    yield
    assert OPENED == []


def read(sealed: bytes, signer: Signer = SIGNER) -> None:
    """All that a worker could do with a message."""
    message = JobMessage.open(signer, sealed)
    message.decoded_kwargs()
    message.decoded_method()
    codec.decode(message.on_success)


def test_an_unaltered_one_is_read() -> None:
    assert JobMessage.open(SIGNER, SEALED) == MESSAGE
    read(SEALED)
    assert len(OPENED) == 3  # so a mine would have gone off in the other tests
    OPENED.clear()


def test_each_byte_counts() -> None:
    for place in range(len(SEALED)):
        for bit in range(8):
            altered = bytearray(SEALED)
            altered[place] ^= 1 << bit
            with pytest.raises(Refused):
                read(bytes(altered))


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_each_other_value_of_a_byte_is_refused(place: int, difference: int) -> None:
    altered = bytearray(SEALED)
    altered[place] = (altered[place] + difference) % 256
    with pytest.raises(Refused):
        read(bytes(altered))


def test_a_truncated_one_is_refused_wherever_it_is_cut() -> None:
    for length in range(len(SEALED)):
        with pytest.raises(Refused):
            read(SEALED[:length])
        with pytest.raises(Refused):
            read(SEALED[length + 1 :])


@given(st.binary(min_size=1), st.integers(0, len(SEALED)))
def test_an_extended_one_is_refused_wherever_it_grew(extra: bytes, place: int) -> None:
    with pytest.raises(Refused):
        read(SEALED[:place] + extra + SEALED[place:])


@given(st.binary())
def test_any_other_bytes_are_refused(sealed: bytes) -> None:
    with pytest.raises(Refused):
        read(sealed)


def test_an_unsigned_one_is_refused() -> None:
    text = codec.dumps([1, MESSAGE.__dict__]).encode()
    for unsigned in (text, b"A" * 43 + text, b"=" * 43 + text, b""):
        with pytest.raises(Refused, match=r"signature.*frappe_celery_key"):
            read(unsigned)


def test_the_signature_of_another_bench_is_refused() -> None:
    with pytest.raises(Refused):
        read(MESSAGE.seal(Signer(b"o" * 32)))
    with pytest.raises(Refused):
        read(SEALED, Signer(b"o" * 32))


def test_a_result_is_no_message_and_a_message_no_result() -> None:
    with pytest.raises(Refused):
        read(RESULT)
    with pytest.raises(Refused):
        SIGNER.open("result", SEALED)
    for purpose in (PURPOSE[:-1], PURPOSE + "s", ""):
        with pytest.raises(Refused):
            SIGNER.open(purpose, SEALED)


def test_another_format_says_what_to_do() -> None:
    sealed = SIGNER.seal(PURPOSE, json.dumps([2, {"new": "fields"}]).encode())
    with pytest.raises(Refused, match="same version of frappe_celery"):
        read(sealed)


def test_a_field_of_a_later_version_is_refused_by_its_name() -> None:
    version, said = json.loads(SIGNER.open(PURPOSE, SEALED))
    sealed = SIGNER.seal(PURPOSE, json.dumps([version, {**said, "colour": "red"}]).encode())
    with pytest.raises(Refused, match=r"'colour'.*replace workers before callers"):
        read(sealed)


def test_a_message_may_lack_what_has_a_default() -> None:
    plain = JobMessage("3f0e", "site1::3f0e", "site1", "someone", "myapp.tasks.f", "long", 1500)
    version, said = json.loads(SIGNER.open(PURPOSE, plain.seal(SIGNER)))
    older = {name: value for name, value in said.items() if name not in ("kwargs", "headers")}
    sealed = SIGNER.seal(PURPOSE, json.dumps([version, older]).encode())
    assert JobMessage.open(SIGNER, sealed) == plain


def test_what_has_its_default_does_not_travel() -> None:
    plain = JobMessage("3f0e", "site1::3f0e", "site1", "someone", "myapp.tasks.f", "long", 1500)
    sealed = plain.seal(SIGNER)
    said = json.loads(SIGNER.open(PURPOSE, sealed))[1]
    given = {"run", "id", "site", "user", "method", "queue", "timeout"}
    assert said.keys() == given | {"kwargs", "headers"}
    assert JobMessage.open(SIGNER, sealed) == plain


def test_every_field_that_is_acted_on_is_covered() -> None:
    for field, value in MESSAGE.__dict__.items():
        other = replace(MESSAGE, **{field: f"not {value}"}).seal(SIGNER)
        assert other[:43] != SEALED[:43], field
        with pytest.raises(Refused):
            read(SEALED[:43] + other[43:])


def test_no_code_but_the_codec_unpickles() -> None:
    users = {
        path.relative_to(SOURCES).as_posix()
        for package in ("frappe_celery", "frappe_bridge")
        for path in (SOURCES / package).rglob("*.py")
        if "pickle.load" in path.read_text()
    }
    trusting = "frappe_bridge/move/convert.py"  # RQ wrote it: `move --trust-pickles`
    own = "frappe_celery/worker/forks.py"  # a process's own fork wrote it, into memory of theirs
    assert users == {"frappe_celery/jobs/codec.py", trusting, own}


DOC_METHOD = "frappe.utils.background_jobs.run_doc_method"


@pytest.mark.parametrize(
    ("method", "kwargs", "kind"),
    [
        ("shop.jobs.sell", {"name": "A1"}, "shop.jobs.sell"),
        (DOC_METHOD, {"doctype": "Item", "doc_method": "sell"}, f"{DOC_METHOD} sell Item"),
        ("shop.jobs.run", {"report_name": "x" * 1000}, f"shop.jobs.run {'x' * 100}"),
        ("shop.jobs.run", {codec.PICKLE: "of all"}, "shop.jobs.run"),
    ],
)
def test_the_kind_of_a_job_is_what_it_calls(method: str, kwargs: Any, kind: str) -> None:
    message = JobMessage("run", "id", "site", "user", method, "default", 300, kwargs)
    assert message.kind == kind
