"""The store's steps as Lua scripts, one file each in `lua/`: Redis runs a script as one step."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

_SOURCES = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "lua").glob("*.lua")}
_HASHES = {name: hashlib.sha1(source).hexdigest() for name, source in _SOURCES.items()}


class Scripts:
    """Runs scripts on a connection of this process's and thread's own.

    redis-py's client layer (a connection out of the pool and back, observers, retries) costs twice
    what its connection does, and these calls are most of what enqueueing and running a job cost.
    """

    def __init__(self, client: Any) -> None:
        self._pool = client.connection_pool
        self._own = threading.local()

    def run(self, name: str, keys: tuple[Any, ...], *args: Any) -> Any:
        """Run the script `name`. Each of them may be sent again when a connection was lost."""
        connection = self._connection()
        try:
            return _call(connection, name, keys, args)
        except RedisConnectionError:
            return _call(connection, name, keys, args)

    def _connection(self) -> Any:
        if getattr(self._own, "process", None) != os.getpid():
            self._own.connection = self._pool.make_connection()
            self._own.process = os.getpid()
        return self._own.connection


def _call(connection: Any, name: str, keys: tuple[Any, ...], args: tuple[Any, ...]) -> Any:
    try:
        try:
            connection.send_command("EVALSHA", _HASHES[name], len(keys), *keys, *args)
            return connection.read_response()
        except NoScriptError:  # the server does not have it yet
            connection.send_command("EVAL", _SOURCES[name], len(keys), *keys, *args)
            return connection.read_response()
    except ResponseError:
        raise
    except BaseException:  # a job's timeout too: what is still to be read belongs to nobody
        connection.disconnect()
        raise


def command(name: str) -> tuple[str, str]:
    """EVALSHA and the hash of a script, for callers that write to a connection themselves."""
    return "EVALSHA", _HASHES[name]


def load(client: Any, *names: str) -> None:
    """Make the server know scripts that will be called by hash alone."""
    for name in names:
        client.script_load(_SOURCES[name])
