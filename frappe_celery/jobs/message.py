"""The message of a job: everything that a worker acts on, signed as one text, and its size."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.config.signing import Signer
from frappe_celery.errors import CannotTravel, Refused
from frappe_celery.jobs import codec

PURPOSE = "job"
VERSION = 1
SIZE_OPTION = "frappe_celery_max_message_size"
"""Of a larger one it would look as if the broker were away."""
LINE = "frappe_celery_line"
"""Of a message's headers, which older workers pass over: the run with which its line began anew."""
UNIQUE = "frappe_celery_unique"
"""The same of one of many (`unique`): the key by which they are the same."""
RUN_SCHEDULED_JOB = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"
"""Frappe's wrapper around every scheduled method; its `job_type` is the method."""


def shown_method(path: str, name: str) -> str:
    """A job's method as lists show it, a scheduled one by its own path, which is the job's name."""
    return name if path == RUN_SCHEDULED_JOB else path


SAYS_WHICH = frozenset(
    (
        *("doctype", "doc_method", "__doctype", "__action", "function", "method"),
        *("prepared_report", "report_name", "script", "server_script"),
    )
)
"""Arguments of Frappe's generic methods that say what is run: `run_doc_method`, …"""


Line = tuple[str, str, int]
"""A job that another depends on, with all its runs: the first one, its id, 1: it may fail."""


@dataclass
class JobMessage:
    """What travels, never changed once made (not `frozen`, which costs every enqueue 5 µs).

    Encoded fields (`codec`) stay encoded until a job's process needs them.
    """

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
    """Seconds that it may run; -1: as long as it likes."""
    kwargs: Any = field(default_factory=dict)
    name: str = ""
    """Frappe's job_name; the method's path where none was given."""
    event: Any = None
    on_success: Any = None
    on_failure: Any = None
    retries: int = 0
    """How often the run may still be repeated after a failure."""
    backoff: Any = None
    """Pauses before repetitions (`job_options.Retry.backoff`); None: none, and where `retries` is 0
    too nothing was said, so that the method's own declaration counts."""
    attempt: int = 1
    """1, and one more with each repetition after a failure."""
    deliveries: int = 1
    """1, and one more each time that it is run again since its process died."""
    max_deliveries: int | None = None
    """How often it may be run when its process dies; 1: not again; None: the method's declaration,
    else its queue's, counts."""
    result_ttl: int | None = None
    """Seconds that its record is kept once it has finished; None: as configured."""
    failure_ttl: int | None = None
    """Seconds that its record is kept once it has failed or was stopped; None: as configured."""
    limit_key: str | None = None
    """What limits on keys count it under."""
    depends_on: list[Line] | None = None
    """The jobs that it waits for; those after its first run have waited for them."""
    batch: str | None = None
    """The id of the batch that it belongs to, or whose callback it is."""
    enqueued_at: float = 0.0
    """Seconds since the epoch."""
    first_run: str = ""
    """The run that the job began with, of one that repeats it or was requeued; '': this one."""
    args: Any = None
    """Arguments by position, an encoded list, which get their names when it runs: what the task
    before it in a chain returned."""
    task_id: str | None = None
    """Of one that Celery's canvas enqueued: its result's id, the same in whichever run."""
    canvas: str | None = None
    """Of such a one: the headers that say what it belongs to and what follows, as kombu's JSON."""
    expires: float | None = None
    """Seconds since the epoch after which it does not start."""
    in_test: bool = False
    """A test of a bench enqueued it, in a transaction whose end it does not wait for."""
    headers: Mapping[str, Any] = field(default_factory=dict)
    """What listeners of Celery's publish signals added: trace context of OpenTelemetry, Sentry."""

    @property
    def path(self) -> str:
        """The method's dotted path; the name of one that travels by value."""
        return self.method if isinstance(self.method, str) else self.name

    @property
    def label(self) -> str:
        """How logs, Flower and traces call it: a scheduled method by its own path."""
        path = self.method if isinstance(self.method, str) else self.name  # asked eight times a job
        if path == RUN_SCHEDULED_JOB and isinstance(self.kwargs, dict):
            return str(self.kwargs.get("job_type", path))
        return path

    @property
    def kind(self) -> str:
        """What it calls: with a generic method also the one, the report or the script behind it."""
        given = self.kwargs if isinstance(self.kwargs, dict) else {}
        if SAYS_WHICH.isdisjoint(given):
            return self.label
        which = (str(given[name])[:100] for name in sorted(SAYS_WHICH & given.keys()))
        return " ".join((self.label, *which))

    def like(self, **changes: Any) -> JobMessage:
        """One that differs in these fields; `dataclasses.replace` takes three times as long."""
        made = object.__new__(JobMessage)
        made.__dict__ = {**self.__dict__, **changes}
        return made

    @property
    def waits(self) -> bool:
        """Whether it is deferred until the jobs that it depends on have ended."""
        return self.depends_on is not None and not self.first_run

    @property
    def has_own_id(self) -> bool:
        """Whether its id was given, or made of an earlier run, and not of this one."""
        return not self.id.endswith(self.run)

    def next_run(self, run: str, **changes: Any) -> JobMessage:
        """That of the run after this one, of the same job: newer, whatever the clock here says."""
        at = max(time.time(), self.enqueued_at + 0.001)
        first = self.first_run or self.run
        return replace(self, run=run, first_run=first, enqueued_at=at, **changes)

    def seal(self, signer: Signer) -> bytes:
        """The signed text; what has its default is left out of it."""
        given = zip(self.__dict__.items(), _DEFAULTS)  # noqa: B905 (equal by construction)
        said = {name: value for (name, value), default in given if value is not default}
        return signer.seal(PURPOSE, codec.dumps([VERSION, said]).encode())

    @classmethod
    def open(cls, signer: Signer, sealed: bytes, run: str | None = None) -> JobMessage:
        """Check and read the message, which must be that of `run` where one is given.

        Raises:
            Refused: the signature is wrong, another version wrote it, or it is another run's.
        """
        version, values = json.loads(signer.open(PURPOSE, sealed))
        if version != VERSION:
            raise Refused(
                f"the message has format {version}, this worker reads {VERSION}:"
                " run workers and callers with the same version of frappe_celery"
            )
        try:
            message = cls(**values)
        except TypeError as exc:
            raise Refused(
                f"the message is none that this version of frappe_celery writes ({exc}):"
                " replace workers before callers when you upgrade"
            ) from exc
        if run not in (None, message.run):
            raise Refused(f"the message of run {message.run} lies under the id of another, {run}")
        return message

    def decoded_kwargs(self) -> dict[str, Any]:
        """The arguments as the caller gave them."""
        kwargs: dict[str, Any] = codec.decode(self.kwargs)
        return kwargs

    def decoded_method(self) -> str | Callable[..., Any]:
        """The dotted path or the callable."""
        method: str | Callable[..., Any] = codec.decode(self.method)
        return method


