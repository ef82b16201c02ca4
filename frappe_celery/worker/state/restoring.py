"""What apps' modules hold, made after each job what it was when they had been imported.

The measure is RQ's fork. After each job are looked at: containers of modules and of classes (of
large ones, and of those that no function seems to change, only their size), names that are declared
`global`, functools caches. To look through all else (nested containers, attributes of classes and
objects, other names that were set) takes fifty times as long: that is done when no job has come for
a second, after the first jobs, then every `FULL_EVERY` jobs, after a job that changed what none had
changed before, and after each one of a queue that asks for it. What is found so is looked at after
each job from then on.

What imports add belongs to how it was: apps register and replace things so.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from fnmatch import translate
from operator import itemgetter, methodcaller
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.forked import Forked
from frappe_celery.worker.state import left
from frappe_celery.worker.state.cells import FUNCTION, Cell, Names
from frappe_celery.worker.state.finding import Finder
from frappe_celery.worker.state.imports import Imports

logger = logging.getLogger(__name__)

FULL_EVERY = 1000
"""Jobs after which everything is looked through, where there was no pause in which to do it."""
FIRST = (1, 10, 100)
"""Jobs of a process after which it is done as well: what most jobs change is seen soon."""
FORK_SECONDS = 10
"""How long a fork may compare: another thread may have held a lock that it waits for."""
FEW = 1000
"""Cells that are compared here: a fork would take longer than they do."""
LARGE = 32
"""Elements of a container, of which more would take most of the time that a job may lose here."""
HOOK = "frappe_celery_keep"
"""What an app names in its hooks.py that may stay as a job left it; so is the setting called."""
_sizes_of = methodcaller("cache_info")
_number = itemgetter(3)


class WarmState:
    """Of a process that runs jobs, or of the parent from which such processes are forked.

    Args:
        packages: the apps.
        kept: dotted names of what may stay as a job left it; `*` stands for anything.
        tell: is called with the name of each thing that a job changed and with the job, once a
            name.
    """

    def __init__(
        self, packages: Iterable[str], kept: Iterable[str], tell: Callable[[str, str], object]
    ) -> None:
        self._tell = tell
        self._told: set[str] = set()
        is_kept = re.compile("|".join(map(translate, kept)) or "$.").match
        self._finder = Finder(packages, is_kept)
        self.is_of_an_app = self._finder.is_of_ours
        self._known: list[Cell] = []
        """Others that jobs of this process change: they are compared exactly."""
        self._has_imported = False
        """Since everything was looked through."""
        self._jobs = self._unseen = 0
        """All, and those since everything was looked through."""
        self._imports = Imports(self._finder.is_of_ours, self._importing, self._finder.look)
        loaded = [*sys.modules.items()]
        ours = self._finder.is_of_ours
        modules = [m for name, m in loaded if m is not None and ours(name)]
        for module in modules:
            self._finder.keep(module)
        for module in modules:
            self._finder.look(module)
        self._line_up()

    def watch_imports(self) -> None:
        """In a process that is about to run jobs: modules that these import count too."""
        sys.meta_path.insert(0, self._imports)

    # -- how it was

    def _line_up(self) -> None:
        """What is compared after each job, side by side: Python compares lists in one call."""
        found = self._finder
        known = {id(cell) for cell in self._known}
        written = [cell for cell in found.containers if self._is_written(cell)]
        self._written = [cell for cell in written if id(cell) not in known]
        self._values = [cell.value for cell in self._written]
        self._befores = [cell.before for cell in self._written]
        self._alike = [cell for cell in found.cells if cell.kind.is_container]
        self._every_value = [cell.value for cell in self._alike]
        self._every_before = [cell.before for cell in self._alike]
        others = (cell for cell in found.cells if not cell.kind.is_container)
        self._unlike = [c for c in others if id(c) in known or c.kind is not FUNCTION]
        self._found = len(found.cells)
        compared = {id(cell) for cell in self._written} | known
        self._others = [cell for cell in found.containers if id(cell) not in compared]
        self._sized = [cell.value for cell in self._others]
        self._sizes = [len(cell.before) for cell in self._others]
        self._cached = [*found.caches.values()]

    def _is_written(self, cell: Cell) -> bool:
        if len(cell.before) > LARGE:
            return False
        return not cell.before or id(cell.value) in self._finder.written or cell.is_of_a_class

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
        """All but functions, which take more memory to compare than they are worth here: each is
        the parent's until it is touched."""
        alike = [] if _same(self._every_value, self._every_before) else self._alike
        return [cell for cell in (*alike, *self._unlike) if cell.differs()]

    def _all_differing(self) -> list[Cell]:
        """Many are seen by a fork: who compares writes to every page that this process shares with
        its parent, since Python counts references there."""
        cells = self._finder.cells
        if len(cells) < FEW:
            return [cell for cell in cells if cell.differs()]
        fork = Forked(self._numbers_of_differing)
        numbers = fork.answer([], FORK_SECONDS)
        if numbers is None:
            logger.warning("what jobs left was not looked through within %d s", FORK_SECONDS)
            fork.kill()
        return [cell for cell in map(cells.__getitem__, numbers or ()) if cell.differs()]

    def _numbers_of_differing(self) -> list[int]:
        return [number for number, cell in enumerate(self._finder.cells) if Cell.differs(cell)]

    # -- after a job

    @property
    def is_looked_through(self) -> bool:
        """Whether no job has run since everything was looked through."""
        return not self._unseen

    def put_back(self, job: str, everything: bool = False) -> bool:
        """Make it as it was; False: that cannot be, and the process has to be replaced."""
        self._jobs += 1
        self._unseen += 1
        seen = len(self._told)
        fit = self._put_back(job, self._differing())
        if any(map(_number, map(_sizes_of, self._cached))):
            self._clear_caches(job)
        due = self._jobs in FIRST or self._unseen >= FULL_EVERY or len(self._told) > seen
        return (self.put_everything_back(job) and fit) if everything or due else fit

    def put_everything_back(self, job: str) -> bool:
        """As `put_back`, of everything that differs, seen or not."""
        found = self._all_differing()
        new = [cell for cell in found if cell not in self._known]
        doubtful = [cell for cell in new if self._has_imported and cell.kind is FUNCTION]
        for cell in doubtful:
            text = "%s, or what it imported, changed %s: its process is replaced"
            logger.warning(text, job, cell.name)
        self._unseen, self._has_imported = 0, False
        self._known += new
        fit = self._put_back(job, found)
        if found:
            self._line_up()
        return fit and not doubtful

    def _differing(self) -> list[Cell]:
        found = [cell for cell in self._known if cell.differs()]
        if not _same(self._values, self._befores):
            found += (cell for cell in self._written if cell.differs())
        sizes = [*map(len, self._sized)]
        if sizes != self._sizes:
            pairs = zip(self._others, sizes, self._sizes, strict=True)
            found += (cell for cell, now, before in pairs if now != before)
        for names, name in self._finder.rebound:
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

    def _clear_caches(self, job: str) -> None:
        for name, cache in self._finder.caches.items():
            if cache.cache_info().currsize:
                cache.cache_clear()
                self._has_changed(name, job)

    def _has_changed(self, name: str, job: str) -> None:
        if name not in self._told:
            self._told.add(name)
            self._tell(name, job)


def _same(now: list[Any], before: list[Any]) -> bool:
    try:
        return now == before
    except Exception:  # of what stands in one of them
        return False


_state: WarmState | None = None


def state() -> WarmState:
    """This process's, or that of the parent which forked it."""
    global _state
    if _state is None:
        here = settings.current()
        packages = {name.partition(".")[0] for name in (*here.app_names, *here.job_modules)}
        _state = WarmState(packages - {"frappe_celery"}, _kept(here), left.tell)
    return _state


def _kept(here: Settings) -> list[str]:
    kept = [*here.frappe_celery_keep, *hosts.current().kept_state]
    for app in here.app_names:
        said = getattr(sys.modules.get(f"{app}.hooks"), HOOK, ())
        kept += [said] if isinstance(said, str) else said
    return kept
