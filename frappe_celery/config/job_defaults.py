"""How jobs are repeated (`Retry`), how much memory they may have and in which process they run, as
the configuration says it by queue and by method.

"workers": {"imports": {"retry": 3, "idempotent": true, "max_memory": 1500}},
"frappe_celery_methods": {"myapp.sync.*": {"retry": {"max": 5, "delay": 60}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from frappe_celery.config.numbers import is_number, is_whole, require, shown
from frappe_celery.errors import ConfigError

RANGES = (("delay", 0, inf), ("factor", 1, inf), ("max_delay", 0, inf), ("jitter", 0, 1))
"""What Retry's numbers may be."""


@dataclass(frozen=True)
class Retry:
    """How a job that raised is repeated: at most `max` times, after pauses that grow.

    The n-th pause is `delay * factor ** (n - 1)` seconds, at most `max_delay`; of it a random part,
    up to the share `jitter` (0 to 1), is left out, so that jobs which failed together do not come
    back together. Meanwhile the job is `scheduled`. Every attempt is a run of its own under the
    same job id, as the same user on the same site, with its Error Log and `on_failure`; the last
    one's failure is final. What dies with its process is not repeated (see `idempotent`).

    Raises:
        ConfigError: a number that cannot be followed.
    """

    max: int
    delay: float = 10.0
    factor: float = 2.0
    max_delay: float = 3600.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if not is_whole(self.max) or self.max < 0:
            raise ConfigError(f"Retry(max={shown(self.max)}): it must be a whole number, 0 or more")
        for name, least, most in RANGES:
            value = getattr(self, name)
            if not is_number(value) or not least <= value <= most:
                limits = f"{least} or more" if most == inf else f"from {least} to {most}"
                raise ConfigError(f"Retry({name}={shown(value)}): it must be a number, {limits}")

    @property
    def backoff(self) -> list[float]:
        """What of it travels with a job besides `max`."""
        return [self.delay, self.factor, self.max_delay, self.jitter]


@dataclass(frozen=True)
class JobDefaults:
    """What is said of a queue's or a method's jobs; None: nothing is."""

    max_deliveries: int | None = None
    """How often it may be run when its process dies; 1: once."""
    retry: Retry | None = None
    """How often to run it again after a failure."""
    max_memory: int | None = None
    """MiB that its process may have in memory."""
    fresh_process: bool | None = None
    """Whether each of its jobs runs in a process of its own (`worker.forks`)."""


NO_DEFAULTS = JobDefaults()
AS_CONFIGURED = 0
"""In place of a number of deliveries: the configuration's."""
DELIVERIES = {None: None, True: AS_CONFIGURED, False: 1}
"""What `idempotent` says of them."""
MOST_MEMORY = 2**32 - 1
OPTIONS = {"retry", "idempotent", "max_memory", "fresh_process"}


def defaults_of(where: str, said: Mapping[str, Any]) -> JobDefaults:
    """What an object of the configuration says, `where` being its name there; NO_DEFAULTS itself
    where that is nothing.

    Raises:
        ConfigError: names the value that cannot be followed.
    """
    idempotent, fresh = said.get("idempotent"), said.get("fresh_process")
    for name, value in {"idempotent": idempotent, "fresh_process": fresh}.items():
        is_right = isinstance(value, (bool, type(None)))
        require(is_right, f"{where}.{name}", value, "true or false")
    memory = said.get("max_memory")
    check_memory(f"{where}.max_memory", memory)
    retry = _retry(f"{where}.retry", said.get("retry"))
    found = JobDefaults(DELIVERIES[idempotent], retry, memory, fresh)
    return NO_DEFAULTS if found == NO_DEFAULTS else found


def check_memory(where: str, value: Any) -> None:
    """Raises ConfigError: it is no number of MiB."""
    is_right = value is None or (is_whole(value) and 0 < value <= MOST_MEMORY)
    require(is_right, where, value, f"a whole number of MiB, from 1 to {MOST_MEMORY}")


def _retry(where: str, value: Any) -> Retry | None:
    if value is None:
        return None
    given = {"max": value} if isinstance(value, (int, float)) else value
    try:
        return Retry(**given)
    except TypeError:  # none of its words, or no max
        raise ConfigError(
            f'{where} is {value!r}; write how often, 3, or {{"max": 3, "delay": 10, "factor": 2,'
            ' "max_delay": 3600, "jitter": 0.5}, of which only max is needed'
        ) from None
    except ConfigError as exc:
        raise ConfigError(f"{where} is {value!r}. {exc}") from None


def defaults_of_methods(patterns: Mapping[str, Any]) -> dict[str, JobDefaults]:
    """`frappe_celery_methods`: by pattern of the method's path, the closest first: a path itself,
    then the longest pattern.

    Raises:
        ConfigError: names the value that cannot be followed.
    """
    for pattern, said in patterns.items():
        if not isinstance(said, Mapping) or not said or said.keys() - OPTIONS:
            raise ConfigError(
                f"frappe_celery_methods[{pattern!r}] is {said!r};"
                ' write {"retry": 3, "idempotent": true}, or max_memory or fresh_process'
            )
    return {
        pattern: defaults_of(f"frappe_celery_methods[{pattern!r}]", patterns[pattern])
        for pattern in sorted(patterns, key=lambda one: ("*" not in one, len(one)), reverse=True)
    }


def covering(method: str, patterns: Mapping[str, JobDefaults]) -> list[JobDefaults]:
    """What holds for a method's path, in the order of the patterns."""
    return [said for pattern, said in patterns.items() if fnmatchcase(method, pattern)]
