"""How arguments, methods, callbacks and results travel: JSON where exact, else a pickle.

Pickles are opened only out of a text whose signature was checked.
"""

from __future__ import annotations

import base64
import io
import json
import math
import pickle
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any

from frappe_celery.errors import CannotTravel

PICKLE = "__pickle__"
_LARGEST_INTEGER_BITS = 4300  # of which Python reads the decimal text back without complaint
_DEEPEST = 100
_REFUSED = {io.TextIOWrapper: io.TextIOWrapper.__reduce__}


dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Compact JSON; `json.dumps` would make an encoder for each call."""


def is_exact(value: Any, met: set[int] | None = None, depth: int = 0) -> bool:
    """Whether JSON brings `value` back equal, in type too.

    With `met`, a list or dict that occurs twice does not: JSON would make two of the one.
    """
    kind = type(value)
    if kind is str:
        return bool(value.isascii()) or _is_text(value)
    if kind is bool or value is None:
        return True
    if kind is int:
        return bool(value.bit_length() <= _LARGEST_INTEGER_BITS)
    if kind is float:
        return math.isfinite(value)
    if depth > _DEEPEST or (kind is not list and kind is not dict):
        return False
    if met is not None:
        if id(value) in met:
            return False
        met.add(id(value))
    if kind is list:
        return all(is_exact(item, met, depth + 1) for item in value)
    return PICKLE not in value and all(
        type(key) is str and is_exact(key) and is_exact(item, met, depth + 1)
        for key, item in value.items()
    )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # lone surrogates: JSON would join two of them
        return False
    return True


def encode_arguments(kwargs: Mapping[str, Any], allow_pickle: bool) -> Any:
    """`kwargs` as a JSON-ready object.

    Raises:
        CannotTravel: names the first argument that neither JSON nor (where allowed) pickle carries.
    """
    kwargs = dict(kwargs)
    if is_exact(kwargs, set() if allow_pickle else None):
        return kwargs
    if not allow_pickle:
        name = next((k for k, v in kwargs.items() if not (is_exact(k) and is_exact(v))), PICKLE)
        _refuse_jobs(name, kwargs.get(name))
        raise CannotTravel(
            f"argument {name!r} ({type(kwargs.get(name)).__name__}) is not carried exactly by JSON,"
            " and frappe_celery_pickle is false. Pass text, whole or finite numbers, true/false,"
            " None, lists and objects of these, or set frappe_celery_pickle to true"
        )
    try:
        return {PICKLE: _pickled(kwargs)}
    except Exception as exc:
        name, reason = _culprit(kwargs, exc)
        _refuse_jobs(name, kwargs[name])
        raise CannotTravel(
            f"argument {name!r} ({type(kwargs[name]).__name__}) cannot travel to a worker:"
            f" {reason}. Pass its name or id and fetch it inside the job"
        ) from exc


def _refuse_jobs(name: str, value: Any) -> None:
    """Raises CannotTravel: it is a Job, or has some, as a Dependency does."""
    inside = getattr(value, "dependencies", value)
    inside = inside.values() if isinstance(inside, Mapping) else inside
    some = [value, *inside] if isinstance(inside, Collection) else [value]
    if not any("first_run" in getattr(type(one), "__dataclass_fields__", ()) for one in some):
        return  # known by its fields: Job's module imports this one
    if name == "depends_on":
        raise CannotTravel(
            "depends_on is no word of enqueue's, so it would be an argument of the method: a job"
            " waits for others by options(depends_on=…).enqueue(…)"
        )
    raise CannotTravel(
        f"argument {name!r} ({type(value).__name__}) cannot travel to a worker: a Job is of this"
        " process alone. Pass job.id, and have the method call get_job(id)"
    )


def encode_value(value: Any, allow_pickle: bool = True) -> Any:
    """One value (a result, a callback) as a JSON-ready object; raises CannotTravel."""
    if is_exact(value, set() if allow_pickle else None):
        return value
    if not allow_pickle:
        raise CannotTravel(f"{value!r} is not carried exactly by JSON")
    try:
        return {PICKLE: _pickled(value)}
    except Exception as exc:
        raise CannotTravel(f"{value!r} cannot travel to a worker: {exc}") from exc


def decode(value: Any) -> Any:
    """What `encode_arguments` and `encode_value` were given. Only for text of checked signature."""
    if type(value) is dict and PICKLE in value:
        return pickle.loads(base64.b64decode(value[PICKLE]))
    return value


def encode_callable(function: str | Callable[..., Any], allow_pickle: bool) -> Any:
    """A dotted path as it is, an importable function by its path, any other by value.

    Raises:
        CannotTravel: a lambda or nested function while frappe_celery_pickle is false.
    """
    if isinstance(function, str):
        return function
    path = importable_path(function)
    if path is not None:
        return path
    if not allow_pickle:
        raise CannotTravel(
            f"{function!r} has no dotted path of its own, and frappe_celery_pickle is false."
            " Move it to the top of a module, or set frappe_celery_pickle to true"
        )
    return encode_value(function)


def encode_function(function: str | Callable[..., Any], allow_pickle: bool) -> Any:
    """As `encode_callable`, but a function stays one where it can, as under RQ: by its path Frappe
    would find it only in an installed app."""
    if isinstance(function, str) or not allow_pickle:
        return encode_callable(function, allow_pickle)
    return encode_value(function)


def importable_path(function: Any) -> str | None:
    """`module.name` when that is where a worker finds this very function."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or module == "__main__" or "." in name:
        return None
    found = getattr(sys.modules.get(module), name, None)
    return f"{module}.{name}" if found is function else None


def _pickled(value: Any) -> str:
    import cloudpickle  # only where it is needed: it costs every other caller its import

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # whose own sends a file's text
        dispatch_table = cloudpickle.Pickler.dispatch_table.new_child(_REFUSED)

    Pickler(made := io.BytesIO()).dump(value)
    return base64.b64encode(made.getvalue()).decode()


def _culprit(kwargs: dict[str, Any], exc: Exception) -> tuple[str, Exception]:
    for name, value in kwargs.items():
        try:
            _pickled(value)
        except Exception as found:
            return name, found
    return next(iter(kwargs)), exc
