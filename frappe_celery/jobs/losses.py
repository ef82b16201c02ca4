"""Whether the broker lost jobs, and from when to when: its data cannot tell that by themselves.

Workers (and doctor) leave a mark in it every few seconds, with the time and the run id of the
server, and remember outside of it that they did. When the server was started again, or another one
took over, the mark that it still has tells how far back its data went.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from frappe_celery.config.urls import without_password
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server

KEPT = 20

_MARK = """
-- KEYS: mark, losses. ARGV: run id, now, when the server started, has an append-only file (0/1),
--       the last mark that the caller remembers and the first one of these data ('' : none), kept
-- Returns when these data were first marked.
local was = redis.call('HMGET', KEYS[1], 'run_id', 'at', 'since')
local at, known = tonumber(was[2] or ''), tonumber(ARGV[5])
redis.call('HSET', KEYS[1], 'run_id', ARGV[1], 'at', ARGV[2])
local emptied, again = not was[1] and known, was[1] and was[1] ~= ARGV[1]
local went_back = again and known and at < known
local took_over = again and tonumber(ARGV[3]) < at  -- it ran already: replication lags behind
if emptied or went_back or took_over or (again and ARGV[4] == '0') then
  local from = at or tonumber(ARGV[6])
  local to = tonumber(ARGV[3])
  if to <= from then to = tonumber(ARGV[2]) end
  local all = not was[1]
  local loss = {start = from, ['end'] = to, all = all, sure = all or went_back or false}
  redis.call('LPUSH', KEYS[2], cjson.encode(loss))
  redis.call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
end
if not was[3] then redis.call('HSET', KEYS[1], 'since', ARGV[2]) end
return was[3] or ARGV[2]
"""


@dataclass(frozen=True)
class Loss:
    """Jobs that were enqueued from `start` to `end` (seconds since the epoch) may be gone."""

    start: float
    end: float
    all: bool
    """Nothing at all was left."""
    sure: bool
    """The data went back; else that is only possible."""


@dataclass(frozen=True)
class _Memory:
    """What is remembered outside the broker."""

    server: str
    at: float
    since: float


class Watch:
    """One process's eye on the broker. Its memory is also in a file, for when all die at once."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.file: Path = store.settings.state_path / "broker.json"
        self._server = f"{without_password(store.url)} {store.keys.prefix}"
        self._memory = self._recall()
        self._mark = store.client.register_script(_MARK)

    def look(self) -> None:
        """Compare and mark; raises BrokerUnreachable."""
        memory, keys = self._memory, _keys(self.store)
        with naming_the_server(self.store.url):
            server: dict[str, Any] = self.store.client.info()
            now = server["server_time_usec"] / 1e6 if "server_time_usec" in server else time.time()
            since = self._mark(
                keys,
                [
                    *(server["run_id"], now, _started(now, server["uptime_in_seconds"])),
                    *(int(bool(server.get("aof_enabled"))), memory.at if memory else ""),
                    *(memory.since if memory else "", KEPT),
                ],
            )
        self._memory = _Memory(self._server, now, float(since))
        self._remember(self._memory)

    def _recall(self) -> _Memory | None:
        with suppress(OSError, ValueError, TypeError):
            memory = _Memory(**json.loads(self.file.read_text()))
            return memory if memory.server == self._server else None
        return None

    def _remember(self, memory: _Memory) -> None:
        with suppress(OSError):  # a full disk or a read-only file system: the process remembers
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = self.file.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps(asdict(memory)))
            written.replace(self.file)


def losses(store: JobStore) -> list[Loss]:
    """What was noticed, newest first."""
    with naming_the_server(store.url):
        entries = [json.loads(entry) for entry in store.client.lrange(_keys(store)[1], 0, -1)]
    return [Loss(**entry) for entry in entries]


def _started(now: float, uptime: int) -> float:
    """The latest moment at which a server can have started that says this `uptime_in_seconds`.

    It counts the turns of whole seconds: 50 ms old, it says 1 where a second began in between. An
    earlier moment would call a server that was restarted at once another one, that took over.
    """
    return min(now, now // 1 - uptime + 1)


def _keys(store: JobStore) -> tuple[str, str]:
    return f"{store.keys.prefix}broker:mark", f"{store.keys.prefix}broker:losses"
