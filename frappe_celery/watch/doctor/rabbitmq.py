"""What RabbitMQ guarantees, where it is the broker: its queues, confirmations, alarms."""

from __future__ import annotations

from typing import Any

from kombu.utils.encoding import bytes_to_str

from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.brokers.rabbitmq.queue_names import CONSUMER_TIMEOUT_SECONDS, declare
from frappe_celery.config.numbers import GRACE_SECONDS
from frappe_celery.config.urls import without_password
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore
from frappe_celery.watch.doctor.report import Section, counted

OLDEST = 4
"""The first RabbitMQ whose quorum queues have every argument that ours are declared with."""


def is_away(store: JobStore) -> bool:
    """Whether the broker is a RabbitMQ that does not answer: its workers have no record then."""
    forwarder = store.forwarder
    return isinstance(forwarder, Forwarder) and answer(Section("RabbitMQ"), forwarder) is None


def answer(section: Section, forwarder: Forwarder) -> dict[str, Any] | None:
    """What it says of itself; None: it does not answer, which is a problem, not an exception."""
    forwarder.publisher.forgive()
    try:
        said: dict[str, Any] = forwarder.publisher.ask(lambda c: c.connection.server_properties)
    except BrokerUnreachable as exc:
        meanwhile = "jobs are taken meanwhile, and wait in the Redis until it is back"
        section.problem(str(exc), meanwhile)
        return None
    return said


def check(section: Section, forwarder: Forwarder) -> None:
    """Tell of it."""
    url, properties = without_password(forwarder.publisher.url), answer(section, forwarder)
    if properties is None:
        section.row(url=url, server="RabbitMQ, away")
        _check_unconfirmed(section, forwarder)
        return
    version = bytes_to_str(properties.get("version", ""))
    major = version.partition(".")[0]
    section.row(
        url=url,
        server=f"RabbitMQ {version}",
        role=bytes_to_str(properties.get("cluster_name", "")),
        persistence="quorum queues, publisher confirms",
    )
    if major.isdigit() and int(major) < OLDEST:
        needed = f"RabbitMQ {OLDEST} or newer is needed"
        section.problem(f"the server is RabbitMQ {version}", needed)
    if not (properties.get("capabilities") or {}).get("publisher_confirms"):
        section.problem(
            "the server does not confirm what it has taken: a message may be lost unnoticed",
            "use RabbitMQ itself; other AMQP servers are not supported",
        )
    _check_queues(section, forwarder)
    _check_alarms(section, forwarder)
    _check_timeouts(section, forwarder)
    _check_unconfirmed(section, forwarder)


def _check_queues(section: Section, forwarder: Forwarder) -> None:
    names = [name for queue in forwarder.names.queues for name in forwarder.names.all(queue)]
    for name in names:
        try:
            forwarder.publisher.ask(lambda channel, name=name: declare(channel, name))  # type: ignore[misc]
        except BrokerUnreachable as exc:
            if "PRECONDITION_FAILED" not in str(exc):
                section.problem(str(exc))
                return
            forwarder.publisher.forgive()
            section.problem(
                f"the queue {name} is not the quorum queue that jobs are safe in",
                "when it is empty, delete it (rabbitmqctl delete_queue); it is made anew",
            )
    if waiting := forwarder.publisher.waiting([forwarder.names.parked]):
        section.warn(
            f"{counted(waiting, 'message')} parked: the Redis lost its record, or RabbitMQ did not"
            " take it where it belongs",
            "look at them and decide: frappe-celery jobs parked",
        )


def _check_alarms(section: Section, forwarder: Forwarder) -> None:
    try:
        forwarder.publisher.takes()
    except BrokerUnreachable:
        section.problem(
            "RabbitMQ answers, and takes no message: its memory or its disk is nearly full",
            "look at its alarms (rabbitmq-diagnostics alarms); jobs wait in the Redis until then",
        )


def _check_timeouts(section: Section, forwarder: Forwarder) -> None:
    longest = max(forwarder.store.settings.queues.values(), key=lambda queue: queue.timeout)
    if longest.timeout + GRACE_SECONDS > CONSUMER_TIMEOUT_SECONDS:
        section.warn(
            f"a job in queue {longest.name} may run {longest.timeout} s; RabbitMQ cuts its worker"
            f" off after {CONSUMER_TIMEOUT_SECONDS} s (the job runs on, once)",
            f"let no queue's timeout exceed {CONSUMER_TIMEOUT_SECONDS - GRACE_SECONDS} s",
        )


def _check_unconfirmed(section: Section, forwarder: Forwarder) -> None:
    if left := len(forwarder.left(forwarder.names.queues)):
        section.warn(
            f"{counted(left, 'job')} that RabbitMQ has not confirmed",
            "a worker sends them as soon as it can: is one running, and RabbitMQ there?",
        )
