"""The message of a job: everything that a worker acts on, signed as one text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frappe_celery.errors import Refused
from frappe_celery.jobs import codec
from frappe_celery.signing import Signer

PURPOSE = "job"
VERSION = 1


@dataclass(frozen=True)
class JobMessage:
    """What travels. Encoded fields (`codec`) stay encoded until a job's process needs them."""

    run: str
    """Id of this run, new each time; Celery's task id."""
    id: str
    """Frappe's effective job id, `site::job_id`."""
    site: str
    user: str
    method: Any
    """Dotted path, or an encoded callable."""
    queue: str
    timeout: int
    """Seconds; -1: none."""
    kwargs: Any = field(default_factory=dict)
    name: str = ""
    """Frappe's job_name; the method's path where none was given."""
    event: str | None = None
    on_success: Any = None
    on_failure: Any = None
    retries: int = 0
    """How often the run may be repeated after a failure (v17's `retry`)."""
    result_ttl: int | None = None
    """Seconds that its record is kept once it has finished; None: as configured."""
    failure_ttl: int | None = None
    """Seconds that its record is kept once it has failed or was stopped; None: as configured."""
    enqueued_at: float = 0.0
    """Seconds since the epoch."""
    headers: Mapping[str, Any] = field(default_factory=dict)
    """What listeners of Celery's publish signals added: trace context of OpenTelemetry, Sentry."""

    @property
    def label(self) -> str:
        """How logs, Flower and traces call it."""
        return self.method if isinstance(self.method, str) else self.name

    def seal(self, signer: Signer) -> bytes:
        """The signed text."""
        return signer.seal(PURPOSE, codec.dumps([VERSION, self.__dict__]).encode())

    @classmethod
    def open(cls, signer: Signer, sealed: bytes) -> JobMessage:
        """Check and read.

        Raises:
            Refused: the signature is wrong, or another version wrote it.
        """
        version, values = json.loads(signer.open(PURPOSE, sealed))
        if version != VERSION:
            raise Refused(
                f"the message has format {version}, this worker reads {VERSION}:"
                " run workers and callers with the same version of frappe_celery"
            )
        return cls(**values)

    def decoded_kwargs(self) -> dict[str, Any]:
        """The arguments as the caller gave them."""
        kwargs: dict[str, Any] = codec.decode(self.kwargs)
        return kwargs

    def decoded_method(self) -> str | Callable[..., Any]:
        """The dotted path or the callable."""
        method: str | Callable[..., Any] = codec.decode(self.method)
        return method
