"""A worker process's connection to MariaDB, kept from job to job.

Opening one takes nearly as long as all else that a small job does: 0.4 ms of this process with
PyMySQL, 0.2 ms with mysqlclient, and on the server as much again. When Frappe closes it, the server
is told to end the session instead (what is open is rolled back; locks, variables and temporary
tables are gone), and the next job on that site has the connection as if it were new. A process
keeps one, its last. How a session is ended is the driver's: PyMySQL, mysqlclient.
"""

from __future__ import annotations

import os
import select
import time
from typing import Any, Protocol

MOST_IDLE_SECONDS = 60
"""How long one is of use: a firewall on the way forgets an idle connection without telling."""


class Connection(Protocol):
    """One whose session was ended and that a driver can begin anew."""

    settings: dict[str, Any]

    def fileno(self) -> int: ...

    def is_as_new(self) -> bool:
        """Whether a new session has begun, as the driver's `connect` begins one."""
        ...

    def leave(self) -> None:
        """Take leave of the server, which else logs that the connection was aborted."""
        ...


_kept: list[tuple[float, Connection]] = []


def keep(connection: Connection) -> None:
    """Keep this one, in place of another."""
    leave()
    _kept.append((time.monotonic(), connection))


def take(settings: dict[str, Any]) -> Any:
    """The kept one where it is what these settings ask for, and as new; else None."""
    while _kept:
        kept_at, connection = _kept.pop()
        serves = time.monotonic() - kept_at <= MOST_IDLE_SECONDS and connection.settings == settings
        if serves and connection.is_as_new() and not _has_more_to_say(connection):
            return connection
        connection.leave()
    return None


def beginning(charset: str, collation: str | None, is_clean: str) -> str:
    """The statement that does what `connect` does for a new session; the server refuses it where
    `is_clean`, a condition in SQL, does not hold."""
    collate = f" collate {collation}" if collation else ""
    no_value = 2  # which the server refuses
    return f"set names {charset}{collate}, autocommit = if({is_clean}, 0, {no_value})"


def leave(**_: Any) -> None:
    """Take leave of the server at the process's end."""
    while _kept:
        _kept.pop()[1].leave()


def _has_more_to_say(connection: Connection) -> bool:
    """Whether the server ended it meanwhile, or gave a reason for an end."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _forget() -> None:
    """In a forked child: the session is the parent's; no goodbye may reach the shared socket."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for _, connection in _kept:
        os.dup2(nowhere, connection.fileno())
    os.close(nowhere)
    _kept.clear()


os.register_at_fork(after_in_child=_forget)
