"""What jobs set in modules that are no app's, and in their classes: `requests.get = …`.

What a name stands for is compared by identity. Names that were added stay, and those that the
library's own code sets: that is its cache. What measures and traces stays as well.
"""

from __future__ import annotations

import copyreg
import decimal
import dis
import gc
import mimetypes
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import pairwise
from operator import is_
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from frappe_celery.worker.state.cells import MISSING, Cell, Names
from frappe_celery.worker.state.finding import CACHE

TELEMETRY = frozenset(("ddtrace", "newrelic", "opentelemetry", "sentry_sdk"))
"""Packages that set their own functions in libraries, for good."""
NOT_WATCHED = TELEMETRY | {"__main__", "frappe_celery", "frappe_standalone"}
OF_C = {f"time.{name}" for name in ("altzone", "daylight", "timezone", "tzname")}
"""Names that C sets: by `time.tzset`."""
CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "traps")
"""What a context of `decimal` is set to."""
ATOMS = frozenset((bool, bytes, complex, decimal.Decimal, float, int, str))


class _Owner(NamedTuple):
    """A module or a class as it was."""

    name: str
    itself: Any
    names: tuple[str, ...]
    values: list[Any]

    def now(self) -> Any:
        """Its names, with what they stand for."""
        is_context = type(self.itself) is decimal.Context
        return _Settings(self.itself) if is_context else vars(self.itself)

    def changed(self) -> Iterator[tuple[str, Any]]:
        """Names that stand for something else now, and for what; some are Python's own."""
        now = self.now()
        if all(map(is_, now.values(), self.values)):
            return
        for name, was in zip(self.names, self.values, strict=True):
            value = now.get(name, was)
            if not _alike(value, was) and (callable(was) or not name.startswith("__")):
                yield name, value


class _Settings:
    """Those of a context of `decimal`, as a dictionary would show them."""

    def __init__(self, context: decimal.Context) -> None:
        self._context = context

    def get(self, name: str, _: Any = None) -> Any:
        value = getattr(self._context, name)
        return {**value} if name == "traps" else value

    def values(self) -> list[Any]:
        return [*map(self.get, CONTEXT)]


class _Set(Names):
    """Names of one owner that jobs set."""

    def __init__(self, owner: _Owner, is_jobs: Callable[[str, Any], bool]) -> None:
        self.name, self.owner, self.value = owner.name, owner.itself, owner.now()
        self.before = {}
        self._is_jobs = is_jobs

    def differs(self) -> bool:
        return bool(self.changed())

    def changed(self) -> list[str]:
        now = {name: self.value.get(name, MISSING) for name in self.before}
        return [
            name
            for name, was in self.before.items()
            if not _alike(now[name], was) and self._is_jobs(name, now[name])
        ]


class _Reducers(Cell):
    """`copyreg.dispatch_table`, to which libraries add when they are imported."""

    def __init__(self, is_apps: Callable[[Any], bool]) -> None:
        super().__init__("copyreg.dispatch_table", copyreg.dispatch_table)
        self._is_apps = is_apps

    def differs(self) -> bool:
        for kind, reducer in [*self.value.items()]:
            if not self._is_apps(getattr(reducer, "__module__", None)):
                self.before.setdefault(kind, reducer)
        return super().differs()


