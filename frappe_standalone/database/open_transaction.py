"""The open transaction of Django's connections, the team's own `atomic` blocks among them.

Django tells of statements, and of a commit, but of no rollback: each connection's own `commit`,
`rollback` and `close` tell here that they were called.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from frappe_celery.host import WatchedTransaction as Transaction
from frappe_standalone.database import blocks, django_setup, guarded

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NAME = "frappe_celery_transaction"
"""The attribute of Django's connections that holds the site's transaction."""
ENDING = ("commit", "rollback", "close")


def current(site: str) -> str | None:
    """The name of the transaction open on a site's database, where it has written.

    A test's never ends: nothing waits for it.
    """
    connection = django_setup.opened(site)
    transaction: Transaction | None = getattr(connection, NAME, None)
    if connection is None or transaction is None or not transaction.has_written:
        return None
    return None if blocks.is_in_a_tests(connection) else transaction.named()


def of(site: str) -> Transaction:
    """What is open on a site's database."""
    connection = django_setup.connection(site)
    connection.ensure_connection()
    found: Transaction = getattr(connection, NAME)
    return found


def watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Of `connection_created`: be told of what the connection does."""
    if hasattr(connection, NAME):
        return
    transaction = Transaction()
    setattr(connection, NAME, transaction)
    connection.execute_wrappers.append(_sees)
    for name in ENDING:
        setattr(connection, name, _telling(getattr(connection, name), transaction))


def _sees(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection = context["connection"]
    transaction: Transaction = getattr(connection, NAME)
    if connection.in_atomic_block or not connection.autocommit:
        transaction.sees(sql.removeprefix(guarded.BEFORE), connection.vendor == "mysql")
    try:
        return execute(sql, params, many, context)
    finally:
        if transaction.ends:
            transaction.has_ended()


def _telling(ends: Callable[..., Any], transaction: Transaction) -> Callable[..., Any]:
    @wraps(ends)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        try:
            return ends(*args, **kwargs)
        finally:
            transaction.has_ended()

    return replacement
