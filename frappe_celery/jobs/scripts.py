"""The store's steps as Lua scripts, one file each, beside the Python of their room: Redis runs a
script as one step. One that others call as a function says so in its first line.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError

try:
    from hiredis import pack_command
except ImportError:  # optional
    pack_command = None

_FILES: dict[str, str] = {}
_HASHES: dict[str, str] = {}
_FUNCTION = "-- function "
"""Begins a script that others call as a function; its parameters follow."""


@cache
def _called(name: str) -> tuple[str, ...]:
    """The functions that a script calls itself, each after those of them that it needs."""
    words = dict.fromkeys(re.findall(r"\b(\w+)\(", _FILES[name]))
    own = (w for w in words if w != name and _FILES.get(w, "").startswith(_FUNCTION))
    return tuple(sorted(own, key=_height))


@cache
def _height(name: str) -> int:
    return 1 + max(map(_height, _called(name)), default=0)


def _whole(name: str, known: tuple[str, ...] = ()) -> str:
    """A script, after the functions that it calls and that are not `known` around it.

    What only these call stands within them: Redis makes each function of a script anew whenever it
    runs it, and one within another when that is called, for most jobs never.
    """
    functions = []
    for function in _called(name):
        if function not in known:
            body = _whole(function, known)
            parameters = _FILES[function].partition("\n")[0].removeprefix(_FUNCTION)
            functions.append(f"local function {function}{parameters}\n{body}end\n")
            known += (function,)
    return "".join([*functions, _FILES[name]])


def add(folder: Path) -> None:
    """Have the scripts of a folder beside those that are there, whose functions they may call."""
    files = {path.stem: path.read_text() for path in folder.rglob("*.lua")}
    _FILES.update(files)
    _HASHES.update({name: hashlib.sha1(_whole(name).encode()).hexdigest() for name in files})


add(Path(__file__).parents[1])


class Scripts:
    """Runs scripts on connections of this process's own, as many as are used at once.

    redis-py's client layer (a connection out of the pool and back, observers, retries) costs as
    much again as its connection, 15 µs a call of redis-py 4.5, 40 µs of 8.1; a job takes two.
    """

    def __init__(self, client: Any) -> None:
        self._pool = client.connection_pool
        self._idle: list[Any] = []
        self._sent_before: set[str] = set()
        self._process = os.getpid()

    def run(self, name: str, keys: tuple[Any, ...], *args: Any) -> Any:
        """Run the script `name`. Each of them may be sent again when a connection was lost."""
        texts = _texts(keys, args)
        try:
            connection = _sent(self._connection(), name, texts)
            answer = _read(connection, name, texts)
        except RedisConnectionError:
            self._idle.clear()  # the server was restarted, say
            connection = _sent(self._connection(), name, texts)
            answer = _read(connection, name, texts)
        self._idle.append(connection)
        return answer

    def send(self, name: str, keys: tuple[Any, ...], *args: Any) -> Callable[[], Any]:
        """Have it run meanwhile: what is returned waits for the answer, once.

        Until then its connection is nobody else's.
        """
        texts, process = _texts(keys, args), os.getpid()
        try:
            if name not in self._sent_before:  # the server may not have it yet
                known = self.run(name, keys, *args)
                self._sent_before.add(name)
                return lambda: known
            connection = _sent(self._connection(), name, texts)
        except RedisError:  # told when the answer is asked for
            connection = None

        def answer() -> Any:
            if connection is None or process != os.getpid():  # forked: it is the parent's
                return self.run(name, keys, *args)
            try:
                answer = _read(connection, name, texts)
            except RedisConnectionError:
                return self.run(name, keys, *args)
            self._idle.append(connection)
            return answer

        return answer

    def _connection(self) -> Any:
        """One that is connected: where it is behind Sentinels, `connect` alone finds the master."""
        if self._process != os.getpid():  # forked: they are the parent's
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:  # past the pool, which counts those that it makes and forgets none
            connection = self._pool.connection_class(**self._pool.connection_kwargs)
            connection.connect()
            return connection


_TEXTS = (str, bytes)
"""What hiredis converts without a look at signals: where a job's timeout comes in between, it
crashes the process on any number (3.5)."""


def _texts(keys: tuple[Any, ...], args: tuple[Any, ...]) -> tuple[Any, ...]:
    return (str(len(keys)), *keys, *[a if isinstance(a, _TEXTS) else repr(a) for a in args])


def _sent(connection: Any, name: str, texts: tuple[Any, ...]) -> Any:
    """The connection, with the answer still to be read."""
    command = ("EVALSHA", _HASHES[name], *texts)
    try:
        if pack_command is None:
            connection.send_command(*command)
        else:  # redis-py looks at each argument twice before it has hiredis do that
            connection.send_packed_command((pack_command(command),))
        return connection
    except BaseException:  # a job's timeout too: of half a command nobody knows the other half
        connection.disconnect()
        raise


def _read(connection: Any, name: str, texts: tuple[Any, ...]) -> Any:
    try:
        try:
            return connection.read_response()
        except NoScriptError:  # the server does not have it yet
            connection.send_command("EVAL", _whole(name).encode(), *texts)
            return connection.read_response()
    except BaseException:  # a job's timeout too: what is still to be read belongs to nobody
        connection.disconnect()
        raise
