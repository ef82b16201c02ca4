"""A job's method, called: in this process alone, and to its end, also where it is `async def`."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any

logger = logging.getLogger(__name__)


def call(function: Callable[..., Any], arguments: dict[str, Any], label: str) -> Any:
    """What it returns (see `result_of`).

    A process that the method forked ends here, before it would commit, record the job's end and
    take jobs over the sockets that it shares with this one.
    """
    process = os.getpid()
    try:
        return result_of(function(**arguments), label)
    finally:
        if os.getpid() != process:
            logger.warning(
                "%s forked process %d, which ends where the job would", label, os.getpid()
            )
            os._exit(0)


def result_of(value: Any, label: str) -> Any:
    """What a method returned; of an awaitable, what it gives at its end.

    It has the job's site, transaction and time limit: the loop runs in the job's own thread. Tasks
    that are open at its end, or at the time limit, are canceled.

    RQ awaits such a method too, but after Frappe has committed and left the site.

    Raises:
        TypeError: it is a generator, of which no line has run.
        Exception: whatever the awaitable raised.
    """
    if value is None:  # as of most
        return None
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        raise TypeError(
            f"{label} is a generator: none of it has run, since nobody asks for what it yields."
            " Let the method be a function that loops over it"
        )
    return _run(value) if inspect.isawaitable(value) else value


def _run(value: Awaitable[Any]) -> Any:
    loop = asyncio.new_event_loop()  # not set as the thread's: the next job would find it
    contexts: list[Context] = []

    async def whole() -> Any:
        try:
            return await value
        finally:
            contexts.append(copy_context())

    main = loop.create_task(whole())
    try:
        with _limit_reaches(loop, main):
            try:
                return loop.run_until_complete(main)
            finally:
                _cancel_all(loop)
    finally:
        loop.close()
        for variable, found in contexts[-1].items() if contexts else ():
            if variable.get(None) is not found:
                variable.set(found)  # `frappe.local` as the method left it


@contextmanager
def _limit_reaches(loop: asyncio.AbstractEventLoop, main: asyncio.Task[Any]) -> Iterator[None]:
    """What the alarm raises ends the method also where it meets another task of the loop, which
    would swallow it."""
    limit: Any = signal.getsignal(signal.SIGALRM)
    raised: list[BaseException] = []

    def time_is_up(number: int, frame: Any) -> None:
        try:
            limit(number, frame)
        except BaseException as exc:
            raised.append(exc)
            if asyncio.current_task(loop) is not main:
                loop.call_soon(main.cancel)
            raise

    is_limited = threading.current_thread() is threading.main_thread() and callable(limit)
    if is_limited:
        signal.signal(signal.SIGALRM, time_is_up)
    try:
        yield
    except asyncio.CancelledError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        if is_limited:
            signal.signal(signal.SIGALRM, limit)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    if left := asyncio.all_tasks(loop):
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
