"""Runs that returned None, as the worker's parent knows, until the store has it from here.

The parent tells the store in the same breath in which it asks for its next message: a run costs its
own process one round trip less, and nobody waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from frappe_celery.jobs.store import get_store

_unconfirmed: dict[str, None] = {}
_untold: deque[str] = deque()


def note(run: str) -> None:
    """A run succeeded. From any thread, before its message is acknowledged."""
    _unconfirmed[run] = None
    _untold.append(run)


def take() -> list[str]:
    """The runs that the store has not been told of, to be told now."""
    return [_untold.popleft() for _ in range(len(_untold))]


def tell_again(runs: Iterable[str]) -> None:
    """The store did not understand."""
    _untold.extend(runs)


def confirm(runs: Iterable[str]) -> None:
    """The store has recorded them."""
    for run in runs:
        _unconfirmed.pop(run, None)


def record() -> None:
    """Tell the store of every run that it has not confirmed; what it knows already is no harm.

    Raises:
        BrokerUnreachable: the rest stays for later.
    """
    for run in list(_unconfirmed):
        get_store().finish(run, None)
        confirm((run,))
