"""`frappe-celery key`: exchange the key that signs messages, while jobs wait."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from itertools import islice

import click
from kombu.utils.json import loads

from frappe_celery import canvas
from frappe_celery.brokers import waiting_messages
from frappe_celery.commands.workers import ask_workers, until_none
from frappe_celery.config import settings
from frappe_celery.config.signing import FRESH_SECONDS, Signer
from frappe_celery.errors import ConfigError, Refused
from frappe_celery.jobs import Job, JobStatus, JobStore, get_store, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR
from frappe_celery.jobs.job import ACTIVE
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.paging import AT_ONCE, Wanted, search
from frappe_celery.jobs.workers import EXPIRE_SECONDS

NEEDED = (*ACTIVE, JobStatus.FAILED)
"""Of a failed one the message is read when it is requeued."""
SKEW_SECONDS = 60.0
"""By how much machines' clocks may differ."""
KNOWN_SECONDS = EXPIRE_SECONDS + 5.0
"""How long workers may take to say that they know of the end of a key: one that died counts as
living for almost as long."""


@click.group()
def key() -> None:
    """Exchange the key that signs messages, while jobs wait.

    `rotate` begins, `end` ends it. In between both keys are accepted.
    """


@key.command()
def rotate() -> None:
    """Make a new key that signs; the former one is accepted.

    Nothing needs a restart: every process that runs signs with the new one within a second, where
    it reads the same file.

    \b
    Example:
      frappe-celery key rotate
    """
    settings.current().keys.rotate()
    click.echo(
        "A new key signs, the one before it is accepted. Machines and containers with a file of"
        " their own: give them the new one.\nThen: frappe-celery key end"
    )


@key.command()
@click.option("--anyway", is_flag=True, help="Although jobs are signed by a former key.")
def end(anyway: bool) -> None:
    """Accept only the key that signs.

    Refused while a job that waits, runs, or could be requeued is signed by a former one, or holds a
    step of a canvas that is, and while a message of another Celery task that waits, or that a
    worker holds, may be (on RabbitMQ, which shows none: while one waits). Documents' passwords,
    where there is no Frappe, are encrypted anew. Once it has returned no worker takes what a former
    key signed: it waits until each has said so, names those that have not within 35 seconds, and
    ends with 1 then. Call it again to ask them again.

    \b
    Examples:
      frappe-celery key end
      frappe-celery key end --anyway
    """
    time.sleep(2 * FRESH_SECONDS)  # until nothing is signed with a former key any more
    former = {} if anyway else signed_by_others(get_store())
    if former:
        numbers = ", ".join(f"{number} {status}" for status, number in sorted(former.items()))
        raise ConfigError(
            f"jobs are signed by a former key: {numbers}. Wait until they have run (failed ones:"
            " requeue or delete them), or give them up with --anyway"
        )
    _encrypt_anew()
    number = settings.current().keys.end()
    _await_workers(get_store())
    click.echo(f"Former keys that are not accepted any more: {number}")


def _await_workers(store: JobStore) -> None:
    """Until none opens anything by another key."""
    known = Signer(*store.settings.keys.now()).fingerprint
    late = until_none(lambda: store.workers.unaware_of(known), KNOWN_SECONDS)
    if late:
        raise ConfigError(
            f"the former keys have ended here, but {', '.join(late)} may still run what they"
            " signed: a worker with keys of its own (of another machine, in its environment), of an"
            " older version, that runs a job itself (--pool solo) or is ending. Give it the new"
            " key, restart it or let it end; then: frappe-celery key end"
        )
    time.sleep(FRESH_SECONDS)  # until their processes too have read the keys anew


@key.command()
def encrypt() -> None:
    """Encrypt documents' passwords with the key that signs now.

    Without a Frappe; `end` does the same. For keys that you exchange yourself, in the environment.

    \b
    Example:
      frappe-celery key encrypt
    """
    if not _encrypt_anew():
        raise ConfigError("in a bench passwords are Frappe's, encrypted with its `encryption_key`")


def _encrypt_anew() -> bool:
    """Whether passwords are encrypted with the bench's key."""
    host = hosts.current()
    if host.encrypt_passwords_anew is None:
        return False
    for site in settings.current().sites():
        with host.in_site(site, ADMINISTRATOR):
            number = host.encrypt_passwords_anew()
            host.commit()
        click.echo(f"{site}: passwords encrypted anew: {number}")
    return True


def signed_by_others(store: JobStore) -> Counter[str]:
    """How many jobs are not signed by the key that signs now, by status, and messages of tasks."""
    signer = Signer(store.settings.keys.now()[0])
    jobs = search(store, Wanted(statuses=NEEDED))
    found: Counter[str] = Counter()
    while some := list(islice(jobs, AT_ONCE)):
        store.read_messages(some)
        found.update(
            job.status.value for job in some if job.status in NEEDED and not _is_signed(job, signer)
        )
    are_signed = partial(canvas.are_signed, signer=signer)
    waiting = waiting_messages.signed_by_others(store, signer, are_signed)
    found["waiting messages of Celery tasks"] = waiting
    found["Celery tasks that workers hold"] = _held(store)
    return +found


def _is_signed(job: Job, signer: Signer) -> bool:
    try:
        message = JobMessage.open(signer, job.message, job.run_id)
    except Refused:
        return False
    return canvas.are_signed(loads(message.canvas or "null"), signer)


def _held(store: JobStore) -> int:
    """How many, of those that were sent before the key was exchanged, or hold a step that was."""
    workers = {worker.name for worker in store.workers.all()}
    if not workers:
        return 0
    since = store.settings.keys.changed_at + SKEW_SECONDS
    answers = {
        name: number
        for name, number in ask_workers("held", len(workers), since=since).items()
        if isinstance(number, int)  # an older version's worker answers that it knows no such thing
    }
    if silent := workers - answers.keys():
        raise ConfigError(
            f"{', '.join(sorted(silent))} did not say which Celery tasks it holds: a worker that"
            " runs a job itself (--pool solo), or of an older version. Try again, or restart it;"
            " --anyway does not ask"
        )
    return sum(answers.values())
