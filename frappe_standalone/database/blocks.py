"""Blocks of `django.db.transaction.atomic` that a test puts around all it does, to roll it back.

Inside them a transaction of ours commits and rolls back as it would without them, by savepoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from frappe_standalone.database import django_setup

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TESTS_MARK = "_from_testcase"
"""Of Django's own: with it, code may ask for a durable block within a test's."""


def innermost_is_a_tests(connection: BaseDatabaseWrapper) -> bool:
    """Whether nothing but a test holds the innermost open block (`django.test.TestCase`)."""
    blocks = connection.atomic_blocks
    return bool(blocks) and getattr(blocks[-1], TESTS_MARK)


def is_in_a_tests(connection: BaseDatabaseWrapper) -> bool:
    """Whether a test holds one of the open blocks, so that nothing is committed."""
    return any(getattr(block, TESTS_MARK) for block in connection.atomic_blocks)


def roll_back(connection: BaseDatabaseWrapper) -> None:
    """To the test's start, where the innermost block is a test's; another is marked for its end."""
    start = connection.savepoint_ids[-1] if connection.savepoint_ids else None
    if start is None or not innermost_is_a_tests(connection):
        connection.set_rollback(True)
        return
    connection.set_rollback(False)  # after an error, which has marked it
    connection.savepoint_rollback(start)


@contextmanager
def of_a_test() -> Iterator[None]:
    """Within the block that is open, if one is, another that counts as a test's."""
    from django.db import transaction

    if _connection() is None:
        yield
        return
    block = transaction.atomic()
    setattr(block, TESTS_MARK, True)
    with block:
        yield


@contextmanager
def of_a_job() -> Iterator[None]:
    """A job that a test runs: its end is a commit or a rollback, whatever blocks are open around.

    What it registered by `transaction.on_commit` is called at the end.
    """
    connection = _connection()
    if connection is None:
        yield
        return
    before = len(connection.run_on_commit)
    with of_a_test():
        yield
    follows = connection.run_on_commit[before:]
    del connection.run_on_commit[before:]
    for entry in follows:
        entry[1]()


def _connection() -> BaseDatabaseWrapper | None:
    """The connection, when a block is open on it."""
    if not django_setup.is_loaded():
        return None
    from django.db import connections

    return connections["default"] if connections["default"].in_atomic_block else None
