"""A job's method, called; one that is `async def` in the job's own connections of Django's."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any

from asgiref.sync import AsyncToSync

from frappe_celery import host
from frappe_standalone.database import django_setup

DJANGOS_LEAVE = "DJANGO_ALLOW_ASYNC_UNSAFE"
"""By which Django's database may be waited for on a loop: on this one nobody else runs."""


def call_method(function: Callable[..., Any], arguments: dict[str, Any], label: str) -> Any:
    """What a job's method returns, where it is `async def` at its end."""

    def begun(**arguments: Any) -> Any:
        value = function(**arguments)
        if value is not None and inspect.isawaitable(value) and django_setup.is_loaded():
            from django.db import connections

            return _in_this_thread(value, {alias: connections[alias] for alias in connections})
        return value

    return host.call_method(begun, arguments, label)


async def _in_this_thread(value: Awaitable[Any], opened: Mapping[str, Any]) -> Any:
    """Django would give a loop connections of its own, and `sync_to_async` a thread with others."""
    from django.db import connections

    loop, before = asyncio.get_running_loop(), os.environ.get(DJANGOS_LEAVE)
    for alias, connection in opened.items():
        connections[alias] = connection
    os.environ[DJANGOS_LEAVE] = "1"
    AsyncToSync.loop_thread_executors[loop] = _InPlace()  # type: ignore[assignment]
    try:
        return await value
    finally:
        del AsyncToSync.loop_thread_executors[loop]
        if before is None:
            del os.environ[DJANGOS_LEAVE]
        else:
            os.environ[DJANGOS_LEAVE] = before


class _InPlace(Executor):
    """Does at once, here, what it is given."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*args, **kwargs))
        except Exception as exc:
            done.set_exception(exc)
        return done