_DEFAULTS = tuple(f.default for f in fields(JobMessage))
Sealed = tuple[JobMessage, bytes]
"""As it travels."""


def sealed(message: JobMessage, config: Settings, any_size: bool = False) -> Sealed:
    """It with its signed text; raises CannotTravel: that is too large."""
    text = message.seal(config.signer)
    if not any_size:
        check_sealed_size(text, lambda: (message.label, message.decoded_kwargs()), config)
    return message, text


def check_sealed_size(
    sealed: bytes, about: Callable[[], tuple[str, Mapping[str, Any]]], config: Settings
) -> None:
    """See that what is sealed can travel.

    Args:
        about: its method and its arguments, for the error.

    Raises:
        CannotTravel: it is too large; names its method, its size, the limit and the argument.
    """
    limit = config.max_message_size
    if 2 * len(sealed) <= limit:
        return
    size = len(sealed) + sealed.count(b'"') + sealed.count(b"\\")  # as a text in RabbitMQ's JSON
    if size > limit:
        method, arguments = about()
        theirs = ", and RabbitMQ's own max_message_size" if config.on_rabbitmq else ""
        raise CannotTravel(
            f"the job of {method} has {size:,} bytes{_largest(arguments)}; it may have"
            f" {limit:,}. Put the data into a file or a document and pass its name, or raise"
            f" {SIZE_OPTION}{theirs}"
        )


def _largest(arguments: Mapping[str, Any]) -> str:
    sizes = {name: len(codec.dumps(codec.encode_value(value))) for name, value in arguments.items()}
    if not sizes:
        return ""
    name = max(sizes, key=sizes.__getitem__)
    return f", of which argument {name!r} has {sizes[name]:,}"
