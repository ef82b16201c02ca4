"""The store's steps as Lua scripts, one file each, beside the Python of their room: Redis runs a
script as one step.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

FUNCTIONS = {
    "wake": "bell",
    "ring": "prefix, key",
    "rank": "prefix, place, moves, joins",
    "put": "prefix, list, run, first",
    "withdraw": "prefix, run, place",
    "await_commit": "prefix, run, transaction, latest",
    "hand_out": "KEYS, ARGV",
    "free_slots": "prefix, run, holds",
    "in_hands": "prefix, consumers",
    "kept_back": "prefix, run",
    "of_a_worker": "prefix, run",
    "refuse": "prefix, queue, element, reason",
    "spent": "prefix, run, queue, ended_at",
    "rules": "prefix, lined",
    "failure": "KEYS, ARGV",
    "finish": "KEYS, ARGV",
    "started": "prefix, run, place, now, worker, these",
    "pick": "prefix, key, these, own_too",
    "enqueue": "KEYS, ARGV",
    "delete": "KEYS, ARGV",
}
"""Scripts that others call as functions, and their parameters; each after those that it calls."""
HOMES = (
    *("jobs", "jobs/record", "jobs/queue", "jobs/limits", "jobs/stats"),
    *("brokers", "brokers/redis", "brokers/rabbitmq", "worker", "hosts/bench", "migration/move"),
    *("schedule", "schedule/periodic_tasks"),
    *("watch", "watch/alerts", "watch/doctor", "watch/mail", "watch/metrics", "watch/notify"),
)
_PACKAGE = Path(__file__).parents[1]
_FILES = {path.stem: path.read_text() for home in HOMES for path in (_PACKAGE / home).glob("*.lua")}


_CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(")


@cache
def _called(name: str) -> frozenset[str]:
    """The functions that a script calls, and those that these call."""
    own = frozenset(_CALL.findall(_FILES[name])) - {name}
    return own.union(*map(_called, own))


def _whole(name: str) -> bytes:
    """A script, after the functions that it needs."""
    needed = [f for f in FUNCTIONS if f in _called(name)]
    functions = [f"local function {f}({FUNCTIONS[f]})\n{_FILES[f]}end\n" for f in needed]
    return "".join([*functions, _FILES[name]]).encode()


_SOURCES = {name: _whole(name) for name in _FILES}
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
        connection = self._connection()
        try:
            try:
                return _call(connection, name, texts)
            except RedisConnectionError:
                return _call(connection, name, texts)
        finally:
            self._idle.append(connection)

    def _connection(self) -> Any:
        if self._process != os.getpid():  # forked: they are the parent's
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:  # past the pool, which counts those that it makes and forgets none
            return self._pool.connection_class(**self._pool.connection_kwargs)


_TEXTS = (str, bytes)
"""What hiredis converts without a look at signals: where a job's timeout comes in between, it
crashes the process on any number (3.5)."""


def _call(connection: Any, name: str, texts: tuple[Any, ...]) -> Any:
    try:
        connection.connect()  # if it is not; one behind Sentinels finds its master only here
        try:
            connection.send_command("EVALSHA", _HASHES[name], *texts)
            return connection.read_response()
        except NoScriptError:  # the server does not have it yet
            connection.send_command("EVAL", _SOURCES[name], *texts)
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
