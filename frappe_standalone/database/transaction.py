"""One site visit's transaction: everything is in it until `commit` or `rollback`, as in Frappe.

It is a `django.db.transaction.atomic` held open, so that an app's own models, nested `atomic`
blocks and `on_commit` callbacks belong to it too. It opens when something first uses the database,
on our own SQLite when something first writes: readers then do not wait for writers.

Inside an `atomic` block of the caller's own (a view of a team's project) that block decides:
`commit` does nothing, `rollback` marks the block, `after_commit` is Django's `on_commit`. So it is
in such a project without a block, where Django commits every statement, unless the code asked for
Frappe's way by `frappe.connect()`. The block that a test holds around all it does (`blocks`) counts
as none, except that a rollback goes back to its start.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from threading import get_ident
from typing import TYPE_CHECKING, Any

from frappe_standalone.database import blocks, django_setup, errors, schema
from frappe_standalone.exceptions import CannotAlter, ImplicitCommitError
from frappe_standalone.local import on_an_event_loop

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.transaction import Atomic


_WRITES = re.compile(r"\s*(insert|update|delete|replace|load|call)\b", re.I)


class CallbackManager:
    """What `frappe.db.after_commit`, `after_rollback` and `frappe.local.job.after_job` are."""

    def __init__(self) -> None:
        self._functions: deque[Callable[[], Any]] = deque()

    def add(self, func: Callable[[], Any]) -> None:
        """Have `func` called at the next `run`."""
        self._functions.append(func)

    __call__ = add

    def run(self) -> None:
        """Call and forget all; one added meanwhile is called too. An exception is the caller's."""
        while self._functions:
            self._functions.popleft()()

    def reset(self) -> None:
        self._functions.clear()


