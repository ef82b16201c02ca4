"""Whose request it is that code runs in: what a view enqueues has its user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

GUEST = "Guest"

_user: ContextVar[Callable[[], str] | None] = ContextVar("frappe_celery_request", default=None)
_serves_asynchronously = False


def user() -> str | None:
    """The request's user, Guest where nobody said whose it is; None: there is no request."""
    asked = _user.get()
    if asked is not None:
        return asked()
    return GUEST if _serves_asynchronously else None


@contextmanager
def of(user: Callable[[], str]) -> Iterator[None]:
    """Handle a request whose user is asked for when it is first needed."""
    token = _user.set(user)
    try:
        yield
    finally:
        _user.reset(token)


def begins(sender: type, **_: Any) -> None:
    """Django begins a request, of which it does not say more.

    Of an asynchronous server's it tells in a context of its own: then every request counts.
    """
    global _serves_asynchronously
    if sender.__name__ == "ASGIHandler":
        _serves_asynchronously = True
    else:
        _user.set(lambda: GUEST)


def ends() -> None:
    """Forget the user, once Django has ended the request."""
    _user.set(None)
