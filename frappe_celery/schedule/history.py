"""What became of the schedule's due times, as Redis keeps it: a bench's newest ten thousand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from frappe_celery.jobs import JobStore


@dataclass(frozen=True)
class Outcome:
    """One due time that a scheduler acted on, for itself and those before it that were missed."""

    site: str
    entry: str
    """Name of the Scheduled Job Type."""
    due: datetime
    """Aware, UTC, as `since` and `at`."""
    since: datetime | None
    """The first due time that it stands for; None: only for itself."""
    at: datetime | None
    """When it was acted on; None: that was not kept."""
    outcome: str
    """`enqueued`, `duplicate` (a run waits or runs already) or `skipped`."""
    reason: str
    """Why it was skipped; '': it was not."""
    run: str
    """Id of its run; of a duplicate, of the run that stood in the way."""
    method: str
    """What it runs, by its whole path; '': a script of its own, or that was not kept."""

    @property
    def words(self) -> str:
        if self.outcome == "duplicate":
            return "skipped: already queued, a run of it waits or runs"
        if self.outcome == "skipped":
            return f"skipped: {self.reason}"
        return self.outcome


def outcomes(store: JobStore, count: int, site: str | None = None) -> list[Outcome]:
    """The newest `count`, newest first, of one site or of all.

    Raises:
        BrokerUnreachable: the Redis does not answer.
    """
    kept = store.client.lrange(store.keys.acted, 0, count - 1 if site is None else -1)
    read = map(_outcome, map(json.loads, kept))
    return list(islice((each for each in read if site in (None, each.site)), count))


def _outcome(kept: dict[str, Any]) -> Outcome:
    site, _, entry = kept["entry"].partition(":")
    times: dict[str, Any] = {name: _time(kept.get(name)) for name in ("due", "since", "at")}
    said = {name: kept.get(name, "") for name in ("outcome", "reason", "run", "method")}
    return Outcome(site, entry, **times, **said)


def _time(seconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), timezone.utc) if seconds else None