class AfterCommit(CallbackManager):
    """`frappe.db.after_commit`: what is added waits for the transaction that is open now."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__()
        self._transaction = transaction

    def add(self, func: Callable[[], Any]) -> None:
        """Call `func` after the commit, never after a rollback."""
        if not self._transaction._decided_elsewhere():
            super().add(func)
        elif on_an_event_loop() and self._transaction._connection() is None:
            func()
        else:
            from django.db import transaction

            transaction.on_commit(func, django_setup.alias_of(self._transaction.site))

    __call__ = add


class Transaction:
    """Opened by use; `commit` and `rollback` end it and the next use opens a new one."""

    is_djangos = False
    """Whether it is left to Django: no block is held open."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.before_commit = CallbackManager()
        self.after_commit = AfterCommit(self)
        self.before_rollback = CallbackManager()
        self.after_rollback = CallbackManager()
        self._held: BaseDatabaseWrapper | None = None
        self._held_by: tuple[int, int, Any] | None = None
        self._atomic: Atomic | None = None
        self._savepoints: dict[str, str] = {}
        self._written_again: list[Callable[[], Any]] = []
        self._has_written = False
        self._postponed: list[Callable[[BaseDatabaseWrapper], Any]] = []

    def _open(self, write: bool = True) -> BaseDatabaseWrapper:
        """The connection, with the transaction open where that is ours to do."""
        connection = self._visited()
        if self._atomic is None and not self._is_anothers(connection) and not self.is_djangos:
            if not connection.in_atomic_block:  # a test's would be lost with it
                with errors.translated():
                    connection.close_if_unusable_or_obsolete()
            lazy = connection.vendor == "sqlite" and not django_setup.is_own_project()
            if write or not lazy:
                self._enter(connection)
        return connection

    def _visited(self) -> BaseDatabaseWrapper:
        """This thread's connection: which it is, and that it is ready, is asked once a visit."""
        if self._held is None or self._held_by != self._holder(self._held):
            with errors.translated():
                self._held = django_setup.connection(self.site)
            self._held_by = self._holder(self._held)
        return self._held

    @staticmethod
    def _holder(connection: BaseDatabaseWrapper) -> tuple[int, int, Any]:
        """With what a connection stays this visit's: the thread, its process and the database."""
        return get_ident(), django_setup.generation, connection.settings_dict["NAME"]

    def begin(self, *, read_only: bool = False) -> None:
        """Open the transaction now instead of at the first use."""
        self._open(write=not read_only)

    def _enter(self, connection: BaseDatabaseWrapper) -> None:
        from django.db import transaction

        atomic = transaction.atomic(using=connection.alias)
        setattr(atomic, blocks.OUR_MARK, True)
        with errors.translated():
            atomic.__enter__()
        self._atomic = atomic
        self._has_written = False
        if connection.vendor == "mysql":
            connection.execute_wrappers.append(self._notice)

    def _notice(
        self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Whatever writes: from then on an ALTER, which commits on MariaDB, must not come."""
        self._has_written = self._has_written or _WRITES.match(sql) is not None
        return execute(sql, params, many, context)

    def _connection(self) -> BaseDatabaseWrapper | None:
        """The connection when this process has one that is inside an atomic block.

        Django opens none on an event loop.
        """
        connection = django_setup.opened(self.site)
        return connection if connection is not None and connection.in_atomic_block else None

    def _decided_elsewhere(self) -> bool:
        """Whether not we, but an `atomic` block of the caller's or Django will commit."""
        connection = self._connection()
        return self.is_djangos or (connection is not None and self._is_anothers(connection))

    def _is_anothers(self, connection: BaseDatabaseWrapper) -> bool:
        """Whether the innermost block is neither ours nor one that a test holds around all."""
        if not connection.in_atomic_block or blocks.innermost_is_a_tests(connection):
            return False
        return connection.atomic_blocks[-1] is not self._atomic

    def commit(self, *, chain: bool = False) -> None:
        """Commit, then call what was added to `after_commit`.

        Raises:
            TransactionManagementError: an error inside was swallowed, so the database would roll
                back; it is rolled back.
        """
        if self._decided_elsewhere():
            return
        self.before_rollback.reset()
        self.after_rollback.reset()
        self.before_commit.run()
        self._leave(keep=True)
        self._written_again.clear()
        self.after_commit.run()

    def rollback(self, *, save_point: str | None = None, chain: bool = False) -> None:
        """Roll back everything since the last commit, or what came after a savepoint.

        After the first, what waits for the commit is forgotten, what waits for a rollback called.
        """
        if save_point is not None:
            self._open().savepoint_rollback(self._point(save_point))
            return
        if self._decided_elsewhere():
            connection = self._connection()
            if connection is not None:
                blocks.roll_back(connection)
            return
        self.close()

    def _write_after_rollback(self, write: Callable[[], Any]) -> None:
        """Have a rollback of the open transaction followed by `write`, committed at once.

        Where not we decide about the transaction, nothing is done.
        """
        if not self._decided_elsewhere():
            self._written_again.append(write)

    def _write_again(self) -> None:
        writes, self._written_again = self._written_again, []
        for write in writes:
            write()
        self._leave(keep=True)

    def _leave(self, keep: bool) -> None:
        """End the atomic block that we hold, if any."""
        if self._atomic is None:
            return
        from django.db import transaction

        atomic, self._atomic = self._atomic, None
        self._savepoints.clear()
        connection = transaction.get_connection(atomic.using)
        if self._notice in connection.execute_wrappers:
            connection.execute_wrappers.remove(self._notice)
        broken = keep and transaction.get_rollback(atomic.using)
        if not keep:
            transaction.set_rollback(True, atomic.using)
        with errors.translated():
            atomic.__exit__(None, None, None)
        if not connection.in_atomic_block:  # of a test, which will roll it all back
            schema.settle(connection)
        postponed, self._postponed = self._postponed, []
        for change in [] if keep else postponed:
            with suppress(Exception):  # the next try says why
                change(connection)
        if broken:
            raise transaction.TransactionManagementError(
                "a database error was caught and ignored inside this transaction, so nothing of it"
                " can be committed; put the statement that may fail into `with"
                " django.db.transaction.atomic():`, or call frappe.db.rollback() after it failed"
            )

    def close(self) -> None:
        """Roll back what was not committed."""
        self.before_commit.reset()
        self.after_commit.reset()
        try:
            self.before_rollback.run()
        finally:
            self._leave(keep=False)
        self._write_again()
        self.after_rollback.run()

    @contextmanager
    def _writing(self) -> Iterator[BaseDatabaseWrapper]:
        """Statements that may fail without spoiling the transaction that they stand in.

        Only on PostgreSQL one that fails would, and without a transaction each would be by itself.
        """
        from django.db import transaction

        connection = self._open(write=True)
        is_safe = connection.in_atomic_block and connection.vendor != "postgresql"
        block = nullcontext() if is_safe else transaction.atomic(using=connection.alias)
        with errors.translated(), block:
            yield connection

    def _alter(self, change: Callable[[BaseDatabaseWrapper], Any], what: str) -> None:
        """Make or change tables: within the transaction, where the database can do that.

        On MariaDB such a statement commits, so it comes before anything was written, or not at
        all; a rollback is followed by it, so that a job that is run again finds it done.

        Args:
            what: names the table or the field, and the command that makes it.

        Raises:
            CannotAlter: it may not be now, or the database's user may not do it at all.
        """
        from django.db import DatabaseError

        connection = self._open(write=True)
        if connection.vendor == "mysql" and connection.in_atomic_block:
            marked = self._savepoints or connection.savepoint_ids
            if self._atomic is None or self._has_written or marked:
                if self._atomic is not None:
                    self._postponed.append(change)
                raise CannotAlter(
                    f"{what}. MariaDB cannot do that within a transaction that has written, and"
                    " nothing is committed unasked"
                )
        with self._writing() as writable:
            try:
                change(writable)
            except DatabaseError as error:
                if errors.is_retryable(error):
                    raise
                raise CannotAlter(f"{what}: {error}") from error

    def _check_implicit_commit(self, statement: str) -> None:
        """Refuse what would commit, on MariaDB, what was written before.

        Raises:
            ImplicitCommitError: something was.
        """
        connection = self._open(write=True)
        schema.forget(connection)
        commits = connection.vendor == "mysql" and connection.in_atomic_block
        if commits and (self._atomic is None or self._has_written):
            raise ImplicitCommitError(f"this would commit what was written: {statement}")

    def _run_as_it_is(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run what is written for this kind of database, in the transaction; its rows."""
        with self._writing() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def savepoint(self, save_point: str) -> None:
        """Mark this point, for `rollback(save_point=…)`."""
        from django.db import transaction

        connection = self._open(write=True)
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError(
                f"savepoint {save_point!r} needs a transaction: open one by `with"
                " django.db.transaction.atomic():` or by frappe.connect()"
            )
        self._savepoints[save_point] = transaction.savepoint(using=connection.alias)

    def release_savepoint(self, save_point: str) -> None:
        """Forget a savepoint; what was written since stays."""
        self._open().savepoint_commit(self._point(save_point))
        del self._savepoints[save_point]

    def _point(self, name: str) -> str:
        try:
            return self._savepoints[name]
        except KeyError:
            raise ValueError(
                f"there is no savepoint {name!r} in this transaction; those set since the last"
                f" commit are {sorted(self._savepoints)}"
            ) from None
