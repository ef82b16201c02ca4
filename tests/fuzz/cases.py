"""What may come, as hypothesis draws it: for each place where something is read."""

from __future__ import annotations

import base64
import bz2
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from struct import pack
from typing import Any

from hypothesis import strategies as st

DEPTHS = (3, 100, *range(900, 1000, 7), 5_000, 100_000)
KINDS = ("application/x-gzip", "application/x-bz2", "application/x-lzma", "gzip", "zstd", "x")
TASKS = (
    *("frappe_celery.run_job", "myapp.core.record", "myapp.own.add", "celery.chord", "celery.map"),
    *("celery.backend_cleanup", "os.system"),
)
COMMANDS = ("shutdown", "revoke", "pool_grow", "hello", "election", "add_consumer", "ping", "x")
EVENTS = (
    *("worker-heartbeat", "worker-online", "worker-offline", "worker-elect", "worker-elect-ack"),
    *("task-sent", "task-received", "task-multi", "x"),
)


@dataclass(frozen=True)
class Case:
    """One attack: how it is put, and what."""

    way: str
    place: str
    what: Any
    more: Any = None


numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 2**31, 2**63, 10**400]),
    st.sampled_from([float("inf"), float("-inf"), float("nan"), 1e308, -0.0, 3e14]),
    st.floats(),
)
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\0", "\ud800", "1 2 " + "A" * 43, "x" * 5000, "a\nb", "\x1b[31m"]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda some: st.lists(some, max_size=3) | st.dictionaries(texts, some, max_size=3)
)
deep = st.builds(
    lambda depth, begin: begin * depth, st.sampled_from(DEPTHS), st.sampled_from(["[", '{"a":'])
) | st.builds(lambda depth: "[" * depth + "]" * depth, st.sampled_from(DEPTHS))
"""Lists within lists, with and without an end."""
typed = st.builds(
    lambda kind, value: json.dumps({"__type__": kind, "__value__": value}),
    st.sampled_from(["datetime", "date", "time", "decimal", "uuid", "base64", "bytes", "x"])
    | values,
    values | st.fixed_dictionaries({"hex": values}),
)
"""What kombu makes an object of."""
json_texts = st.one_of(values.map(json.dumps), values.map(json.dumps), typed, deep)
raw = st.binary(max_size=200)

signatures = st.fixed_dictionaries(
    {"task": st.sampled_from(TASKS) | values},
    optional=dict.fromkeys(("args", "kwargs", "options", "subtask_type", "immutable"), values),
)
embeds = st.dictionaries(
    st.sampled_from(["callbacks", "errbacks", "chain", "chord"]),
    signatures | st.lists(signatures, max_size=2) | values,
)
task_bodies = st.one_of(
    st.tuples(st.lists(values, max_size=2), st.dictionaries(texts, values, max_size=2), embeds),
    signatures,
    values,
).map(json.dumps)
commands = st.fixed_dictionaries(
    {"method": st.sampled_from(COMMANDS) | values, "arguments": values},
    optional=dict.fromkeys(
        ("destination", "pattern", "matcher", "ticket", "reply_to", "x"), values
    ),
).map(json.dumps)
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(EVENTS) | values,
        "hostname": st.sampled_from(["a@b", "c@d"]) | values,
    },
    optional=dict.fromkeys(
        (
            *("timestamp", "utcoffset", "clock", "pid", "freq", "active", "processed", "loadavg"),
            *("heartbeats", "alive", "event", "id", "topic", "action", "cver", "uuid", "name"),
            *("__class__", "local_received", "status_string"),
        ),
        numbers | values,
    ),
)
event_bodies = st.one_of(events, st.lists(events, max_size=2)).map(json.dumps)


@cache
def bomb() -> bytes:
    return bz2.compress(bytes(45_000_000)) * 4


def packed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[bytes, str | None]]:
    """A body, and what its header says of its compression."""
    bodies = st.one_of(texts, texts, json_texts).map(lambda text: text.encode(errors="ignore"))
    plain = st.tuples(bodies | raw, st.none())
    small = st.one_of(bodies.map(zlib.compress), bodies.map(bz2.compress), raw)
    bombs = st.tuples(st.builds(bomb), st.sampled_from(KINDS))
    return (
        plain
        | plain
        | plain
        | st.tuples(small, st.sampled_from(KINDS))
        | st.one_of(*[plain] * 30, bombs)
    )


HEADERS = (
    *("id", "lang", "root_id", "parent_id", "group", "shadow", "origin", "timelimit", "eta"),
    *("expires", "retries", "stamped_headers", "stamps", "callbacks", "errbacks", "chain", "chord"),
    *("argsrepr", "kwargsrepr", "ignore_result", "replaced_task_nesting", "hostname", "clock"),
    *("frappe_celery_signature", "frappe_celery_stamp", "frappe_celery_unsigned", "compression"),
    *("ticket", "expires", "CC", "BCC", "x-death", "delivery_info"),
)
odd_headers = st.dictionaries(st.sampled_from(HEADERS) | texts, values, max_size=3)
task_headers = st.builds(
    lambda known, odd: {**known, **odd},
    st.fixed_dictionaries({"task": st.sampled_from(TASKS) | values, "id": st.uuids().map(str)}),
    odd_headers,
)
PROPERTIES = ("body_encoding", "delivery_tag", "delivery_info", "correlation_id", "reply_to", "x")


