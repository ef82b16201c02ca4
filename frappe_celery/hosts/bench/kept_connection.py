"""A worker process's connection to MariaDB, kept from job to job.

Opening one takes nearly as long as all else that a small job does. When Frappe closes it, the
server is told to end the session instead (COM_RESET_CONNECTION, which MariaDB has since 10.2: what
is open is rolled back; locks, variables and temporary tables are gone), and the next job on that
site has the connection as if it were new. A process keeps one, its last.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from functools import wraps
from typing import Any

from pymysql.connections import Connection
from pymysql.constants.COMMAND import COM_QUERY
from pymysql.err import MySQLError

COM_RESET_CONNECTION = 0x1F

MOST_IDLE_SECONDS = 60
"""How long one is of use: a firewall on the way forgets an idle connection without telling."""

_kept: list[KeptConnection] = []
os.register_at_fork(after_in_child=_kept.clear)


def keeping(create_connection: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`MariaDBConnectionUtil.create_connection`, which gives the kept one where it will do."""

    @wraps(create_connection)
    def replacement(self: Any) -> Any:
        return connect(self.get_connection_settings())

    return replacement


def connect(settings: dict[str, Any]) -> KeptConnection:
    """A connection as `pymysql.connect(**settings)` gives; raises what that raises."""
    while _kept:
        connection = _kept.pop()
        if connection.serves(settings):
            return connection
        connection.leave()
    return KeptConnection(settings)


def leave(**_: Any) -> None:
    """Take leave of the server, which else logs that the connection was aborted."""
    while _kept:
        _kept.pop().leave()


class KeptConnection(Connection):
    """One that is kept when it is closed, where nothing of its job can be left in it."""

    _sock: Any

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.process = os.getpid()
        self.kept_at = 0.0
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
        """Keep this one, in place of another; the server's answers are for the next job to read."""
        self._execute_command(COM_RESET_CONNECTION, "")
        self._begin_anew()
        leave()
        self.kept_at = time.monotonic()
        _kept.append(self)

    def serves(self, settings: dict[str, Any]) -> bool:
        """Whether it is what these settings ask for, and as new."""
        if self.settings != settings or time.monotonic() - self.kept_at > MOST_IDLE_SECONDS:
            return False
        with suppress(MySQLError):  # the server closed it before it answered
            return self._was_reset() and self._has_begun_anew() and self._is_still_open()
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
        no_value = 2  # which the server refuses
        collation = f" collate {self.collation}" if self.collation else ""
        self._execute_command(
            COM_QUERY,
            f"set names {self.charset}{collation}, autocommit = if({clean}, 0, {no_value})",
        )

    def _has_begun_anew(self) -> bool:
        """Whether the server has; its second answer is counted anew."""
        self._next_seq_id = 1
        self._read_ok_packet()
        return not self.get_autocommit()

    def _is_still_open(self) -> bool:
        """Whether nothing came after the answers, neither an end nor a reason for one."""
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        return not poller.poll(0)
