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
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from operator import is_
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from frappe_celery.worker.state.cells import MISSING, Cell, Kind, are_alike
from frappe_celery.worker.state.finding import CACHE, codes_in

TELEMETRY = frozenset(("ddtrace", "newrelic", "opentelemetry", "sentry_sdk"))
"""Packages that set their own functions in libraries, for good, and have threads of their own."""
OF_A_SHELL = frozenset(("click_repl", "prompt_toolkit", "wcwidth"))
"""Packages that Celery's command line imports for a shell of its own, a sixth of all classes."""
OURS = frozenset(("frappe_bridge", "frappe_celery", "frappe_pages", "frappe_standalone"))
LOOKED_INTO = (decimal, mimetypes)
"""Modules of the standard library that are looked into as an app's are."""
NOT_WATCHED = TELEMETRY | OF_A_SHELL | OURS | {"__main__", *(one.__name__ for one in LOOKED_INTO)}
OF_C = {f"time.{name}" for name in ("altzone", "daylight", "timezone", "tzname")}
"""Names that C sets: by `time.tzset`."""


class _Owner(NamedTuple):
    """A module or a class as it was."""

    name: str
    itself: Any
    names: tuple[str, ...]
    values: list[Any]

    def changed(self) -> Iterator[tuple[str, Any]]:
        """Names that stand for something else now, and for what; some are Python's own."""
        now = vars(self.itself)
        if all(map(is_, now.values(), self.values)):
            return
        for name, was in zip(self.names, self.values, strict=True):
            value = now.get(name, was)
            if not are_alike(value, was) and (callable(was) or not name.startswith("__")):
                yield name, value


class Reducers(Cell):
    """`copyreg.dispatch_table`, to which libraries add when they are imported."""

    def __init__(self, is_apps: Callable[[Any], bool]) -> None:
        super().__init__("copyreg.dispatch_table", copyreg.dispatch_table)
        self._is_apps = is_apps

    def differs(self) -> bool:
        for kind, reducer in self.value.items():
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
        self._numbers: dict[str, int] = {}
        """Of each owner, by its dotted name."""
        self._found: dict[tuple[int, str], bool] = {}
        """Whether a name of the owner of that number is for jobs to set and for us to put back."""
        self._early = 0
        """Owners that were there before the first job."""
        self.caches: dict[str, Any] = {}
        """Those of `functools`, by the function's dotted name."""

    def add(self, module: ModuleType) -> None:
        """One that has been imported."""
        if module.__name__.partition(".")[0] in NOT_WATCHED:
            return
        self._add(module.__name__, module)
        for name, value in [*vars(module).items()]:
            if type(value) is CACHE:
                self.caches[f"{value.__module__}.{value.__qualname__}"] = value
            elif issubclass(type(value), type) and _is_of(module, value):
                self._add(f"{module.__name__}.{name}", value)

    def _add(self, name: str, itself: Any) -> None:
        number = self._numbers.setdefault(name, len(self._owners))
        names = {**vars(itself)}
        owner = _Owner(name, itself, tuple(names), [*names.values()])
        self._owners[number : number + 1] = [owner]

    # -- what is not as it was

    def differing(self) -> list[tuple[int, str]]:
        """In a fork: who compares writes to every page. Names, each with its owner's number."""
        return [(number, name) for number, name, _ in self._differing()]

    def _differing(self) -> Iterator[tuple[int, str, Any]]:
        for number, owner in enumerate([*self._owners]):
            yield from ((number, *changed) for changed in owner.changed())

    def rebound(self) -> list[tuple[int, str, bool]]:
        """In a fork: those that were not found before, and whether a job set each."""
        return [
            (number, name, self._is_jobs(number, name, value))
            for number, name, value in self._differing()
            if self._found.get((number, name), True) and not self._may_stay(value)
        ]

    def adopt(self, found: Iterable[tuple[int, str]]) -> None:
        """Before the first job: it is so from now on."""
        self._early = self._early or len(self._owners)
        for number, name in found:
            owner = self._owners[number]
            owner.values[owner.names.index(name)] = vars(owner.itself).get(name, MISSING)

    def imported(self, module: ModuleType) -> None:
        """An app's: what its code has just set in libraries, as it ran, is so from now on."""
        codes = [*_codes(module.__name__)]
        if not any(map(_sets_names, _outer(codes))):
            return
        dotted = {name for code in codes for name in code.co_names}
        names = {part for name in dotted for part in name.split(".")}
        for number, owner in enumerate(self._owners):
            if owner.name.rpartition(".")[2] in names:
                for name, _ in owner.changed():
                    if name in names and _sets_as_it_runs(codes, name):
                        self.adopt([(number, name)])

    def to_put_back(self, found: Iterable[tuple[int, str, bool]]) -> list[Cell]:
        """Of what a fork found what jobs set."""
        found = [one for one in found if one[0] < len(self._owners)]  # not what the fork imported
        self._found |= {(number, name): is_jobs for number, name, is_jobs in found}
        cells = [self._cell(number, name) for number, name, is_jobs in found if is_jobs]
        return [cell for cell in cells if cell.differs()]

    def of_name(self, dotted: str) -> list[Cell]:
        """What puts that name back, if there is one."""
        owner, _, name = dotted.rpartition(".")
        number = self._numbers.get(owner)
        if number is None or name not in self._owners[number].names:
            return []
        return [self._cell(number, name)]

    def _cell(self, number: int, name: str) -> Cell:
        owner = self._owners[number]
        kind = Kind(
            lambda itself: vars(itself).get(name, MISSING),
            lambda itself, was: setattr(itself, name, was),
            lambda now, was: are_alike(now, was) or not self._is_jobs(number, name, now),
        )
        cell = Cell(f"{owner.name}.{name}", owner.itself, kind)
        cell.before = owner.values[owner.names.index(name)]
        return cell

    def _is_jobs(self, number: int, name: str, value: Any) -> bool:
        owner, key = self._owners[number], (number, name)
        if key not in self._found:
            dotted = f"{owner.name}.{name}"
            stays = dotted in OF_C or self._is_kept(dotted) or self._is_a_librarys(owner, name)
            self._found[key] = not stays
        return self._found[key] and not self._may_stay(value)

    def _is_a_librarys(self, owner: _Owner, name: str) -> bool:
        """Whether its own code sets it, or that of another library which jobs imported."""
        module = vars(owner.itself).get("__module__", owner.name)
        package, called = module.partition(".")[0], owner.name.rpartition(".")[2]
        of_class = isinstance(owner.itself, type)
        of_package = (n for n in [*sys.modules] if f"{n}.".startswith(f"{package}."))
        codes = (code for one in (module, *of_package) for code in _codes(one))
        if any(_sets_name(code, name, of_class) for code in codes):
            return True
        late = {one.name for one in self._owners[self._early :] if one.name in sys.modules}
        of_late = ([*_codes(one)] for one in late)
        return any(_names(of, called) and _sets_as_it_runs(of, name) for of in of_late)

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


