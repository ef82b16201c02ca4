"""Whether what stands in a configuration is of the type that its option takes."""

from __future__ import annotations

from dataclasses import Field
from typing import Any

from frappe_celery.config.files import options_stand_in, variable
from frappe_celery.config.numbers import is_whole, require
from frappe_celery.config.option_defaults import kind
from frappe_celery.config.secrets import is_secret, masked
from frappe_celery.errors import ConfigError

FOR_EVER = 100 * 365 * 86400
"""RQ's -1 for how long a record is kept, in seconds."""
KEPT_SECONDS = ("rq_results_ttl", "rq_job_failure_ttl")
MAY_BE_ZERO = ("frappe_celery_commit_wait", "max_memory_per_child")


TYPES: dict[str, tuple[type, str]] = {
    "int": (int, "a whole number"),
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
    "dict": (dict, "an object"),
    "list": (list, "a list of texts"),
}


def checked_value(option: Field[Any], value: Any) -> Any:
    """The value of an option as it is used.

    Raises:
        ConfigError: it cannot be; names the option, the value and where it may stand.
    """
    type_, words = TYPES[kind(option)]
    if value is None and option.default is None:
        return None
    if type_ is bool and value in (0, 1):
        return bool(value)
    right = is_whole(value) if type_ is int else isinstance(value, type_)
    if type_ is list:
        right = right and all(isinstance(item, str) for item in value)
    if not right:
        shown = "no text" if is_secret(option.name) else repr(masked(value))
        raise ConfigError(
            f"{option.name} is {shown}; it must be {words}."
            f" It stands in {options_stand_in()}, or in the environment as {variable(option.name)}"
        )
    if value == -1 and option.name in KEPT_SECONDS:
        return FOR_EVER
    if type_ is int:
        is_right = value > 0 or (value == 0 and option.name in MAY_BE_ZERO)
        require(is_right, option.name, value, "a whole number above 0")
    return value
