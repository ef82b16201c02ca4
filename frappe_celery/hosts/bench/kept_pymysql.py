"""PyMySQL's connection, kept: its session ends by COM_RESET_CONNECTION, MariaDB's since 10.2.

PyMySQL has no such command, and none whose answer is read later: what is used of its inside, a test
sees to. A job's connection takes 0.2 ms so, and 0.6 ms where it is opened and closed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from functools import wraps
from typing import Any

from pymysql.connections import Connection
from pymysql.constants.COMMAND import COM_QUERY
from pymysql.err import MySQLError

from frappe_celery.hosts.bench import kept_connection

COM_RESET_CONNECTION = 0x1F


def keeping(create_connection: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`MariaDBConnectionUtil.create_connection`, which gives the kept one where it will do."""

    @wraps(create_connection)
    def replacement(self: Any) -> Any:
        return connect(self.get_connection_settings())

    return replacement


def connect(settings: dict[str, Any]) -> KeptConnection:
    """A connection as `pymysql.connect(**settings)` gives; raises what that raises."""
    return kept_connection.take(settings) or KeptConnection(settings)


class KeptConnection(Connection):
    """One that is kept when it is closed, where nothing of its job can be left in it."""

    _sock: Any

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.process = os.getpid()
        super().__init__(**settings)

    def close(self) -> None:
        """End the session; the connection stays for the next job, in another object than this."""
        if self._can_be_kept():
            connection = copy(self)
            self._sock = self._rfile = None
            with suppress(MySQLError):
                connection.end_session()
        super().close()

    leave = Connection.close

    def end_session(self) -> None:
        """Keep this one; the server's answers are for the next job to read."""
        self._execute_command(COM_RESET_CONNECTION, "")
        self._begin_anew()
        kept_connection.keep(self)

    def fileno(self) -> int:
        return int(self._sock.fileno())

    def is_as_new(self) -> bool:
        with suppress(MySQLError):  # the server closed it before it answered
            return self._was_reset() and self._has_begun_anew()
        return False

    def _can_be_kept(self) -> bool:
        unread = self._result and (self._result.unbuffered_active or self._result.has_next)
        as_opened = self.charset == self.settings.get("charset") and not self.autocommit_mode
        return self.open and not unread and as_opened and self.process == os.getpid()

    def _was_reset(self) -> bool:
        """Whether the answer is the reset's, which switches autocommit on.

        After an exception between a command and its answer, say a timeout's, it is an older one.
        """
        self._read_ok_packet()
        return bool(self.get_autocommit())

    def _begin_anew(self) -> None:
        """Have done what `connect` does for a new session, unless a reset left something."""
        database = self.escape(self.settings.get("database"))
        clean = f"database() <=> {database} and current_role() is null and @@init_connect = ''"
        statement = kept_connection.beginning(self.charset, self.collation, clean)
        self._execute_command(COM_QUERY, statement)

    def _has_begun_anew(self) -> bool:
        """Whether the server has; its second answer is counted anew."""
        self._next_seq_id = 1
        self._read_ok_packet()
        return not self.get_autocommit()
