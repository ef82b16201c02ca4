"""Whether the installed Frappe and RQ are the ones that the seam was made for.

Their names change between versions: RQ 2 gave its Queue another order of parameters. What differs
is found before a bench is switched over, in a process of its own whose hook is off (an armed one
would see our own names).
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from importlib import import_module
from typing import Any, NoReturn

from packaging.version import Version

from frappe_celery.errors import FrappeDiffers

KNOWN_RQ = ("1", "2")
"""Major versions of RQ whose names we know."""
LEAST_RQ = Version("1.14.1")
"""Which has `rq.results` whole; Frappe 14 has it from 14.62 on."""
LOOKING = (
    "import json; from importlib import import_module as of;"
    " from frappe_celery.hosts.bench.fit import rq_differs;"
    " print(json.dumps([*rq_differs()] or of('{}.seam').SEAM.differences()))"
)
LOOKING_SECONDS = 120
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
REFUSING = ("enqueue", "get_queue", "get_job", "start_worker", "start_worker_pool")
"""Functions of `frappe.utils.background_jobs` that refuse where ours do not fit."""
STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def look(room: str = "frappe_celery.hosts.bench") -> list[str]:
    """What differs in this environment, a line each; none: it fits.

    Nothing is changed, and no site or server is asked.

    Args:
        room: of the `seam` that is to be put in place.
    """
    try:
        looking = subprocess.run(
            [sys.executable, "-c", LOOKING.format(room)],
            env={**os.environ, "FRAPPE_CELERY_ENABLED": "false"},
            capture_output=True,
            text=True,
            timeout=LOOKING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"Frappe's modules were not imported within {LOOKING_SECONDS} s"]
    if looking.returncode:
        reason = (looking.stderr.strip().splitlines() or ["no reason given"])[-1]
        return [f"Frappe's or RQ's modules cannot be looked at: {reason}"]
    found: list[str] = json.loads(looking.stdout.splitlines()[-1])
    return found


def refuse(differing: list[str]) -> None:
    """Have whatever enqueues or works in this process raise FrappeDiffers and name what differs.

    Silently a bench that was switched over would go on with RQ.
    """
    reason = (
        f"frappe_celery is switched on, but was not made for this Frappe: {'; '.join(differing)}."
        " Install a frappe_celery that knows it, or go back to RQ with `frappe-celery disable`"
    )

    def refusing(*_: Any, **__: Any) -> NoReturn:
        raise FrappeDiffers(reason)

    background_jobs = import_module("frappe.utils.background_jobs")
    for name in REFUSING:
        setattr(background_jobs, name, refusing)


def rq_differs() -> Iterator[str]:
    """A line when the installed RQ is too old, or of a major version that nobody has looked at."""
    import rq

    if Version(rq.__version__) < LEAST_RQ:
        yield f"rq is {rq.__version__}, needed is {LEAST_RQ}: update Frappe 14 to 14.62 or newer"
    elif rq.__version__.partition(".")[0] not in KNOWN_RQ:
        yield f"rq is {rq.__version__}, known are versions {' and '.join(KNOWN_RQ)}"


def holder_of(module: str, path: str) -> tuple[Any, str]:
    """What a name is to be found in, and its last part."""
    *outer, name = path.split(".")
    return reduce(getattr, outer, import_module(module)), name


def differences(
    module: str, path: str, instead_of: Callable[[Any], Any], required: bool = True
) -> Iterator[str]:
    """How a name of theirs differs from what ours, which is to take its place, was made for.

    Args:
        module, path: where theirs is: `frappe.utils.scheduler`, `ScheduledJobType.execute`.
        instead_of: gives ours for theirs, a function or a class; of a class each method that theirs
            has too is compared, but for those that are inherited from theirs.
        required: whether it must be there.
    """
    where = f"{module}.{path}"
    try:
        holder, name = holder_of(module, path)
        theirs = getattr(holder, name)
    except (ImportError, AttributeError) as exc:
        if required:
            yield f"{where} is not there ({exc})"
        return
    ours = instead_of(theirs)
    ours = getattr(ours, "__func__", ours)
    if not inspect.isclass(ours):
        yield from _parameters_differ(where, theirs, ours)
        return
    for method, own in inspect.getmembers(ours, inspect.isroutine):
        there = None if method.startswith("_") else getattr(theirs, method, None)
        if there is not None and not own.__module__.startswith("rq."):
            yield from _parameters_differ(f"{where}.{method}", there, own)


def _parameters_differ(where: str, theirs: Any, ours: Any) -> Iterator[str]:
    try:
        them = inspect.signature(theirs).parameters.values()
        us = inspect.signature(ours, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not tell
        return
    if all(any(p.kind is kind for p in us) for kind in STARRED):
        return
    names, known = _plain(them), _plain(us)
    if not any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in us):
        in_order = [p.name for p in them if p.kind in POSITIONAL]
        expected = [p.name for p in us if p.kind in POSITIONAL]
        shared = min(len(in_order), len(expected))
        if in_order[:shared] != expected[:shared]:
            yield (f"{where} takes ({', '.join(in_order)}), expected was ({', '.join(expected)})")
            return
    if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in them):
        for name in _needed(us) - names:
            yield f"{where} does not take {name}"
    if not any(p.kind in STARRED for p in us):
        for name in _needed(them) - known:
            yield f"{where} needs {name}, which is not known here"


def _plain(parameters: Iterable[inspect.Parameter]) -> set[str]:
    return {p.name for p in parameters if p.kind not in STARRED}


def _needed(parameters: Iterable[inspect.Parameter]) -> set[str]:
    return {p.name for p in parameters if p.kind not in STARRED and p.default is p.empty}
