"""The open transaction of Frappe's connections, seen where Frappe sees each statement.

Its own count of writes will not do: it becomes 0 at a rollback to a savepoint, and knows neither
REPLACE nor WITH. Nor will its callbacks: one that raises skips those after it, and a closed
connection calls none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.hosts.transactions import Transaction

NAME = "frappe_celery_transaction"
"""Attribute of a connection of Frappe's."""


def database() -> Any:
    """The connection of the calling code that can write; None where it is in no site."""
    return getattr(frappe.local, "primary_db", None) or getattr(frappe.local, "db", None)


def name_of(database: Any) -> str | None:
    """The name of what a connection has open, where that has written."""
    transaction = of(database)
    return transaction.named() if transaction.has_written else None


def of(database: Any) -> Transaction:
    """What a connection has open."""
    found: Transaction | None = database.__dict__.get(NAME)
    if found is None:
        found = database.__dict__[NAME] = Transaction()
        found.has_written = bool(database.transaction_writes)  # before the seam
    return found


def after_commit(callback: Callable[[], Any]) -> None:
    """Call back after the open transaction's commit; never when it is rolled back.

    Frappe 14 keeps only jobs until then, in a list that it forgets at a rollback.
    """
    if IS_14:
        frappe.flags.enqueue_after_commit = [*(frappe.flags.enqueue_after_commit or ()), callback]
    else:
        frappe.db.after_commit.add(callback)


def calling_back(enqueue_jobs_after_commit: Callable[[], None]) -> Callable[[], None]:
    """Frappe 14's, which is called after the commit and knows nothing but jobs; in their order."""

    def replacement() -> None:
        waiting, frappe.flags.enqueue_after_commit = frappe.flags.enqueue_after_commit or (), []
        for each in waiting:
            if callable(each):
                each()
            else:
                frappe.flags.enqueue_after_commit = [each]
                enqueue_jobs_after_commit()

    return replacement


def seeing_each_statement(check_transaction_status: Callable[..., None]) -> Callable[..., None]:
    """`Database.check_transaction_status`, which Frappe calls before each statement."""

    def replacement(self: Any, query: str, *args: Any, **kwargs: Any) -> None:
        check_transaction_status(self, query, *args, **kwargs)  # which may commit, or refuse
        of(self).sees(query, self.db_type == "mariadb")

    return replacement


def ending(sql: Callable[..., Any], always: bool = False) -> Callable[..., Any]:
    """`Database.sql`, after which the transaction may have ended, or `close`, which rolls back."""

    def replacement(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return sql(self, *args, **kwargs)
        finally:
            if always or of(self).ends:
                of(self).has_ended()

    return replacement
