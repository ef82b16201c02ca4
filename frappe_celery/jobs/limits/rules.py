"""Limits and pauses: how much of a site, a queue, a method or a key runs at once and a minute.

A method may declare a limit of its own (`job_options`), the configuration states others
(`frappe_celery_limits`), operators set others while the bench runs, and pause. All lie in Redis,
where the script that fetches a job reads them (`rules.lua`): a run over its limit is
kept back, once, until a slot or a minute opens, and costs nobody else anything.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import reduce
from itertools import chain
from typing import Any, NamedTuple

from frappe_celery.config.numbers import is_whole, require
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.record.store import JobStore

KINDS = ("site", "queue", "method", "key")
AUTHORS = {"hand": "rules", "configuration": "rules:configured", "decorator": "rules:declared"}
"""Who says numbers, of whom the first counts that says one; and in which hash they lie."""
HAND, CONFIGURATION, DECLARATION = AUTHORS
PAUSES = "pauses"
UNTIL_TOLD = -1.0
MOST_A_MINUTE = 10_000
LONGEST_TARGET = 200


@dataclass(frozen=True)
class Rule:
    """How much may run; None: that is not limited."""

    running: int | None = None
    """How many of them may run at once."""
    per_minute: int | None = None
    """How many begin within any 60 seconds."""

    @property
    def numbers(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    def over(self, other: Rule) -> Rule:
        """Its numbers, and where it says none the other's."""
        return Rule(**{**other.numbers, **self.numbers})


@dataclass(frozen=True)
class Limit:
    """What holds for a target, and what comes of it now."""

    target: str
    rule: Rule
    said_by: tuple[str, ...]
    """Which of AUTHORS say a number of it."""
    paused: float | None
    """Until when none begins, in seconds since the epoch, or UNTIL_TOLD; None: it is not paused."""
    running: int
    """How many of it hold a slot, where it says how many may."""
    kept_back: int
    """How many wait for a slot or a minute, or for the end of a pause."""


class Keeping(NamedTuple):
    """What keeps a job back; neither numbers nor a pause: it is about to be let go."""

    counter: str
    """`kind:name`, of a pattern for methods."""
    rule: Rule
    paused: float | None
    """Until when it is paused, as `Limit.paused`."""


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
    require(len(text) <= LONGEST_TARGET, "a limit's target", text, f"{LONGEST_TARGET} long at most")
    if kind == "method" and re.search(r"[?\[\]\s]", pattern):
        raise ConfigError(f"{text!r} covers no method: of ? [ ] and * only * stands for anything")
    known = {"queue": list(config.queues), "site": config.sites()}.get(kind)
    if known is not None and not any(_matches(pattern, name) for name in known):
        close = get_close_matches(pattern, known, 1)
        meant = f"did you mean {close[0]}?" if close else f"known are: {', '.join(known[:20])}"
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
        try:
            found[checked_target(target, config)] = Rule(**said)
        except ConfigError as exc:
            raise ConfigError(f"{where}: {exc}") from None
    return found


def checked_number(what: str, name: str, value: Any) -> None:
    """Raises ConfigError where it is no number that a limit can have."""
    most = MOST_A_MINUTE if name == "per_minute" else 1_000_000
    hint = "What is to stand still is paused: frappe-celery limits pause"
    is_right = is_whole(value) and 1 <= value <= most
    require(is_right, what, value, f"a whole number from 1 to {most}. {hint}")


