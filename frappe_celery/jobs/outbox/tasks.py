"""A team's own Celery tasks, enqueued on the commit of a Django transaction."""

from __future__ import annotations

import time
import uuid
from functools import partial
from typing import Any

from celery import current_app
from celery.contrib.django.task import DjangoTask
from kombu.exceptions import OperationalError
from kombu.utils.json import dumps, loads

from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable, Refused
from frappe_celery.jobs import JobStore, get_store, hosts
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.outbox.table import OF_A_TASK, Row

PURPOSE = "task in an outbox"


class OutboxTask(DjangoTask):  # type: ignore[type-arg]  # which it lacks at run time
    """Celery's task of a Django project."""

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """As Celery's; by the outbox where the site's is on."""
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(  # type: ignore[override]  # celery-types says more than it does
        self, args: Any = None, kwargs: dict[str, Any] | None = None, **options: Any
    ) -> None:
        """As Celery's; by the outbox where the site's is on."""
        site = hosts.current().current_site()
        if not at_commit.is_on(site):
            super().apply_async_on_commit(args, kwargs, **options)
            return
        config, run = settings.current(), str(uuid.uuid4())
        said = dumps([run, self.name, args or (), kwargs or {}, options])
        sealed = config.signer.seal(PURPOSE, said.encode())
        queue = str(options.get("queue") or current_app.conf.task_default_queue)
        row = Row(run, time.time(), config.prefix, queue, sealed.decode(), OF_A_TASK)
        at_commit.write(site, [row], partial(publish, get_store(), run, sealed, site))


def publish(store: JobStore, run: str, sealed: bytes, site: str) -> None:
    """Send it, unless somebody has.

    Raises:
        BrokerUnreachable.
        Refused: the row was altered.
    """
    marks = store.keys.outbox_marks(site)
    name, args, kwargs, options = opened(store, run, sealed)
    if store.client.zscore(marks, run) is not None:
        return
    headers = {**(options.pop("headers", None) or {}), at_commit.HEADER: [marks, run]}
    id = options.pop("task_id", None) or run
    try:
        current_app.send_task(name, args, kwargs, task_id=id, headers=headers, **options)
    except OperationalError as exc:
        raise BrokerUnreachable(str(exc)) from exc
    store.client.zadd(marks, {run: 0}, nx=True)


def opened(store: JobStore, run: str, sealed: bytes) -> tuple[str, Any, Any, dict[str, Any]]:
    """A task's name, its arguments and the options of `send_task`.

    Raises:
        Refused: the row was altered, or is another one's.
    """
    owner, name, args, kwargs, options = loads(store.signer.open(PURPOSE, sealed))
    if owner != run:
        raise Refused(f"the row of task {run} holds the message of another, {owner}")
    return name, args, kwargs, options
