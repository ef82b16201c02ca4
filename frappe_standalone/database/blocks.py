"""Blocks of `django.db.transaction.atomic`: whose they are.

Inside one that a test puts around all it does, to roll it back, a transaction of ours commits and
rolls back as it would without it, by savepoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from frappe_celery.host import ConfigError
from frappe_standalone.database import django_setup

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TESTS_MARK = "_from_testcase"
"""Of Django's own: with it, code may ask for a durable block within a test's."""
OUR_MARK = "_of_frappe_celery"


def innermost_is_a_tests(connection: BaseDatabaseWrapper) -> bool:
    """Whether nothing but a test holds the innermost open block (`django.test.TestCase`)."""
    blocks = connection.atomic_blocks
    return bool(blocks) and getattr(blocks[-1], TESTS_MARK)


def is_in_a_tests(connection: BaseDatabaseWrapper) -> bool:
    """Whether a test holds one of the open blocks, so that nothing is committed."""
    return any(getattr(block, TESTS_MARK) for block in connection.atomic_blocks)


def check_database_of_commit(site: str) -> None:
    """Raise ConfigError in a block of another database alone: nothing would wait for its commit."""
    own = django_setup.opened(site) if django_setup.is_own_project() else None
    if own is None or (own.in_atomic_block and not innermost_is_a_tests(own)):
        return
    from django.db import connections

    for other in connections.all(initialized_only=True):
        last = other.atomic_blocks[-1:]
        if last and not getattr(last[0], TESTS_MARK) and not hasattr(last[0], OUR_MARK):
            raise ConfigError(
                f"site {site} is in the database {own.alias!r}, and the open block is"
                f" atomic(using={other.alias!r}): enqueue after its commit by"
                f" transaction.on_commit(…, using={other.alias!r}), with no enqueue_after_commit"
            )


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