def _is_of(module: ModuleType, kind: type) -> bool:
    """Whether the class is the module's, and can be changed."""
    return vars(kind).get("__module__") == module.__name__ and bool(kind.__flags__ & HEAP_TYPE)


HEAP_TYPE = 1 << 9
"""Flag of a class that Python code, or a modern extension, has made."""


def _codes(module: str) -> Iterator[CodeType]:
    """All that a module's functions are made of; nothing of one in C."""
    loader: Any = getattr(getattr(sys.modules.get(module), "__spec__", None), "loader", None)
    with suppress(Exception):
        if code := loader.get_code(module):
            yield from codes_in(code)


def _sets_name(code: CodeType, name: str, of_class: bool = False) -> bool:
    """By `global`, as an attribute of whatever but `self`, or by `setattr`; that of a class not as
    one of an object which a variable has."""
    if name in code.co_consts and "setattr" in code.co_names:
        return True
    if name not in code.co_names:
        return False
    for before, step in pairwise(dis.get_instructions(code)):
        if step.argval == name and step.opname == "STORE_ATTR":
            of = before.argrepr.rpartition(" ")[2]
            of_an_object = of_class and before.opname[:9] == "LOAD_FAST" and of not in CLASSES
            if of != "self" and not of_an_object:
                return True
        if step.argval == name and step.opname == "STORE_GLOBAL":
            return True
    return False


CLASSES = ("cls", "klass")
"""Names of variables that have a class."""


def _names(codes: list[CodeType], name: str) -> bool:
    return any(name in (*one.co_names, *one.co_consts) for one in codes)


STORES = frozenset(dis.opmap[name] for name in ("STORE_ATTR", "STORE_GLOBAL"))


def _sets_names(code: CodeType) -> bool:
    """Whether it may set one."""
    return "setattr" in code.co_names or not STORES.isdisjoint(code.co_code[::2])


def _outer(codes: list[CodeType]) -> list[CodeType]:
    """A module's own code, the first, and its functions and classes."""
    within = (one for code in codes[:1] for one in code.co_consts if isinstance(one, CodeType))
    return [*codes[:1], *within]


def _sets_as_it_runs(codes: list[CodeType], name: str) -> bool:
    """Whether a module's own code does, or a function of it which that calls."""
    if not _names(codes, name):
        return False
    steps = pairwise(dis.get_instructions(codes[0]))
    called = {
        step.argval
        for step, then in steps
        if step.opname == "LOAD_NAME" and then.opname != "STORE_NAME"  # else it has another name
    }
    own, *inner = _outer(codes)
    run = [own, *(one for one in inner if one.co_name in called)]
    return any(_sets_name(one, name) for one in run)
