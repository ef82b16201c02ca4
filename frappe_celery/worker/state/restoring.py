"""What modules hold, made after each job what it was when they had been imported.

The measure is RQ's fork. After each job are looked at: containers of apps' modules and classes (of
large ones, and of those that no function seems to change, only their size), names that are declared
`global`, functools caches, and each thing that a job of this bench was ever seen to change. To look
through all else (nested containers, attributes of classes and objects, other names that were set,
names of libraries) takes fifty times as long, in a fork: that is done after a method's first job in
this worker, after one that imported an app's module, changed what none had changed before or (from
Python 3.12 on) ran a line of an app that none had run, when no job has come for a second, each
`FULL_EVERY` jobs, and after each of a queue that asks for it. Looks have a share of the process's
time, those for something new the larger.
What one process's jobs change is watched by all from then on; one in which it has another name
looks for itself.

What imports add belongs to how it was: apps register and replace things so.
"""

from __future__ import annotations

import logging
import mimetypes
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from fnmatch import translate
from functools import cache
from operator import itemgetter, methodcaller
from types import ModuleType
from typing import Any, TypeVar

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.forked import Forked
from frappe_celery.worker.state import left
from frappe_celery.worker.state.cells import DICTIONARY, FUNCTION, Cell, Names
from frappe_celery.worker.state.finding import Finder
from frappe_celery.worker.state.imports import Imports, Orphans
from frappe_celery.worker.state.libraries import LOOKED_INTO, Libraries, Reducers
from frappe_celery.worker.state.lines import tell_of_new_lines
from frappe_celery.worker.state.seen import Found, Seen

logger = logging.getLogger(__name__)

FULL_EVERY = 1000
"""Jobs after which everything is looked through, where there was no pause in which to do it."""
SHARE = 1 / 100
"""Of a process's time, how much of a processor such looks may take."""
A_LOOK = 0.05
"""Seconds that one is taken to need before the first."""
AT_ONCE, SHARE_OF_NEW = 10.0, 1 / 10
"""Seconds that looks for something new may take at once, and of a process's time how much more."""
FORK_SECONDS = 10
"""How long a fork may compare: another thread may have held a lock that it waits for."""
LARGE = 32
"""Elements of a container, of which more would take most of the time that a job may lose here."""
HOOK = "frappe_celery_keep"
"""What an app names in its hooks.py that may stay as a job left it; so is the setting called."""
_sizes_of = methodcaller("cache_info")
_number = itemgetter(3)
T = TypeVar("T")


