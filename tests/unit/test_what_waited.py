"""What a bench of cc2e079 had written, before modules moved, is read as it was meant."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

from frappe_celery import Retry, options
from frappe_celery.config.signing import Signer
from frappe_celery.jobs import JobStatus, codec
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB, JobMessage
from frappe_celery.jobs.record import record
from frappe_celery.worker.abandoned import AFTERMATH

WAITING = Path(__file__).parents[1] / "fixtures" / "waiting"
SIGNER = Signer(b"k" * 32)
DUE = datetime(2026, 11, 1, 1, 0, tzinfo=timezone.utc)
RECORDS = {
    key.rpartition(":")[2]: dict(zip(parts[::2], parts[1::2], strict=True))
    for key, (kind, *texts) in json.loads((WAITING / "captured.json").read_text()).items()
    if kind == "hash" and ":job:" in key
    for parts in [[base64.b64decode(text) for text in texts]]
}


def messages() -> dict[str, JobMessage]:
    """By what their jobs record; the aftermath's and the schedule's by their method."""
    opened = [JobMessage.open(SIGNER, fields[b"message"], run) for run, fields in RECORDS.items()]
    return {message.decoded_kwargs().get("text") or message.path: message for message in opened}


def test_every_message_is_opened() -> None:
    assert sorted(messages()) == sorted(
        [
            *("plain", "pickled", "called back", "asked", "delayed", "finished", "failed", "dead"),
            *(AFTERMATH, RUN_SCHEDULED_JOB),
        ]
    )


def test_arguments_that_were_pickled_are_what_they_were() -> None:
    found = messages()["pickled"].decoded_kwargs()
    asked = options(idempotent=True, retry=Retry(max=3))
    assert found == {"text": "pickled", "at": DUE, "amount": Decimal("1.5"), "asked": asked}


def test_what_a_call_asked_for_travels_on() -> None:
    message = messages()["asked"]
    assert (message.retries, message.backoff) == (3, Retry(max=3).backoff)
    assert message.max_deliveries == 3


def test_the_aftermath_is_where_its_message_says() -> None:
    module, _, name = AFTERMATH.rpartition(".")
    assert AFTERMATH == "frappe_celery.worker.abandoned.aftermath"
    assert callable(getattr(import_module(module), name))
    inner = messages()[AFTERMATH].decoded_kwargs()
    dead = JobMessage.open(SIGNER, inner["sealed"].encode(), inner["run"])
    assert (dead.id, dead.on_failure) == ("site1.localhost::dead", "myapp.tasks.told")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("plain", JobStatus.QUEUED),
        ("delayed", JobStatus.SCHEDULED),
        ("finished", JobStatus.FINISHED),
        ("failed", JobStatus.FAILED),
    ],
)
def test_records_make_jobs(text: str, status: JobStatus) -> None:
    message = messages()[text]
    fields = RECORDS[message.run]
    values = [fields.get(name.encode()) for name in record.SHOWN]
    found = record.of_values(message.run, values, SIGNER)
    assert found["status"] == status
    assert (found["id"], found["queue"]) == (f"site1.localhost::{text}", message.queue)
    if status == JobStatus.FINISHED:
        run, result = json.loads(SIGNER.open("result", found["sealed_result"]))
        assert (run, codec.decode(result)) == (message.run, {"at": DUE})