class Libraries:
    """All that are loaded, each as it was when it was added.

    Args:
        is_apps: whether a module, by its name, is an app's.
        is_kept: whether a name, a dotted one, may stay as a job left it.
    """

    def __init__(self, is_apps: Callable[[Any], bool], is_kept: Callable[[str], object]) -> None:
        self._is_apps, self._is_kept = is_apps, is_kept
        self._owners: list[_Owner] = []
        self._numbers: dict[int, int] = {}
        """Each owner's, by its id."""
        self._found: dict[tuple[int, str], bool] = {}
        """Whether a name of the owner of that number is for jobs to set and for us to put back."""
        self._set: dict[int, _Set] = {}
        self.caches: dict[str, Any] = {}
        """Those of `functools`, by the function's dotted name."""
        for name in ("DefaultContext", "BasicContext", "ExtendedContext"):
            context = getattr(decimal, name)
            self._add(f"decimal.{name}", context, dict.fromkeys(CONTEXT))
            self._owners[-1].values[:] = self._owners[-1].now().values()
        if not mimetypes.inited:
            mimetypes.init()

    def containers(self) -> list[Cell]:
        """The few of the standard library that are compared by what is in them."""
        types: Any = mimetypes
        of_types = {f"mimetypes.{name}": getattr(types, name) for name in _MIMETYPES}
        inverse = {f"mimetypes.inverse[{n}]": d for n, d in enumerate(types._db.types_map_inv)}
        return [_Reducers(self._is_apps), *(Cell(*of) for of in {**of_types, **inverse}.items())]

    def add(self, module: ModuleType) -> None:
        """One that has been imported."""
        if module.__name__.partition(".")[0] in NOT_WATCHED:
            return
        self._add(module.__name__, module, vars(module))
        for name, value in [*vars(module).items()]:
            if type(value) is CACHE:
                self.caches[f"{value.__module__}.{value.__qualname__}"] = value
            elif issubclass(type(value), type) and _is_of(module, value):
                self._add(f"{module.__name__}.{name}", value, vars(value))

    def _add(self, name: str, itself: Any, names: Mapping[str, Any]) -> None:
        number = self._numbers.setdefault(id(itself), len(self._owners))
        owner = _Owner(name, itself, tuple(names), [*names.values()])
        self._owners[number : number + 1] = [owner]

    # -- what is not as it was

    def rebound(self) -> list[tuple[int, str, bool]]:
        """In a fork: who compares writes to every page. Each name that was not found before, with
        its owner's number and whether a job set it."""
        return [
            (number, name, self._is_jobs(number, name, value))
            for number, owner in enumerate([*self._owners])
            for name, value in owner.changed()
            if self._found.get((number, name), True) and not self._may_stay(value)
        ]

    def adopt(self, found: Iterable[tuple[int, str, bool]]) -> None:
        """Before the first job: it is so from now on."""
        for number, name, is_jobs in found:
            self._found[number, name] = is_jobs
            owner = self._owners[number]
            value = owner.values[owner.names.index(name)] = owner.now().get(name)
            if number in self._set and name in self._set[number].before:
                self._set[number].before[name] = value

    def imported(self, module: ModuleType) -> None:
        """An app's: what its code has just set in libraries, as it ran, is so from now on."""
        code = next(_codes(module.__name__), None)
        if code is None:
            return
        names = {name for one in _codes(module.__name__) for name in one.co_names}
        for number in self._reached(module, names):
            for name, _ in self._owners[number].changed():
                if name in names and _sets_as_it_runs(code, name):
                    self.adopt([(number, name, True)])

    def _reached(self, module: ModuleType, names: set[str]) -> set[int]:
        """Owners that the module's code can have by these names."""
        reached: set[int] = set()
        pending: list[Any] = [module, *(sys.modules[name] for name in names & sys.modules.keys())]
        for owner in pending:
            reached |= {self._numbers[id(owner)]} if id(owner) in self._numbers else set()
            for value in map(vars(owner).get, names & vars(owner).keys()):
                if id(value) in self._numbers and self._numbers[id(value)] not in reached:
                    pending.append(value)
        return reached

    def to_put_back(self, found: Iterable[tuple[int, str, bool]]) -> list[Cell]:
        """Of what a fork found what jobs set."""
        found = [one for one in found if one[0] < len(self._owners)]  # not what the fork imported
        self._found |= {(number, name): is_jobs for number, name, is_jobs in found}
        cells = [self._cell(number, name) for number, name, is_jobs in found if is_jobs]
        return [cell for cell in dict.fromkeys(cells) if cell.differs()]

    def of_name(self, owner: str, name: str) -> Names | None:
        """What puts that name back; None: there is no such name."""
        module, _, inner = owner.rpartition(".")
        found: Any = sys.modules.get(owner) or vars(sys.modules.get(module, Cell)).get(inner)
        number = self._numbers.get(id(found))
        if number is None or name not in self._owners[number].names:
            return None
        return self._cell(number, name)

    def _cell(self, number: int, name: str) -> _Set:
        owner = self._owners[number]
        cell = self._set.setdefault(number, _Set(owner, partial(self._is_jobs, number)))
        cell.before[name] = owner.values[owner.names.index(name)]
        return cell

    def _is_jobs(self, number: int, name: str, value: Any) -> bool:
        owner, key = self._owners[number], (number, name)
        if key not in self._found:
            module = getattr(owner.itself, "__module__", owner.name)
            package = module.partition(".")[0]
            dotted = f"{owner.name}.{name}"
            stays = dotted in OF_C or self._is_kept(dotted)
            self._found[key] = not stays and (
                package == "mimetypes" or not _sets(package, module, name)
            )
        return self._found[key] and not self._may_stay(value)

    @staticmethod
    def _may_stay(value: Any) -> bool:
        if isinstance(value, ModuleType):
            return sys.modules.get(value.__name__) is value
        with suppress(Exception):  # by wrapt, which some of them use
            value = object.__getattribute__(value, "_self_wrapper")
        function = getattr(value, "__func__", value) if type(value) in _METHODS else value
        if type(function) is not FunctionType:
            return False
        return str(function.__globals__.get("__name__")).partition(".")[0] in TELEMETRY

    # -- caches

    def caches_of_apps(self) -> list[str]:
        """In a fork: those that hold an object of an app's class, in which a site may be."""
        return [name for name, cache in self.caches.items() if self._holds_apps(cache)]

    def _holds_apps(self, cache: Any) -> bool:
        held: list[Any] = gc.get_referents(cache) if cache.cache_info().currsize else []
        for _ in range(4):
            if any(self._is_apps(getattr(type(one), "__module__", None)) for one in held):
                return True
            held = gc.get_referents(*(one for one in held if isinstance(one, (dict, list, tuple))))
        return False


