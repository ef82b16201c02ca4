"""`frappe-celery workers`: `restart` exchanges them, `drain` has them end their jobs, `state` shows
what jobs change in modules of apps, and is put back after them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import click

from frappe_celery.commands.options import AS_JSON
from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.workers import why_it_stays
from frappe_celery.watch.tables import Listing
from frappe_celery.watch.words import moment
from frappe_celery.worker.state import left as left_by_jobs

LOOK_SECONDS = 0.2
"""How often it is looked what has become of what was asked for."""
ANSWER_SECONDS = 2.0


@click.group()
def workers() -> None:
    """Exchange the workers, end their jobs, see what is put back."""


@workers.command()
@click.option(
    "--timeout",
    type=click.IntRange(0),
    help="Seconds to wait. Default: as long as a worker that is told to stop (shutdown_seconds).",
)
def drain(timeout: int | None) -> None:
    """Let workers end what runs, before a deployment.

    Every worker of the bench is told to take no more jobs, and it is waited until none runs.
    What waits stays in its queue. A worker that is started afterwards takes jobs again. Ends with 1
    when jobs still run after the time; they run on.

    \b
    Examples:
      frappe-celery workers drain
      frappe-celery workers drain --timeout 600
    """
    store = get_store()
    number = len(store.workers.all())
    if not number:
        click.echo("No worker runs.")
        return
    _take_no_more(number)
    if timeout is None:
        timeout = settings.current().ending_seconds(settings.current().queues)
    if held := until_none(lambda: _held(store), timeout):
        jobs = [job for job in store.read(held) if job is not None]
        names = ", ".join(f"{job.method} ({job.id})" for job in jobs) or "one that has just ended"
        raise click.ClickException(f"still running after {timeout} s: {names}")
    click.echo(f"Drained: {number} workers take no more jobs, and none runs.")


def _take_no_more(workers: int) -> None:
    for queue in settings.current().queues:
        answers = ask_workers("cancel_consumer", workers, queue=queue)
        if len(answers) < workers:
            raise click.ClickException(
                f"{workers - len(answers)} of {workers} workers did not answer within"
                f" {ANSWER_SECONDS:.0f} s and may take jobs still: see `frappe-celery doctor`"
            )


def _held(store: JobStore) -> list[str]:
    """The runs that workers have in hand, out of the bench's queues."""
    queues = settings.current().queues
    consumers = store.client.zrange(store.keys.consumers, 0, -1)
    in_hand = (store.keys.in_flight(consumer.decode()) for consumer in consumers)
    answers = store.client.each("hvals", in_hand)
    held = [value.decode().partition("\n") for values in answers for value in values]
    return [run for list_, _, run in held if store.keys.queue_of(list_) in queues]


@workers.command()
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    help="Seconds that new workers may take to be ready.",
)
@click.option(
    "--force", is_flag=True, help="Also where new code does not import which the old one does."
)
def restart(timeout: int, force: bool) -> None:
    """Exchange the workers for ones with new code, without a stop.

    Every worker of the bench, on whichever machine, that runs under `frappe-celery supervise`, as
    the files of `frappe-celery setup` start them, is exchanged: another one is started, and once it
    is ready the first takes no more jobs. Where something that hooks or jobs name does not import
    any more, the first stays. Ends with 1 and names those that were not exchanged. Beat
    enqueues methods by their names: its process manager restarts it after an upgrade of Frappe or
    of this package, and need not after others.

    \b
    Examples:
      frappe-celery workers restart
      frappe-celery workers restart --timeout 60 --force
    """
    store = get_store()
    before = {worker.name: worker.pid for worker in store.workers.all()}
    if not before:
        click.echo("No worker runs.")
        return
    began = time.monotonic()
    for name in before:
        store.workers.note_exchange(name, None)
    answers = ask_workers("exchange", len(before), force=force)
    silent = {"error": "it did not answer"}
    reasons = {name: answers.get(name, silent).get("error", "") for name in before}
    asked = {name: pid for name, pid in before.items() if not reasons[name]}

    def left() -> list[str]:
        now = {worker.name: worker.pid for worker in store.workers.all()}
        for name in asked:
            if why := store.workers.exchange(name):
                reasons[name] = f"it goes on: {why_it_stays(why)}. {_way_out(why)}"
        return [name for name, pid in asked.items() if now.get(name) == pid and not reasons[name]]

    late = f"no other was ready within {timeout} s: its log says why; it goes on"
    reasons |= dict.fromkeys(until_none(left, timeout), late)
    for name in asked:
        if not reasons[name]:
            click.echo(f"{name}: exchanged")
    failed = [f"{name}: {reason}" for name, reason in reasons.items() if reason]
    if failed:
        raise click.ClickException("not exchanged:\n" + "\n".join(failed))
    click.echo(f"New jobs run in new workers, after {time.monotonic() - began:.1f} s.")


@workers.command()
@click.option("--forget", is_flag=True, help="Begin anew: forget what was seen until now.")
@AS_JSON
def state(forget: bool, as_json: bool) -> None:
    """Show what jobs change in apps' modules.

    All of it is put back. Each name is shown with the last job that was the first in its process
    to change it. A job that fills a cache which is emptied each time is slowed by that: an app
    keeps it by its name, as `frappe_celery_keep` in its hooks.py or in the configuration, if it
    holds nothing of a site, a user or the database.

    \b
    Examples:
      frappe-celery workers state
      frappe-celery workers state --json
      frappe-celery workers state --forget
    """
    store = get_store()
    if forget:
        left_by_jobs.forget(store)
        store.client.delete(store.keys.replaced)
        return
    found = left_by_jobs.all_of(store)
    if as_json:
        click.echo(json.dumps([one._asdict() for one in found], indent=1))
        return
    if not found:
        click.echo("No job was seen to change anything in a module of an app.")
        return
    rows = [(one.name, one.job, moment(one.at)) for one in found]
    Listing("What jobs change", ("name", "changed by", "at"), rows).print()


def until_none(left: Callable[[], list[str]], seconds: float) -> list[str]:
    """Wait until nothing is left, for so long at most; what is left then."""
    give_up_at = time.monotonic() + seconds
    while (still := left()) and time.monotonic() < give_up_at:
        time.sleep(LOOK_SECONDS)
    return still


def _way_out(failures: dict[str, str]) -> str:
    if "" in failures:  # it came to no import, which is all that force is for
        return "Mend it, then: frappe-celery workers restart"
    return "Mend it, or: frappe-celery workers restart --force"


def ask_workers(command: str, workers: int, **arguments: Any) -> dict[str, Any]:
    """What each of so many workers answers to a remote control command of Celery's, by its name."""
    from kombu.exceptions import OperationalError

    from frappe_celery import celery_app
    from frappe_celery.brokers.rabbitmq.publisher import describe

    try:
        answers: list[Any] = celery_app.current().control.broadcast(  # type: ignore[assignment]
            command, arguments=arguments, reply=True, limit=workers, timeout=ANSWER_SECONDS
        )  # with reply=True
    except OperationalError as exc:  # RabbitMQ: a Redis was asked for the workers before
        raise BrokerUnreachable(describe(str(settings.current().broker_url), exc)) from exc
    return {name: said for answer in answers for name, said in answer.items()}