class WarmState:
    """Of a process that runs jobs, or of the parent from which such processes are forked.

    Args:
        packages: the apps.
        kept: dotted names of what may stay as a job left it; `*` stands for anything.
        tell: is called with the name of each thing that a job changed and with the job, once a
            name.
        heard: names that any process told since it was called before.
    """

    def __init__(
        self,
        packages: Iterable[str],
        kept: Iterable[str],
        tell: Callable[[str, str], object],
        heard: Callable[[], set[str]] = set,
    ) -> None:
        self._tell, self._heard = tell, heard
        self._told: set[str] = set()
        self._changed: set[str] = set()
        """Names of what jobs change, of this process and others."""
        self.seen, self._is_alone = Seen(), False
        """What was met, by this process alone or by any of this worker."""
        self._new: set[int] = set()
        """What was not, since everything was looked through."""
        self._unseen = 0
        """Jobs since then."""
        self._began, self._looked = time.monotonic(), 0.0
        """When, and how many seconds of a processor looks took since."""
        self._rests_until = 0.0
        """Before that nothing is looked through in which there is nothing new."""
        is_kept = re.compile("|".join(map(translate, kept)) or "$.").match
        self._finder = Finder(packages, is_kept)
        self.is_of_an_app = ours = self._finder.is_of_ours
        self._by_name: dict[str, list[Cell]] = {}
        self._found = 0
        """Cells, when they were lined up last."""
        self._has_imported = False
        """Since everything was looked through."""
        self._libraries, self._set_at_start = Libraries(ours, is_kept), Found()
        self._imports = Imports(ours, self._importing, self._executed)
        self.orphans = Orphans()
        loaded = [(name, m) for name, m in [*sys.modules.items()] if isinstance(m, ModuleType)]
        modules = [module for name, module in loaded if ours(name)]
        for module in modules:
            self._finder.keep(module)
        if not mimetypes.inited:
            mimetypes.init()  # which reads its files
        for module in (*modules, *LOOKED_INTO):
            self._finder.look(module)
        self._finder.cells.append(Reducers(ours))
        for name, module in loaded:
            if not ours(name):
                self._libraries.add(module)
        self._line_up()

    def begin(self) -> None:
        """In a process that is about to run jobs: what they import counts too, and what libraries
        are now is how they were. What has set them since the fork is the same in each: the first
        looks for it."""
        if (set_at_start := self._set_at_start.heard()) is None:
            set_at_start = _in_a_fork(self._libraries.differing)
            self._set_at_start.tell(set_at_start)
        self._libraries.adopt(set_at_start or [])
        self.orphans.new()  # those of a start harm nobody
        sys.meta_path[:0] = [self._imports]
        paths = [getattr(sys.modules.get(one), "__path__", ()) for one in self._finder.packages]
        tell_of_new_lines(tuple(f"{path}/" for of_one in paths for path in of_one), self._meet)
        self._began = time.monotonic()
        self._rests_until = self._began + A_LOOK / SHARE
        self._hear()
        if not self.seen.has_all_names_in(self._changed):
            self._look_alone()

    def _look_alone(self) -> None:
        """What others have met says nothing where what it changed is not watched."""
        if not self._is_alone:
            self.seen, self._is_alone = Seen(), True

    def _executed(self, module: ModuleType) -> None:
        name = module.__name__
        if self.is_of_an_app(name):
            self._finder.look(module)
            self._libraries.imported(module)
            self._meet("import", name)
        else:
            self._libraries.add(module)
            if any(changed.startswith(f"{name}.") for changed in self._changed):
                self._line_up()

    def _meet(self, *what: object) -> None:
        """It has everything looked through, but where that was done after a job that met it."""
        place = self.seen.place(*what)
        if place not in self.seen:
            self._new.add(place)

    def _hear(self) -> None:
        new = self._heard() - self._changed
        if new:
            self._changed |= new
            self._line_up()

    # -- how it was

    def _line_up(self) -> None:
        """What is compared after each job, side by side: Python compares lists in one call."""
        found = self._finder
        for cell in found.cells[self._found :]:
            self._by_name.setdefault(cell.name, []).append(cell)
        self._found = len(found.cells)
        self._known = [cell for name in self._changed for cell in self._cells_of(name)]
        known = {id(cell) for cell in self._known}
        small = [one for one in found.containers if len(one.before) <= LARGE]
        written = [one for one in small if not one.before or id(one.value) in found.written]
        self._written = [one for one in written if id(one) not in known]
        self._values = [cell.value for cell in self._written]
        self._befores = [cell.before for cell in self._written]
        self._alike = [cell for cell in found.cells if cell.kind.is_container]
        self._every_value = [cell.value for cell in self._alike]
        self._every_before = [cell.before for cell in self._alike]
        others = (cell for cell in found.cells if not cell.kind.is_container)
        self._unlike = [c for c in others if id(c) in known or c.kind not in (FUNCTION, DICTIONARY)]
        compared = {id(cell) for cell in self._written} | known
        self._others = [cell for cell in found.containers if id(cell) not in compared]
        self._sized = [cell.value for cell in self._others]
        self._sizes = [len(cell.before) for cell in self._others]
        libraries = self._libraries.caches.items()
        known_caches = {name: cache for name, cache in libraries if name in self._changed}
        self._caches = {**found.caches, **known_caches}
        self._cached = [*self._caches.values()]
        self._names = [*found.rebound, *(n for name in self._changed for n in self._names_of(name))]
        named = (f"{owner.name}.{name}" for owner, name in self._names)
        watched = {*self._by_name, *self._caches, *(cell.name for cell in self._known), *named}
        if any(map(_is_there, self._changed - watched)):
            self._look_alone()

    def _cells_of(self, changed: str) -> list[Cell]:
        return [*self._by_name.get(changed, ()), *self._libraries.of_name(changed)]

    def _names_of(self, changed: str) -> list[tuple[Names, str]]:
        owner, _, name = changed.rpartition(".")
        return [(cell, name) for cell in self._by_name.get(owner, ()) if isinstance(cell, Names)]

    @contextmanager
    def _importing(self) -> Iterator[None]:
        earlier = {id(cell): cell.copy() for cell in self._differing_at_imports()}
        try:
            yield
        finally:
            new = (cell for cell in self._finder.cells[self._found :] if cell.differs())
            for cell in (*self._differing_at_imports(), *new):
                cell.adopt(earlier.get(id(cell), copy(cell.before)))
            self._has_imported = True
            self._line_up()

    def _differing_at_imports(self) -> list[Cell]:
        """All but functions and which dictionary is an object's, which take more memory to compare
        than they are worth here: each is the parent's until it is touched."""
        alike = [] if _same(self._every_value, self._every_before) else self._alike
        return [cell for cell in (*alike, *self._unlike) if cell.differs()]

    def _look(self) -> tuple[list[int], list[tuple[int, str, bool]], list[str]]:
        """In a fork: who compares writes to every page that this process shares with its parent,
        since Python counts references there."""
        numbers = [n for n, cell in enumerate(self._finder.cells) if cell.differs()]
        return numbers, self._libraries.rebound(), self._libraries.caches_of_apps()

    # -- after a job

    @property
    def is_looked_through(self) -> bool:
        """Whether no job has run since everything was looked through."""
        return not self._unseen

    def put_back(self, job: str, kind: str, everything: bool = False) -> bool:
        """Make it as it was; False: that cannot be, and the process has to be replaced.

        Args:
            kind: what the job called.
        """
        self._unseen += 1
        self._hear()
        self._meet("job", kind)
        fit = self._put_back(job, self._differing())
        if any(map(_number, map(_sizes_of, self._cached))):
            self._clear(job, self._caches)
        if everything or self._may_look():
            before = _processor_seconds()
            fit = self.put_everything_back(job) and fit
            took = _processor_seconds() - before
            self._looked += took
            self._rests_until = time.monotonic() + took / SHARE
        return fit

    def _may_look(self) -> bool:
        now = time.monotonic()
        if self._new:
            return self._looked < AT_ONCE + SHARE_OF_NEW * (now - self._began)
        return self._unseen >= FULL_EVERY and now >= self._rests_until

    def put_everything_back(self, job: str) -> bool:
        """As `put_back`, of everything that differs, seen or not."""
        found = _in_a_fork(self._look)
        numbers, names, caches = found or ([], [], [])
        cells = [cell for cell in map(self._finder.cells.__getitem__, numbers) if cell.differs()]
        new = [cell for cell in cells if cell not in self._known]
        doubtful = [cell for cell in new if self._has_imported and cell.kind is FUNCTION]
        for cell in doubtful:
            text = "%s, or what it imported, changed %s: its process is replaced"
            logger.warning(text, job, cell.name)
        self._unseen, self._has_imported = 0, False
        fit = self._put_back(job, [*cells, *self._libraries.to_put_back(names)])
        self._clear(job, {name: self._libraries.caches[name] for name in caches})
        if cells or names or caches:
            self._line_up()
        if found:
            self.seen.add(self._new)
            self._new.clear()
        return fit and not doubtful

    def _differing(self) -> list[Cell]:
        found = [cell for cell in self._known if cell.differs()]
        if not _same(self._values, self._befores):
            found += (cell for cell in self._written if cell.differs())
        sizes = [*map(len, self._sized)]
        if sizes != self._sizes:
            pairs = zip(self._others, sizes, self._sizes, strict=True)
            found += (cell for cell, now, before in pairs if now != before)
        for names, name in self._names:
            if names.value.get(name) is not names.before.get(name) and names not in found:
                found.append(names)
        return found

    def _put_back(self, job: str, cells: Iterable[Cell]) -> bool:
        fit = True
        for cell in cells:
            names = cell.changed() if isinstance(cell, Names) else [""]
            try:
                cell.put_back()
            except Exception as exc:
                logger.warning("%s changed %s: its process is replaced (%s)", job, cell.name, exc)
                fit = False
            for name in names:
                self._has_changed(f"{cell.name}.{name}" if name else cell.name, job)
        return fit

    def _clear(self, job: str, caches: Mapping[str, Any]) -> None:
        for name, its in caches.items():
            if its.cache_info().currsize:
                its.cache_clear()
                self._has_changed(name, job)

    def _has_changed(self, name: str, job: str) -> None:
        if name not in self._told:
            self._told.add(name)
            self._changed.add(name)
            self._meet("changed", name)
            self._tell(name, job)
            self.seen.add_name(name)