class Limits:
    """A bench's. Every method may raise BrokerUnreachable."""

    def __init__(self, store: JobStore) -> None:
        self.store = store

    # -- saying them

    def configure(self) -> None:
        """What the configuration says holds from now on.

        Raises:
            ConfigError.
        """
        texts = dict.fromkeys(self._said(CONFIGURATION), "")
        rules = configured(self.store.settings).items()
        texts |= {target: json.dumps(rule.numbers) for target, rule in rules}
        self._write(AUTHORS[CONFIGURATION], texts)

    def change(self, target: str, **numbers: int) -> Rule:
        """Set some of a target's numbers (see `Rule`); the rule that holds now.

        Raises:
            ConfigError: no such target.
        """
        checked_target(target, self.store.settings)
        said = Rule(**numbers).over(self._rules(HAND).get(target, Rule()))
        self._write(AUTHORS[HAND], {target: json.dumps(said.numbers)})
        return self._holds(target, {author: self._rules(author) for author in AUTHORS})

    def declare(self, said: Mapping[str, Mapping[str, Any]]) -> None:
        """What methods declare, by dotted path, as `JobOptions.limits`; {}: nothing."""
        texts = {f"method:{path}": json.dumps(its) if its else "" for path, its in said.items()}
        self._write(AUTHORS[DECLARATION], texts)

    def drop(self, target: str) -> None:
        """What somebody has set counts no more.

        Raises:
            ConfigError: nobody has set a limit for it.
        """
        by_hand = self._rules(HAND)
        if target not in by_hand:
            raise ConfigError(
                f"no limit was set for {target!r}; set are: {', '.join(sorted(by_hand)) or 'none'}."
                " What the configuration says is changed there (frappe_celery_limits)"
            )
        self._write(AUTHORS[HAND], {target: ""})

    def pause(self, target: str, seconds: float | None = None) -> float:
        """Let none of it begin for so long (None: until `resume`); until when, as `Limit.paused`.

        Raises:
            ConfigError: no such target.
        """
        checked_target(target, self.store.settings)
        ends = UNTIL_TOLD if seconds is None else self.store.now() + seconds
        self._write(PAUSES, {target: repr(ends)})
        return ends

    def resume(self, target: str) -> None:
        """End a pause.

        Raises:
            ConfigError: it is not paused.
        """
        paused = self.paused()
        if target not in paused:
            others = ", ".join(sorted(paused)) or "nothing"
            raise ConfigError(f"{target} is not paused; paused is: {others}")
        self._write(PAUSES, {target: ""})

    # -- looking

    def all(self) -> list[Limit]:
        """Every target that is limited or paused."""
        rules, paused = {author: self._rules(author) for author in AUTHORS}, self.paused()
        held, kept_back = self._held(), self.kept_back()
        return [
            Limit(
                target,
                self._holds(target, rules),
                tuple(author for author in AUTHORS if target in rules[author]),
                paused.get(target),
                _sum(held, target),
                _sum(kept_back, target),
            )
            for target in sorted({*chain(*rules.values()), *paused})
        ]

    def declared(self) -> dict[str, Any]:
        """What methods declare, as processes that have imported them have told: as `declare`."""
        said = self._said(DECLARATION)
        return {target.removeprefix("method:"): its for target, its in said.items()}

    def paused(self) -> dict[str, float]:
        """Until when each target is that is paused now, as `Limit.paused`."""
        found = self.store.client.hgetall(self._hash(PAUSES))
        ends = {target.decode(): float(text) for target, text in found.items()}
        now = self.store.now() if ends else 0.0
        return {target: end for target, end in ends.items() if end == UNTIL_TOLD or end > now}

    def kept_back(self) -> dict[str, int]:
        """How many runs each limit keeps back, by `kind:name` (of a pattern for methods)."""
        prefix, client = self.store.keys.prefix, self.store.client
        names = [name.decode() for name in client.zrange(self.store.keys.parkings, 0, -1)]
        numbers = client.each("zcard", (f"{prefix}kept:{name}" for name in names))
        found = Counter(dict(zip(names, numbers, strict=True)))
        # out of RabbitMQ's all is taken, out of lines of a queue that waits nothing is
        lined = self.store.settings.queues if self.store.lane_prefix else ()
        for queue in lined:
            if self._what_keeps("", queue):
                found[f"queue:{queue}"] += self.store.queue_length(queue)
        return {name: number for name, number in found.items() if number}

    def keeping(self, job: Job) -> Keeping | None:
        """The limit or pause that keeps a waiting job back; None: nothing does."""
        found = self._what_keeps(job.run_id, job.queue)
        if not found:
            return None
        said = json.loads(found[1])
        return Keeping(found[0].decode(), _rule(said), said.get("paused"))

    def _what_keeps(self, run: str, queue: str) -> Any:
        store = self.store
        return store.run_script("what_keeps", (), store.keys.prefix, store.lane_prefix, run, queue)

    def some_may_go(self) -> bool:
        """Whether some of those that are kept back are looked at again within a second."""
        soon = self.store.now() + 1
        return bool(self.store.client.zcount(self.store.keys.parkings, "-inf", soon))

    def _held(self) -> Counter[str]:
        """How many of those that run hold a slot of each counter."""
        store = self.store
        words = store.places(None, None), [JobStatus.STARTED], 0, -1
        runs = [run.decode() for _, _, some in store.in_indexes("ZRANGE", *words) for run in some]
        found = [holds.decode().split("\n") for (holds,) in store.fields(runs, "holds") if holds]
        return Counter(chain(*found))

    def _holds(self, target: str, rules: Mapping[str, Mapping[str, Rule]]) -> Rule:
        said = (rules[author].get(target, Rule()) for author in AUTHORS)
        return reduce(Rule.over, said)

    def _rules(self, author: str) -> dict[str, Rule]:
        rules = {target: _rule(said) for target, said in self._said(author).items()}
        return {target: rule for target, rule in rules.items() if rule.numbers}

    def _said(self, author: str) -> dict[str, Any]:
        return self.store.objects(self._hash(AUTHORS[author]), "running", "per_minute")

    def _hash(self, name: str) -> str:
        return f"{self.store.keys.prefix}{name}"

    def _write(self, name: str, texts: Mapping[str, str]) -> None:
        """Have fields say this ('': they are dropped), and what is kept back looked at anew, unless
        they do."""
        store, key = self.store, self._hash(name)
        known = store.client.hmget(key, [*texts]) if texts else ()
        said = [text.decode(errors="replace") if text else "" for text in known]
        new = texts.items() - dict(zip(texts, said, strict=True)).items()
        if new:
            store.run_script(
                "set_rules", (key,), store.keys.prefix, store.lane_prefix, *chain(*new)
            )


def covers(target: str, counter: str) -> bool:
    """Whether what a `kind:name` counts is of a target; a method's pattern is counted as one."""
    if target.startswith("method:"):
        return target == counter
    return _matches(target, counter)


def _matches(pattern: str, name: str) -> bool:
    """As `rules.lua` has it: only * stands for anything."""
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None


def _sum(counts: Mapping[str, int], target: str) -> int:
    return sum(number for counter, number in counts.items() if covers(target, counter))


def _rule(said: Mapping[str, Any]) -> Rule:
    return Rule(said.get("running"), said.get("per_minute"))
