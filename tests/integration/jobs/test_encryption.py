"""With `frappe_celery_encrypt` nobody reads a job's arguments, result or error out of a broker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from frappe_celery import Retry, enqueue_in, options
from frappe_celery.config import settings
from frappe_celery.config.signing import Signer
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import Refused
from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.watch.notify.ledger import Mails
from frappe_celery.watch.notify.letter import digest_of
from tests.brokers import both_brokers
from tests.integration.benches import ended
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.waiting import wait_until

ARGUMENT, RESULT, ERROR = "an-argument-to-hide", "a-result-to-hide", "an-error-to-hide"
HIDDEN = (ARGUMENT, RESULT, ERROR)
TASKS = f"""
import os
import frappe_celery.error_mail

def give(word, **more):
    return "{RESULT}"

def fail(word):
    raise ValueError("{ERROR}")

def caught(word):
    from frappe_celery.jobs.job import current_job
    frappe_celery.error_mail.report_swallowed(current_job(), ValueError("{ERROR}"))

def die(word):
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def hiding(project: Project) -> Project:
    """It encrypts, and mails its failures to a server that is away: they stay in the Redis."""
    project.write("myapp/hiding.py", TASKS)
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1, "SERVER_EMAIL": "bench@example.com"}
    project.configure(
        frappe_celery_encrypt=True,
        celery_error_emails={**mail, "ADMINS": [["Operator", "operator@example.com"]]},
    )
    settings.use(None)
    return project


def everything(client: Redis) -> Iterator[bytes]:
    """All that a Redis holds of this test's bench."""
    read = {
        b"string": lambda key: [client.get(key)],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"hash": lambda key: [text for pair in client.hgetall(key).items() for text in pair],
        b"none": lambda key: [],  # it has gone meanwhile
    }
    for key in client.scan_iter(f"*{settings.current().bench_id}*"):
        yield key
        yield from read[client.type(key)](key)


def found(client: Redis) -> list[bytes]:
    texts = list(everything(client))
    assert len(texts) > 20, "it was looked into"
    return [text for text in texts if any(word.encode() in text for word in HIDDEN)]


def of_each_kind() -> dict[str, Job]:
    method = "myapp.hiding"
    more = {"nested": {"why": ARGUMENT}, "pickled": {ARGUMENT}}
    return {
        "given": enqueue(f"{method}.give", word=ARGUMENT, **more),
        "failed": enqueue(f"{method}.fail", word=ARGUMENT),
        "repeated": options(retry=Retry(1, 3600)).enqueue(f"{method}.fail", word=ARGUMENT),
        "caught": enqueue(f"{method}.caught", word=ARGUMENT),
        "died": enqueue(f"{method}.die", word=ARGUMENT, on_failure=f"{method}.give"),
        "later": enqueue_in(3600, f"{method}.give", word=ARGUMENT),
    }


@both_brokers
def test_nothing_of_a_job_is_readable_in_the_redis(hiding: Project) -> None:
    client = get_store().client
    jobs = of_each_kind()
    assert found(client) == []
    hiding.worker("-E")
    for name in ("given", "failed", "caught", "died"):
        ended(jobs[name])
    mails = f"*{settings.current().bench_id}:mail:*"
    wait_until(lambda: any(client.scan_iter(mails)), what="it is to be mailed")
    assert found(client) == []

    assert (jobs["given"].result, jobs["given"].kwargs["word"]) == (RESULT, ARGUMENT)
    assert jobs["given"].kwargs["pickled"] == {ARGUMENT}
    assert f"ValueError: {ERROR}" in str(jobs["failed"].exc_info)
    assert jobs["died"].status == JobStatus.FAILED


def test_nothing_of_a_job_is_readable_in_rabbitmq(
    project: Project, rabbitmq_server: RabbitMQServer
) -> None:
    project.write("myapp/hiding.py", TASKS)
    project.configure(broker_url=rabbitmq_server.url)
    settings.use(None)
    data = Path(rabbitmq_server.folder) / "data"

    def written() -> set[str]:
        texts = [file.read_bytes() for file in data.rglob("*") if file.is_file()]
        return {word for word in HIDDEN if any(word.encode() in text for text in texts)}

    project.configure(frappe_celery_encrypt=True)
    settings.use(None)
    enqueue("myapp.hiding.give", word=RESULT)
    project.configure(frappe_celery_encrypt=False)
    settings.use(None)
    enqueue("myapp.hiding.give", word=ARGUMENT)
    wait_until(lambda: ARGUMENT in written(), what="what is not encrypted can be read in its files")
    assert written() == {ARGUMENT}


def test_what_waited_when_it_was_switched_on_or_off_runs(project: Project) -> None:
    project.write("myapp/hiding.py", TASKS)
    jobs = []
    for encrypts in (False, True, False):
        project.configure(frappe_celery_encrypt=encrypts)
        settings.use(None)
        jobs.append(enqueue("myapp.hiding.give", word=ARGUMENT))
    project.worker()
    assert [ended(job).result for job in jobs] == [RESULT] * 3


def test_a_mail_has_the_error(hiding: Project) -> None:
    worker = hiding.worker()
    ended(enqueue("myapp.hiding.fail", word=ARGUMENT))
    worker.stop()
    mails = Mails(get_store())
    wait_until(lambda: mails.lease.take("this test"), timeout=60, what="nobody else sends")
    assert mails.due(time.time() + 600)
    (entry,) = mails.unsent()
    assert ERROR.encode() not in entry.about[b"exc_info"]
    assert f"ValueError: {ERROR}" in digest_of(entry, mails.store.signer).about["exc_info"]


def test_what_is_opened_by_an_old_key_and_by_none() -> None:
    old, new = b"o" * 32, b"n" * 32
    sealed = Signer(old, encrypts=True).seal("message", b"text")
    hidden = Signer(old, encrypts=True).hide(b"text")
    assert b"text" not in sealed + hidden
    exchanged = Signer(new, old, encrypts=True)
    assert (exchanged.open("message", sealed), exchanged.show(hidden)) == (b"text", b"text")
    with pytest.raises(Refused, match="encrypted by a key that this bench does not have"):
        Signer(new).show(hidden)
    with pytest.raises(Refused, match="was cut"):
        Signer(old).show(hidden[:-1])
    assert json.loads(Signer(new).seal("message", b"1")[43:]) == 1
