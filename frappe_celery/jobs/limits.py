"""Limits and pauses: how much of a site, a queue, a method or a key runs at once and a minute.

The configuration states rules (`frappe_celery_limits`), operators set others while the bench runs.
Both lie in Redis, where the script that fetches a job reads them (`lua/rules.lua`): a run over its
limit is kept back, once, until a slot or a minute opens, and costs nobody else anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.store import JobStore

KINDS = ("site", "queue", "method", "key")
UNTIL_TOLD = -1.0
MOST_A_MINUTE = 10_000


@dataclass(frozen=True)
class Rule:
    """What holds for a target; None: no limit."""

    running: int | None = None
    """How many run at once."""
    per_minute: int | None = None
    """How many begin within any 60 seconds."""
    paused: float | None = None
    """Until when none begins, in seconds since the epoch; UNTIL_TOLD."""

    @property
    def text(self) -> str:
        """As Redis has it; '' where nothing is limited."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(said) if said else ""

    @property
    def is_paused(self) -> bool:
        """Whether it is paused now."""
        return self.paused is not None and not 0 <= self.paused <= time.time()


NO_RULE = Rule()


@dataclass(frozen=True)
class Limit:
    """A rule, and what comes of it now."""

    target: str
    rule: Rule
    is_configured: bool
    """It stands in the configuration, and nobody has set another one since."""
    running: int
    """How many of it hold a slot, where it says how many may."""
    kept_back: int
    """How many wait for a slot or a minute, or for the end of a pause."""


def checked_target(text: str, config: Settings) -> str:
    """`kind:pattern` where the kind is known, and the queue or site is there.

    Raises:
        ConfigError: names what is there.
    """
    kind, colon, pattern = text.partition(":")
    if not colon or kind not in KINDS or not pattern:
        raise ConfigError(
            f"{text!r} is no target of a limit: write site:NAME, queue:NAME, method:DOTTED.PATH or"
            " key:NAME, in which * stands for anything"
        )
    known = {"queue": list(config.queues), "site": config.sites()}.get(kind)
    if known is not None and not any(fnmatchcase(name, pattern) for name in known):
        close = get_close_matches(pattern, known, 1)
        meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(known[:20])}"
        raise ConfigError(f"there is no {kind} {pattern!r}: {meant}")
    return text


def configured(config: Settings) -> dict[str, Rule]:
    """The rules of `frappe_celery_limits`, by target.

    Raises:
        ConfigError: names the value that cannot be followed.
    """
    found = {}
    for target, said in config.frappe_celery_limits.items():
        where = f"frappe_celery_limits[{target!r}]"
        if not isinstance(said, dict) or not said or not {*said} <= {"running", "per_minute"}:
            raise ConfigError(f'{where} is {said!r}; write {{"running": 2, "per_minute": 60}}')
        for name, value in said.items():
            checked_number(f"{where}.{name}", name, value)
        found[checked_target(target, config)] = Rule(**said)
    return found


def checked_number(what: str, name: str, value: Any) -> None:
    """Raises ConfigError where it is no number that a limit can have."""
    most = MOST_A_MINUTE if name == "per_minute" else 1_000_000
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConfigError(
            f"{what} is {value!r}; it must be a whole number from 1 to {most}."
            " What is to stand still is paused: frappe-celery pause"
        )


class Limits:
    """A bench's. Every method may raise BrokerUnreachable."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._hashes = f"{store.keys.prefix}rules:configured", f"{store.keys.prefix}rules"

    def configure(self) -> None:
        """What the configuration says holds from now on.

        Raises:
            ConfigError.
        """
        rules = configured(self.store.settings)
        if rules != self._read(self._hashes[0]):
            self._write(self._hashes[0], rules, are_all=True)

    def change(self, target: str, **numbers: Any) -> Rule:
        """Set some of a target's numbers (see `Rule`); the rule that holds now.

        Raises:
            ConfigError: no such target.
        """
        checked_target(target, self.store.settings)
        stated = self._read(self._hashes[0]).get(target, NO_RULE)
        rule = replace(self._read(self._hashes[1]).get(target, stated), **numbers)
        self._write(self._hashes[1], {target: NO_RULE if rule == stated else rule})
        return rule

    def drop(self, target: str) -> None:
        """The configuration alone counts for it again.

        Raises:
            ConfigError: nobody has set a rule for it.
        """
        by_hand = self._read(self._hashes[1])
        if target not in by_hand:
            raise ConfigError(
                f"no limit was set for {target!r}; set are: {', '.join(sorted(by_hand)) or 'none'}."
                " What the configuration says is changed there (frappe_celery_limits)"
            )
        self._write(self._hashes[1], {target: NO_RULE})

    def all(self) -> list[Limit]:
        """Every rule that holds."""
        stated, by_hand = map(self._read, self._hashes)
        kept_back = self.kept_back()
        found = []
        for target, rule in sorted({**stated, **by_hand}.items()):
            kept = sum(number for name, number in kept_back.items() if _covers(target, name))
            found.append(Limit(target, rule, target not in by_hand, self._running(target), kept))
        return found

    def paused(self) -> list[Limit]:
        """Those that are paused now."""
        return [limit for limit in self.all() if limit.rule.is_paused]

    def kept_back(self) -> dict[str, int]:
        """How many runs each limit keeps back, by `kind:name` (of a pattern for methods)."""
        prefix, client = self.store.keys.prefix, self.store.client
        with naming_the_server(self.store.url):
            names = [name.decode() for name in client.zrange(f"{prefix}parkings", 0, -1)]
            pipe = client.pipeline(transaction=False)
            for name in names:
                pipe.llen(f"{prefix}parked:{name}")
            return dict(zip(names, pipe.execute(), strict=True))

    def _running(self, target: str) -> int:
        client, holds = self.store.client, f"{self.store.keys.prefix}holds:{target}"
        with naming_the_server(self.store.url):
            if "*" not in target or target.startswith("method:"):
                return int(client.scard(holds))
            return sum(int(client.scard(name)) for name in client.scan_iter(holds, count=1000))

    def _read(self, name: str) -> dict[str, Rule]:
        known = {field.name for field in fields(Rule)}
        with naming_the_server(self.store.url):
            found = self.store.client.hgetall(name)
        return {
            target.decode(): Rule(**{k: v for k, v in json.loads(text).items() if k in known})
            for target, text in found.items()
        }

    def _write(self, name: str, rules: Mapping[str, Rule], are_all: bool = False) -> None:
        flat = [word for target, rule in rules.items() for word in (target, rule.text)]
        store = self.store
        store.run_script(
            "rule", (name,), store.keys.prefix, store.lined, "1" if are_all else "", *flat
        )


def _covers(target: str, counter: str) -> bool:
    if target.startswith("method:"):
        return target == counter
    return fnmatchcase(counter, target)
