"""The store's steps as Lua scripts, one file each, beside the Python of their room: Redis runs a
script as one step. One that others call as a function says so in its first line.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

_FILES = {path.stem: path.read_text() for path in Path(__file__).parents[1].rglob("*.lua")}
_HEADS = {name: re.match(r"-- function \((.*)\)\n", text) for name, text in _FILES.items()}
_PARAMETERS = {name: head[1] for name, head in _HEADS.items() if head}
"""Of the scripts that others call as functions, as their first lines say."""
_CALL = re.compile(rf"\b({'|'.join(_PARAMETERS)})\(")


@cache
def _called(name: str) -> tuple[str, ...]:
    """The functions that a script calls itself, each after those of them that it needs."""
    own = dict.fromkeys(f for f in _CALL.findall(_FILES[name]) if f != name)
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
            functions.append(f"local function {function}({_PARAMETERS[function]})\n{body}end\n")
            known += (function,)
    return "".join([*functions, _FILES[name]])


_SOURCES = {name: _whole(name).encode() for name in _FILES}
_HASHES = {name: hashlib.sha1(source).hexdigest() for name, source in _SOURCES.items()}


class Scripts:
    """Runs scripts on connections of this process's own, as many as are used at once.

    redis-py's client layer (a connection out of the pool and back, observers, retries) costs as
    much again as its connection, 15 µs a call of redis-py 4.5, 40 µs of 8.1; a job takes two.
    """

    def __init__(self, client: Any) -> None:
        self._pool = client.connection_pool
        self._idle: list[Any] = []
        self._process = os.getpid()

    def run(self, name: str, keys: tuple[Any, ...], *args: Any) -> Any:
        """Run the script `name`. Each of them may be sent again when a connection was lost."""
        texts = (str(len(keys)), *keys, *[a if isinstance(a, _TEXTS) else repr(a) for a in args])
        try:
            connection = self._connection()
            answer = _call(connection, name, texts)
        except RedisConnectionError:
            self._idle.clear()  # the server was restarted, say
            connection = self._connection()
            answer = _call(connection, name, texts)
        self._idle.append(connection)
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


def _call(connection: Any, name: str, texts: tuple[Any, ...]) -> Any:
    try:
        try:
            connection.send_command("EVALSHA", _HASHES[name], *texts)
            return connection.read_response()
        except NoScriptError:  # the server does not have it yet
            connection.send_command("EVAL", _SOURCES[name], *texts)
            return connection.read_response()
    except BaseException:  # a job's timeout too: what is still to be read belongs to nobody
        connection.disconnect()
        raise
