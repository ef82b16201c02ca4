"""Whether what stands in a configuration is an option, and of the type that this one takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from frappe_celery.config.files import ENVIRONMENT_PREFIX, options_stand_in, variable
from frappe_celery.config.numbers import is_whole, require
from frappe_celery.config.option_defaults import KEYS, kind
from frappe_celery.config.secrets import is_secret, masked
from frappe_celery.config.urls import without_password
from frappe_celery.errors import ConfigError

FOR_EVER = 100 * 365 * 86400
"""RQ's -1 for how long a record is kept, in seconds."""
MOST = 10**12
"""Of seconds, jobs or bytes: what Redis can count in milliseconds."""
KEPT_SECONDS = ("rq_results_ttl", "rq_job_failure_ttl")
MAY_BE_ZERO = ("frappe_celery_commit_wait", "max_memory_per_child")
MOST_EDITS = 2
"""So far from an option's name a key of common_site_config.json, where others' keys stand too, is
taken for it; of a short name less."""
TYPES: dict[str, tuple[type, str]] = {
    "int": (int, "a whole number"),
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
    "dict": (dict, "an object"),
    "list": (list, "a list of texts"),
}


def checked_value(name: str, value: Any) -> Any:
    """The value of an option as it is used.

    Raises:
        ConfigError: it cannot be; names the option, the value and where it may stand.
    """
    type_, words = TYPES[kind(name)]
    if value is None and KEYS[name].default is None:
        return None
    if type_ is bool and value in (0, 1):
        return bool(value)
    right = is_whole(value) if type_ is int else isinstance(value, type_)
    if type_ is list:
        right = right and all(isinstance(item, str) for item in value)
    if not right:
        shown = "no text" if is_secret(name) else repr(masked(value))
        raise ConfigError(
            f"{name} is {shown}; it must be {words}."
            f" It stands in {options_stand_in()}, or in the environment as {variable(name)}"
        )
    _check_texts(name, value)
    if value == -1 and name in KEPT_SECONDS:
        return FOR_EVER
    if type_ is int:
        is_right = 0 < value <= MOST or (value == 0 and name in MAY_BE_ZERO)
        words = "a whole number above 0" if value <= 0 else f"{MOST:,} at most"
        require(is_right, name, value, words)
    return value


def _check_texts(name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_texts(name, key)
            _check_texts(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(name, inner)
    elif isinstance(value, str):
        try:
            value.encode()
            if name == "broker_url" and "amqp" in value:  # a Redis' is looked at by redis-py
                for part in value.split(";"):
                    urlsplit(part).port  # noqa: B018
        except UnicodeEncodeError:
            shown = "a text" if is_secret(name) else repr(without_password(value))
            raise ConfigError(f"{name} is {shown}, which has a character that is none") from None
        except ValueError as exc:
            raise ConfigError(f"{name} is {without_password(value)!r}, no URL: {exc}") from None


def unknown_keys(
    django: Iterable[str], common: Iterable[str], environ: Mapping[str, str]
) -> Iterator[str]:
    """A sentence for each key that is no option, by where it stands."""
    for key in sorted(set(django).difference(KEYS)):
        yield _sentence(f"FRAPPE_CELERY in Django's settings has {key!r}", _nearest(key, KEYS))
    for key in sorted(set(common).difference(KEYS)):
        nearest = _nearest(key, KEYS)
        if edits(key, nearest) <= min(MOST_EDITS, len(nearest) // 3):
            yield _sentence(f"sites/common_site_config.json has {key!r}", nearest)
    variables = {*map(variable, KEYS)}
    for key in sorted(environ.keys() - variables):
        if key.startswith(ENVIRONMENT_PREFIX):
            yield _sentence(f"the environment has {key}", _nearest(key, variables))


def _sentence(found: str, nearest: str) -> str:
    return f"{found}, which is no option and does nothing; the nearest one is {nearest}"


def _nearest(key: str, names: Iterable[str]) -> str:
    return min(sorted(names), key=lambda name: edits(key.lower(), name.lower()))


def edits(a: str, b: str) -> int:
    """How many letters, about, have to be put in, left out, changed or swapped."""
    matching = SequenceMatcher(None, a, b).get_matching_blocks()
    return max(len(a), len(b)) - sum(block.size for block in matching)