def _same(now: list[Any], before: list[Any]) -> bool:
    try:
        return now == before
    except Exception:  # of what stands in one of them
        return False


def _processor_seconds() -> float:
    """Of this process and its forks that have ended."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _in_a_fork(look: Callable[[], T]) -> T | None:
    fork: Forked[Any] = Forked(look)
    found = fork.answer(False, FORK_SECONDS)
    if found is None:
        logger.warning("what jobs left was not looked through within %d s", FORK_SECONDS)
        fork.kill()
    return found or None


def _is_there(name: str) -> bool:
    """Whether what has this name is in a module that is loaded, or would be."""
    module = name
    while module and module not in sys.modules:
        module = module.rpartition(".")[0]
    parts = re.split(r"[.\[(]", name[len(module) + 1 :])
    return bool(module) and parts[0] in vars(sys.modules[module])


@cache
def state() -> WarmState:
    """This process's, or that of the parent which forked it."""
    here = settings.current()
    packages = {name.partition(".")[0] for name in (*here.app_names, *here.job_modules)}
    packages = packages - {"frappe_celery"} | {"frappe"}  # or what stands in for it
    return WarmState(packages, _kept(here), left.tell, left.heard)


def _kept(here: Settings) -> list[str]:
    kept = [*here.frappe_celery_keep, *hosts.current().kept_state]
    for app in here.app_names:
        said = getattr(sys.modules.get(f"{app}.hooks"), HOOK, ())
        kept += [said] if isinstance(said, str) else said
    return kept
