"""The bench's queues: Frappe's three, then the custom ones of the configuration's `workers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frappe_celery.config.job_defaults import NO_DEFAULTS, JobDefaults, defaults_of
from frappe_celery.config.numbers import is_whole, require
from frappe_celery.errors import ConfigError


@dataclass(frozen=True)
class Queue:
    name: str
    timeout: int
    """Seconds that a job may run unless it is enqueued with a timeout of its own."""
    background_workers: int = 1
    """Worker processes that `frappe-celery setup` writes for it."""
    full_comparison: bool = False
    """Whether all that its jobs can leave in modules is looked for after each (`worker.state`)."""
    defaults: JobDefaults = NO_DEFAULTS
    """How its jobs are repeated, how much memory each may have, and whether each gets a process of
    its own, unless they or their methods say otherwise."""


FRAPPE_QUEUES = (Queue("short", 300), Queue("default", 300), Queue("long", 1500))
NUMBERS = ("timeout", "background_workers")
CUSTOM_QUEUE_TIMEOUT = 300
QUEUED_JOBS_A_SITE = 50
"""How many may wait in a queue beyond `max_queued_jobs`, as Frappe adds for each site."""
LONGEST_NAME = 100
"""Bytes: RabbitMQ's names have at most 255, the bench's prefix included."""
NOT_IN_NAMES = {*"|:,* "}
"""What parts names in Redis (`|`, `:`), or those of `-Q`, or stands for others in limits."""
TAKEN_NAMES = {
    *("acted", "alerts", "armed", "batches", "came", "caught", "clocks", "compared"),
    *("consumers", "expiring", "forwarding", "lacking", "maintainer", "may_publish", "may_write"),
    *("outages", "outboxes", "parked", "parkings", "patterns", "pauses", "places", "refusals"),
    *("refused", "routes", "rules", "scheduled", "settling", "shares", "suspects", "sweeping"),
    *("swept", "turn", "workers"),
}
"""What stands beside the queues' lists in Redis, and beside the queues in RabbitMQ."""


def queues_of(workers: Mapping[str, Any]) -> dict[str, Queue]:
    """All queues by name, in the order that a worker empties them: short, default, long, custom.

    Raises:
        ConfigError: names the value that cannot be followed.
    """
    queues = {queue.name: queue for queue in FRAPPE_QUEUES}
    for name, config in workers.items():
        _check_name(name)
        queues[name] = _configured(queues.get(name, Queue(name, CUSTOM_QUEUE_TIMEOUT)), config)
    return queues


def _check_name(name: Any) -> None:
    if name in TAKEN_NAMES:
        raise ConfigError(
            f"workers has a queue {name!r}, which is the name of something else that frappe_celery"
            f" keeps: call it {name}-jobs, say"
        )
    fits = isinstance(name, str) and 0 < len(name.encode(errors="replace")) <= LONGEST_NAME
    if not fits or name[0] == "-" or not name.isprintable() or NOT_IN_NAMES & {*name}:
        raise ConfigError(
            f"workers has a queue {name!r}; call it by what can be printed without |, :, *, a comma"
            f" or a space, and without - at its beginning, in at most {LONGEST_NAME} bytes"
        )


def _configured(known: Queue, config: Any) -> Queue:
    name = known.name
    if not isinstance(config, dict):
        raise ConfigError(
            f'workers.{name} is {config!r}; write {{"timeout": 300, "background_workers": 1}}'
        )
    asked = {key: config.get(key, getattr(known, key)) for key in (*NUMBERS, "full_comparison")}
    for key in NUMBERS:
        value = asked[key]
        require(is_whole(value) and value > 0, f"workers.{name}.{key}", value, "a number above 0")
    full = asked["full_comparison"]
    require(isinstance(full, bool), f"workers.{name}.full_comparison", full, "true or false")
    return Queue(name, **asked, defaults=defaults_of(f"workers.{name}", config))
