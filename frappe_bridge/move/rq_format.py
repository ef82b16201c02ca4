"""RQ's keys and the fields of its jobs, versions 1.15 to 2.6, read and written without RQ.

A job is a hash; a queue is a list of job ids, the next one first; the failed ones of a queue are a
sorted set by the time until which they are kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from frappe_celery.errors import Refused

LARGEST_BYTES = 2**26
"""Of a job's data or its traceback, unpacked."""


def job_key(job_id: str) -> str:
    """A hash: what RQ knows of a job."""
    return f"rq:job:{job_id}"


def results_key(job_id: str) -> str:
    """A stream: how the job's runs ended, newest last."""
    return f"rq:results:{job_id}"


@dataclass(frozen=True)
class RqQueue:
    """One of the bench's queues in RQ."""

    own: str
    """The queue as we call it: `short`."""
    name: str
    """The queue as RQ calls it: `<bench id>:short`."""

    @property
    def waiting(self) -> str:
        """A list: ids of the jobs that wait, the next first."""
        return f"rq:queue:{self.name}"

    @property
    def failed(self) -> str:
        """A sorted set: ids of failed jobs, by when they are forgotten."""
        return f"rq:failed:{self.name}"

    @property
    def taken(self) -> str:
        """List: what a worker took and had not begun, if it died then (RQ 2)."""
        return f"{self.waiting}:intermediate"

    @property
    def running(self) -> str:
        """A sorted set: ids of jobs that run, by until when their worker counts as alive; RQ 2 adds
        the execution's id."""
        return f"rq:wip:{self.name}"

    def kept_by_rq(self) -> dict[str, str]:
        """Sorted sets of jobs that only RQ's workers can see to, by what they are."""
        kinds = {"wip": "running", "deferred": "waiting for another job", "scheduled": "delayed"}
        return {f"rq:{kind}:{self.name}": words for kind, words in kinds.items()}


@dataclass(frozen=True)
class RqJob:
    """A job's hash as it was read."""

    id: str
    fields: Mapping[str, bytes]
    exc_string: str = ""
    """The traceback of its last failure."""
    has_dependents: bool = False

    @property
    def digest(self) -> str:
        """What `move_in.lua` makes of the hash, to see that it is unchanged."""
        pairs = sorted(name.encode() + b"\0" + value for name, value in self.fields.items())
        return hashlib.sha1(b"\0".join(pairs)).hexdigest()

    def text(self, name: str) -> str:
        """A field, '' where it is not there."""
        return self.fields.get(name, b"").decode(errors="replace")

    def number(self, name: str) -> int | None:
        """A field, None where it is not there."""
        return int(self.text(name)) if self.text(name) else None

    def numbers(self, name: str) -> list[int]:
        """A field that is a list in JSON."""
        return list(json.loads(self.text(name) or "[]"))

    def time(self, name: str) -> float | None:
        """A field in seconds since the epoch, None where it is not there; RQ may leave out the
        parts of a second."""
        text = self.text(name).removesuffix("Z")
        return datetime.fromisoformat(f"{text}+00:00").timestamp() if text else None

    @property
    def enqueued_at(self) -> float:
        """Seconds since the epoch."""
        return self.time("enqueued_at") or self.time("created_at") or 0.0

    @property
    def pickled(self) -> bytes:
        """The function's name, its instance, arguments and keyword arguments."""
        data, is_whole = _unpacked(self.fields["data"])
        if not is_whole:
            raise Refused(f"its data are more than {LARGEST_BYTES:,} bytes")
        return data


def _unpacked(data: bytes) -> tuple[bytes, bool]:
    """What may be packed, up to LARGEST_BYTES, and whether that is all of it."""
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(data, LARGEST_BYTES), not unpacker.unconsumed_tail
    except zlib.error:
        return data[:LARGEST_BYTES], len(data) <= LARGEST_BYTES


def read(client: Any, job_id: str) -> RqJob | None:
    """One job; None where it has no hash."""
    pipe = client.pipeline(transaction=True)
    pipe.hgetall(job_key(job_id))
    pipe.xrevrange(results_key(job_id), count=1)
    pipe.exists(f"{job_key(job_id)}:dependents")  # a set: jobs that wait for its end
    found, results, dependents = pipe.execute()
    if b"data" not in found:
        return None
    fields = {name.decode(): value for name, value in found.items()}
    return RqJob(job_id, fields, _exc_string(fields, results), bool(dependents))


def _exc_string(fields: Mapping[str, bytes], results: list[Any]) -> str:
    if results and b"exc_string" in results[0][1]:
        packed = base64.b64decode(results[0][1][b"exc_string"])
    else:
        packed = fields.get("exc_info", b"")
    return _unpacked(packed)[0].decode(errors="replace")


def packed_exc_string(text: str) -> bytes:
    """A traceback as RQ's results hold it: compressed, in base 64."""
    return base64.b64encode(zlib.compress(text.encode()))


def written(seconds: float) -> str:
    """Seconds since the epoch as RQ writes them."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
