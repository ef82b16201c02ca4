"""Which of a bench's two systems a job goes to, RQ or Celery, while the bench is moved over, and
which of their schedulers acts.

Routes lie in Redis with a number that grows at each change. Whoever enqueues says by which number
he went, in the step that enqueues: one that has changed meanwhile is looked at again, so that after
a change nothing goes by the old one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from redis import WatchError

from frappe_celery.errors import ConfigError

RQ, CELERY = "rq", "celery"
EVERY = ""
"""In place of a queue's or a site's name: all of them."""


class Rule(NamedTuple):
    """Where the jobs of a queue and a site go."""

    queue: str
    site: str
    to_celery: bool

    def is_about(self, queue: str, site: str) -> bool:
        """Whether it says where this queue's jobs of this site go."""
        return self.queue in (EVERY, queue) and self.site in (EVERY, site)


@dataclass(frozen=True)
class Routes:
    """All that was said, the newest rule last: it wins."""

    number: int
    rules: tuple[Rule, ...]
    beat_acts: bool
    """Whether Celery's beat runs the schedule; else Frappe's scheduler does."""

    @property
    def all_lead_to_rq(self) -> bool:
        """Whether no job goes to Celery."""
        return not any(rule.to_celery for rule in self.rules)

    def lead_to_celery(self, queue: str, site: str) -> bool:
        """Where such a job goes; to RQ where nothing was said."""
        said = (rule.to_celery for rule in reversed(self.rules) if rule.is_about(queue, site))
        return next(said, False)

    def lead_all(self, queues: Iterable[str], sites: Iterable[str], to_celery: bool) -> bool:
        """Whether every job of these goes there."""
        found = {self.lead_to_celery(q, s) for q in queues for s in sites}
        return found == {to_celery}

    def with_rule(self, rule: Rule) -> Routes:
        """The next ones; what the new rule covers is forgotten."""
        kept = (old for old in self.rules if not rule.is_about(old.queue, old.site))
        return Routes(after(self), (*kept, rule), self.beat_acts)

    def with_schedule(self, beat_acts: bool) -> Routes:
        """The next ones, with the schedule in these hands."""
        return Routes(after(self), self.rules, beat_acts)


def after(routes: Routes | None) -> int:
    """The next number; greater than any before, also where Redis lost some."""
    return max(int(time.time()), routes.number + 1 if routes else 1)


def read(store: Any) -> Routes | None:
    """Those that hold now for a store's jobs; None where Redis has none.

    Raises:
        BrokerUnreachable.
    """
    return _routes_in(store.client.hgetall(store.keys.routes))


def change(store: Any, following: Callable[[Routes | None], Routes]) -> Routes:
    """Put others in place of those that hold; returns them.

    Raises:
        BrokerUnreachable.
    """
    key = store.keys.routes
    with store.client.pipeline() as pipe:
        while True:
            pipe.watch(key)
            routes = following(_routes_in(pipe.hgetall(key)))
            pipe.multi()
            pipe.hset(key, mapping=_written(routes))
            try:
                pipe.execute()
            except WatchError:
                continue
            return routes


def noted(routes: Routes) -> dict[str, Any]:
    """What the bench's configuration says of them, for a Redis that loses them."""
    return {"rules": routes.rules, "schedule": CELERY if routes.beat_acts else RQ}


def of_note(note: Mapping[str, Any]) -> Routes:
    """What was noted.

    Raises:
        ConfigError: it is nothing that `noted` wrote.
    """
    try:
        rules = tuple(Rule(*rule) for rule in note["rules"])
        return Routes(0, rules, {RQ: False, CELERY: True}[note["schedule"]])
    except (KeyError, TypeError) as exc:
        raise ConfigError(
            f"frappe_celery_routes is {dict(note)!r} in sites/common_site_config.json: have it"
            " written anew by frappe-celery enable --armed, without that key"
        ) from exc


def _written(routes: Routes) -> dict[str, Any]:
    note = noted(routes)
    return {**note, "number": routes.number, "rules": json.dumps(note["rules"])}


def _routes_in(found: dict[bytes, bytes]) -> Routes | None:
    if not found:
        return None
    note = {"rules": json.loads(found[b"rules"]), "schedule": found[b"schedule"].decode()}
    return replace(of_note(note), number=int(found[b"number"]))