_METHODS = (classmethod, staticmethod)
_MIMETYPES = ("types_map", "common_types", "suffix_map", "encodings_map")


def _alike(value: Any, was: Any) -> bool:
    if value is was:
        return True
    if type(value) is not type(was):
        return False
    return value == was if type(was) is dict else type(was) in ATOMS and repr(value) == repr(was)


def _is_of(module: ModuleType, kind: type) -> bool:
    """Whether the class is the module's, and can be changed."""
    return vars(kind).get("__module__") == module.__name__ and bool(kind.__flags__ & HEAP_TYPE)


HEAP_TYPE = 1 << 9
"""Flag of a class that Python code, or a modern extension, has made."""


def _sets(package: str, module: str, name: str) -> bool:
    """Whether code of the package gives a name of a module or a class another value."""
    of_package = [n for n in [*sys.modules] if n == package or n.startswith(f"{package}.")]
    return any(_sets_name(code, name) for one in (module, *of_package) for code in _codes(one))


def _codes(module: str) -> Iterator[CodeType]:
    """All that a module's functions are made of; nothing of one in C."""
    loader: Any = getattr(getattr(sys.modules.get(module), "__spec__", None), "loader", None)
    with suppress(Exception):
        pending = [loader.get_code(module)]
        for code in filter(None, pending):
            yield code
            pending += (inner for inner in code.co_consts if isinstance(inner, CodeType))


def _sets_name(code: CodeType, name: str) -> bool:
    """By `global`, as an attribute of whatever but `self`, or by `setattr`."""
    if name in code.co_consts and "setattr" in code.co_names:
        return True
    if name not in code.co_names:
        return False
    steps = [*dis.get_instructions(code)]
    return any(
        step.argval == name
        and (
            step.opname == "STORE_GLOBAL"
            or (step.opname == "STORE_ATTR" and before.argrepr.rpartition(" ")[2] != "self")
        )
        for before, step in pairwise(steps)
    )


def _sets_as_it_runs(code: CodeType, name: str) -> bool:
    """Whether a module's own code does, or a function of it which that calls."""
    called = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_NAME"}
    inner = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name in called]
    return any(_sets_name(one, name) for one in (code, *inner))