@st.composite
def wholes(
    draw: Callable[..., Any],
    bodies: st.SearchStrategy[tuple[bytes, str | None]],
    headers: st.SearchStrategy[dict[str, Any]],
    place: Mapping[str, str],
) -> str:
    """A message as kombu's transport for Redis has it, any of whose parts may be anything."""
    body, kind = draw(bodies)
    said = draw(headers) | ({} if kind is None else {"compression": kind})
    properties = {"body_encoding": "base64", "delivery_tag": "t", "delivery_info": dict(place)}
    properties |= draw(st.dictionaries(st.sampled_from(PROPERTIES), values, max_size=1))
    parts = {
        "body": json.dumps(base64.b64encode(body).decode()),
        "headers": json.dumps(said),
        "properties": json.dumps(properties),
        "content-type": '"application/json"',
        "content-encoding": '"utf-8"',
    }
    for name in draw(st.lists(st.sampled_from([*parts]), max_size=1)):
        parts[name] = draw(json_texts)
    for name in draw(st.lists(st.sampled_from([*parts]), max_size=1)):
        if draw(st.booleans()):
            del parts[name]
            break
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in parts.items()) + "}"


def on_redis(
    bodies: st.SearchStrategy[str], headers: st.SearchStrategy[dict[str, Any]], **place: str
) -> st.SearchStrategy[bytes]:
    """Of a queue or a channel."""
    whole = wholes(packed(bodies), headers, place)
    texts = st.one_of(whole, whole, whole, json_texts).map(
        lambda text: text.encode(errors="ignore")
    )
    return texts | texts | texts | raw


amqp_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    texts,
    raw,
    st.datetimes(datetime(1971, 1, 1), datetime(9999, 1, 1)),
    st.integers(-(2**31), 2**31 - 1).map(lambda n: Decimal(n) / 100),
)
amqp_values: st.SearchStrategy[Any] = st.recursive(
    amqp_scalars,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(texts, some, max_size=3),
)
amqp_headers = st.builds(
    lambda known, odd: {**known, **odd},
    st.fixed_dictionaries({}, optional={"task": st.sampled_from(TASKS) | amqp_values})
    | st.fixed_dictionaries({"task": st.sampled_from(TASKS), "id": st.uuids().map(str)}),
    st.dictionaries(st.sampled_from(HEADERS) | st.text(max_size=20), amqp_values, max_size=3),
)
short = st.text(max_size=20) | st.binary(max_size=20)
amqp_properties = st.fixed_dictionaries(
    {"application_headers": amqp_headers},
    optional={
        "content_type": st.sampled_from(["application/json", "application/x-yaml"]) | short,
        "content_encoding": st.sampled_from(["utf-8", "utf-7", "utf-16", "idna", "rot13"]) | short,
        "correlation_id": short,
        "reply_to": short,
        "message_id": short,
        "type": short,
        "app_id": short,
        "priority": st.integers(0, 255),
        "delivery_mode": st.integers(0, 255),
        "timestamp": st.integers(0, 2**64 - 1),
    },
)


def nested(depth: int) -> bytes:
    """Tables within tables, as many as a frame holds."""
    table = b""
    for _ in range(min(depth, 15_000)):
        table = b"\x01aF" + pack(">I", len(table)) + table
    return pack(">HI", 0x2000, len(table)) + table


amqp_raw = st.one_of(
    st.sampled_from(DEPTHS).map(nested),
    st.builds(
        lambda flags, rest: pack(">H", flags & 0xFFFE) + rest, st.integers(0, 2**16 - 1), raw
    ),
    raw.map(lambda table: pack(">HI", 0x2000, len(table)) + table),
)

RUN_FIELDS = (
    *("id", "place", "about", "message", "status", "worker", "started_at", "ended_at", "result"),
    *("result_ttl", "failure_ttl", "front", "needed", "depends_on", "batch", "parked", "holds"),
)
record_fields = st.dictionaries(st.sampled_from(RUN_FIELDS), raw | texts, min_size=1, max_size=4)
contents = st.one_of(
    st.tuples(st.just("text"), raw | json_texts),
    st.tuples(st.just("list"), st.lists(raw | json_texts, min_size=1, max_size=3)),
    st.tuples(st.just("hash"), st.dictionaries(raw, raw | json_texts, min_size=1, max_size=3)),
    st.tuples(st.just("set"), st.lists(raw, min_size=1, max_size=3)),
    st.tuples(st.just("ranks"), st.dictionaries(raw, st.floats(allow_nan=False), min_size=1)),
)
"""Of a key of Redis, of whichever type."""
