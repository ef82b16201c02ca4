"""`frappe.database`'s blocks and functions that go on after an error of the database's."""

from __future__ import annotations

import functools
import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from frappe_standalone.database import errors
from frappe_standalone.local import local

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def savepoint(
    catch: type[BaseException] | tuple[type[BaseException], ...] = Exception,
) -> Iterator[None]:
    """`frappe.database.database.savepoint`: undo the block, and go on, when it raises `catch`."""
    name = "".join(random.sample(string.ascii_lowercase, 10))
    local.db.savepoint(name)
    try:
        yield
    except catch:
        local.db.rollback(save_point=name)
    else:
        local.db.release_savepoint(name)


def dangerously_reconnect_on_connection_abort(function: Callable[P, T]) -> Callable[P, T]:
    """A decorator: what finds its connection lost is called once more, on a new one."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not errors.is_lost(error):
                raise
            local.db.close()
            return function(*args, **kwargs)

    return wrapper
