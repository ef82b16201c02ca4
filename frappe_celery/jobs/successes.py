"""Runs that returned None, as the worker's parent knows, until the store has it from here.

The parent tells the store in the same breath in which it asks for its next message: a run costs its
own process one round trip less, and nobody waits.

A parent that loses its connection forgets what it had handed to a process that had not begun with
it. That process may run it all the same, and then has to tell the store itself: a page of memory
that they share says which consumer's runs the parent knows.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Iterable

from frappe_celery.jobs.store import get_store

_unconfirmed: dict[str, None] = {}
_untold: deque[str] = deque()


_SIGN = 12
"""Characters at the end of a consumer's name that no other has."""
_page = mmap.mmap(-1, mmap.PAGESIZE)


def know_those_of(consumer: str) -> None:
    """From now on the parent knows the runs of this consumer ('' : of none)."""
    _page[:_SIGN] = consumer[-_SIGN:].encode().ljust(_SIGN)


def parent_knows(tag: str) -> bool:
    """Whether the parent knows the run that came with this delivery tag (`consumer:number`)."""
    consumer = tag.rpartition(":")[0]
    return bool(consumer) and _page[:_SIGN] == consumer[-_SIGN:].encode()


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
