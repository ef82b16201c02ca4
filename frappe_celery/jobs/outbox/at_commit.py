"""A job that is enqueued after commit is a row of the transaction; it is published right after it.

What cannot be published then is left to the relay (`relay`): the broker is away, the process died,
older rows wait, or a savepoint may have taken the row back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeCeleryError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.message import JobMessage, Sealed
from frappe_celery.jobs.outbox.table import NAME, Row, Table
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.record.refusals import overloaded

logger = logging.getLogger(__name__)
T = TypeVar("T")

HEADER = "frappe_celery_outbox"
"""Of a Celery task's message that is put on the broker in the step that notes it: the key of its
site's marks, and its row's run."""
OWN_SECONDS = 1.0
"""How long a row is its caller's, who publishes it after the commit."""
AWAY_SECONDS = 5.0
"""For how long a broker that is away is not asked again."""
AWAY = (BrokerUnreachable, RedisConnectionError, RedisTimeoutError)

_MISSING = re.compile(rf"no such table: {NAME}|{NAME}['\"] (doesn't|does not) exist")
_away_until = 0.0


@dataclass
class CallRows:
    """Rows of one call as its process sees them."""

    site: str
    publish: Callable[[], Any]
    is_sure: bool = True
    """Whether they are in the database once their transaction is committed, and the first in their
    turn."""


def is_on(site: str) -> bool:
    """Whether what a site enqueues after commit goes by its outbox; no transaction is open on an
    event loop."""
    return settings.current().outbox(site) and asyncio._get_running_loop() is None


def add(runs: Sequence[Sealed], at_most: int = 0, **options: Any) -> None:
    """Write rows of jobs of one call into the open transaction, and have them published after the
    commit.

    Args:
        at_most: refuse when there is no room for all of them; a row is never dropped for it.
        options: of `JobStore.send`.

    Raises:
        ConfigError: the site's database has no such table yet.
        QueueOverloaded.
    """
    first = runs[0][0]
    refuse_where_many_wait(first, at_most, len(runs))
    for step in publish.steps(runs):
        rows = [_row(*run, options) for run in step]
        write(first.site, rows, partial(_send, step, options))


def _send(step: Sequence[Sealed], options: Mapping[str, Any]) -> set[str]:
    return publish.send(step, outbox=True, **options)()


def refuse_where_many_wait(message: JobMessage, at_most: int, more: int = 1) -> None:
    """Raise QueueOverloaded where the message's site has no room for `more` in its queue."""
    if at_most:
        waiting = unless_away(partial(get_store().waiting_of, message.site, message.queue), 0)
        if waiting + more > at_most:
            raise overloaded(message, waiting, at_most, more)


def _row(message: JobMessage, sealed: bytes, options: Mapping[str, Any]) -> Row:
    said = {**options, "own_id": message.has_own_id}  # older processes relay it too
    return Row(
        run=message.run,
        created=time.time(),
        bench=settings.current().prefix,
        queue=message.queue,
        message=sealed.decode(),
        options=json.dumps({k: v for k, v in said.items() if v}),
    )


def write(site: str, rows: Sequence[Row], publish: Callable[[], Any]) -> None:
    """Write rows into the open transaction of the site that the calling code is in, and have
    `publish` called after the commit.

    Raises:
        ConfigError: the site's database has no such table yet, or is not the open block's.
    """
    host = hosts.current()
    host.check_commit()
    call, table, others = CallRows(site, publish), Table(host), host.outbox_rows()
    try:
        if others:
            call.is_sure = others[-1].is_sure  # none before it may come after it
        elif table.some_wait(rows[0].created - 2 * OWN_SECONDS):
            call.is_sure = False
        table.add(rows)
    except Exception as exc:
        if not _MISSING.search(str(exc)):
            raise
        raise ConfigError(
            f"site {site} has frappe_celery_outbox on and no table {NAME} yet: start a worker or"
            " beat, which makes it (without Frappe so does `frappe-celery migrate`)"
        ) from exc
    others.append(call)
    host.after_commit(partial(_publish, call))


def _publish(call: CallRows) -> None:
    """The transaction is committed, and what is raised now would tell its caller otherwise."""
    store = get_store()
    if call.is_sure:
        try:
            unless_away(call.publish, None)
            return
        except FrappeCeleryError as exc:
            logger.error("what site %s enqueued stays in its outbox: %s", call.site, exc)
    unless_away(lambda: store.client.sadd(store.keys.outbox_news, call.site), None)


def unless_away(ask: Callable[[], T], otherwise: T) -> T:
    """What the broker answers; `otherwise` where it is away, which is found out once in a while."""
    global _away_until
    if time.monotonic() < _away_until:
        return otherwise
    try:
        answer = ask()
    except AWAY as exc:
        if not _away_until:
            logger.error("%s. What is enqueued after commit waits in the sites' outboxes", exc)
        _away_until = time.monotonic() + AWAY_SECONDS
        return otherwise
    _away_until = 0.0
    return answer
