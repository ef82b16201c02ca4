"""Whether the broker lost jobs, and from when to when: its data cannot tell that by themselves.

Workers (and doctor) leave a mark in it every few seconds, with the time and the run id of the
server, and remember outside of it that they did. When the server was started again, or another one
took over, the mark that it still has tells how far back its data went.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from frappe_celery.config.urls import without_password
from frappe_celery.jobs import JobStore

logger = logging.getLogger(__name__)

KEPT = 20


@dataclass(frozen=True)
class Loss:
    """Jobs that were enqueued from `start` to `end` (seconds since the epoch) may be gone."""

    start: float
    end: float
    all: bool
    """Nothing was left at all of what had been there."""
    sure: bool
    """The data went back; else that is only possible."""

    def in_words(self, moment: Callable[[float], str]) -> str:
        """What became of jobs; `moment` writes a time."""
        start, end = moment(self.start), moment(self.end)
        if self.all:
            return (
                f"the Redis lost everything at {end}: every job enqueued from {start} to then that"
                " had not ended is gone"
            )
        if self.sure:
            return (
                f"the Redis went back to what it held at {start}: jobs enqueued from then to {end}"
                " are gone, what waited then and has run since runs again, and what ran then counts"
                " as running until a worker settles it, within minutes"
            )
        return (
            f"the Redis was started again, or another took over, at {end}: jobs enqueued from"
            f" {start} to then may have been lost, if that was not in order"
        )


class Watch:
    """One process's eye on the broker. Its memory is also in a file, for when all die at once."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.file: Path = store.settings.state_path / "broker.json"
        self._server = f"{without_password(store.url)} {store.keys.prefix}"
        self._known = self._recall()
        """When it was marked last, and these data first; '' : that is not known."""

    def look(self) -> Loss | None:
        """Compare Redis with what was seen last, and mark a loss, which is returned.

        Raises:
            BrokerUnreachable.
        """
        keys = _keys(self.store)
        now, since, told = self.store.run_script("mark_data", keys, *self._known, KEPT)
        self._known = float(now), float(since)
        self._remember(*self._known)
        return Loss(**json.loads(told)) if told else None

    def _recall(self) -> tuple[float | str, float | str]:
        with suppress(OSError, ValueError, TypeError, LookupError):
            said = json.loads(self.file.read_text())
            if said["server"] == self._server:
                return said["at"], said["since"]
        return "", ""

    def _remember(self, at: float, since: float) -> None:
        with suppress(OSError):  # a full disk or a read-only file system: the process remembers
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = self.file.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps({"server": self._server, "at": at, "since": since}))
            written.replace(self.file)


def losses(store: JobStore) -> list[Loss]:
    """Every loss that was noticed, newest first. Raises BrokerUnreachable."""
    key, found = _keys(store)[1], []
    for entry in store.client.lrange(key, 0, -1):
        try:
            said = json.loads(entry)
            start, end = float(said["start"]), float(said["end"])
            loss = Loss(start, end, said["all"], said["sure"])
            found.append(loss)
        except (ValueError, TypeError, LookupError, RecursionError):
            logger.warning("the key %s held %.100r, which is no loss: taken out", key, entry)
            store.client.lrem(key, 0, entry)
    return found


def newest_loss(store: JobStore) -> Loss | None:
    """The newest that is sure. Raises BrokerUnreachable."""
    return next((loss for loss in losses(store) if loss.sure), None)


def _keys(store: JobStore) -> tuple[str, str]:
    return f"{store.keys.prefix}broker:mark", f"{store.keys.prefix}broker:losses"
