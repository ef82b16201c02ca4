"""`scheduler_events` of the apps' hooks.py as rows of the schedule, and what is wrong with them.

They are read as Frappe's `sync_jobs` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import UnknownQueue
from frappe_celery.jobs.hosts import AppHooks, Host, ScheduleRow
from frappe_celery.schedule.cron import Cron, CronError
from frappe_celery.schedule.frequencies import FREQUENCIES, frequency_of, label_of, queue_of

HOOK = "scheduler_events"
WORDS = ("all", *FREQUENCIES)
CRON = "Cron"


@dataclass(frozen=True)
class Problem:
    """Something in an app's hooks that cannot be followed; the rest is followed all the same."""

    app: str
    source: str
    """`myapp hooks.py scheduler_events.cron["61 * * * *"]`"""
    reason: str
    method: str | None = None
    """The method whose row is there in spite of it; None: entries may be missing."""

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


def rows_from_hooks(
    host: Host, config: Settings, site: str, now: datetime | None = None
) -> tuple[list[ScheduleRow], list[Problem]]:
    """A site's rows as its apps' hooks have them, in that order; no method is imported.

    `now` is the rows' creation, aware.
    """
    return read_hooks(host.app_hooks(site), config, site, now)


def read_hooks(
    apps: Iterable[AppHooks], config: Settings, site: str, now: datetime | None = None
) -> tuple[list[ScheduleRow], list[Problem]]:
    """The same for the hooks given."""
    values = config.site_config(site)
    reading = _Reading(
        config=config,
        site=site,
        now=now or datetime.now(timezone.utc),
        zone=values.get("time_zone") or config.zone,
        cron_queues=values.get("cron_queues") or {},
    )
    for app in apps:
        reading.read_app(app)
    return reading.rows, reading.problems


def import_problems(host: Host, rows: Iterable[ScheduleRow]) -> list[Problem]:
    """The rows' methods that cannot be imported or called, or that use what the host has not.

    Imports them all.
    """
    problems = {}
    for row in rows:
        if row.method and row.method not in problems and not row.server_script:
            problems[row.method] = _import_problem(host, row)
    return [problem for problem in problems.values() if problem]


def _import_problem(host: Host, row: ScheduleRow) -> Problem | None:
    reason = _why_not(host, row.method)
    return Problem(row.app or "", row.source, reason, row.method) if reason else None


def _why_not(host: Host, path: str) -> str | None:
    try:
        method = host.get_attr(path)
    except (Exception, SystemExit) as exc:
        return f"{path} cannot be imported: {type(exc).__name__}: {exc}"
    if not callable(method):
        return f"{path} is no function but {method!r}"
    missing = host.missing_names(method)
    return f"{path} imports; uses {', '.join(missing)}, which needs a site" if missing else None


@dataclass
class _Reading:
    config: Settings
    site: str
    now: datetime
    zone: str
    cron_queues: dict[str, str]
    rows: list[ScheduleRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    known: set[tuple[str, str, str | None]] = field(default_factory=set)
    app: str = ""

    def read_app(self, app: AppHooks) -> None:
        self.app = app.app
        events = app.hooks.get(HOOK) or {}
        source = f"{app.app} hooks.py {HOOK}"
        if app.error is not None:
            self.problem(f"{app.app} hooks.py", app.error)
        elif not isinstance(events, dict):
            self.problem(source, f'is {events!r}; write {{"daily": ["myapp.tasks.report"]}}')
        else:
            for word, entry in events.items():
                self.read_event(f"{source}.{word}", word, entry)

    def read_event(self, source: str, word: Any, entry: Any) -> None:
        if word != "cron" and word not in WORDS:
            accepted = f"accepted are {', '.join(WORDS)} and cron"
            self.problem(source, f"{word!r} is no event; {accepted}")
        elif isinstance(entry, dict):  # Frappe takes such a dictionary for cron under any word
            for key, methods in entry.items():
                self.read_cron(f'{source}["{key}"]', key, methods)
        elif word == "cron":
            self.problem(source, f'is {entry!r}; write {{"0 9 * * 1-5": ["myapp.tasks.report"]}}')
        else:
            self.read_methods(source, entry, label_of(word), None)

    def read_cron(self, source: str, key: Any, methods: Any) -> None:
        try:
            Cron(key, self.zone)
        except CronError as exc:
            self.problem(source, str(exc))
            return
        word = frequency_of(key)
        if word in WORDS:  # such as `annual`, which people write
            self.read_methods(source, methods, label_of(word), None)
        else:
            self.read_methods(source, methods, CRON, key)

    def read_methods(
        self, source: str, entry: Any, frequency: str, cron_format: str | None
    ) -> None:
        methods = entry if isinstance(entry, (list, tuple, set, frozenset)) else [entry]
        for method in methods:
            if not isinstance(method, str) or not all(map(str.isidentifier, method.split("."))):
                self.problem(source, f"{method!r} is no dotted path such as 'myapp.tasks.report'")
            elif (method, frequency, cron_format) not in self.known:
                self.known.add((method, frequency, cron_format))
                self.add(source, method, frequency, cron_format)

    def add(self, source: str, method: str, frequency: str, cron_format: str | None) -> None:
        queue = queue_of(frequency, method, self.cron_queues)
        try:
            self.config.queue(queue)
        except UnknownQueue as exc:
            self.problem(source, f"cron_queues gives {method} a queue: {exc}", method)
        self.rows.append(
            ScheduleRow(
                site=self.site,
                name=self.name(method, cron_format or frequency),
                method=method,
                frequency=frequency,
                queue=queue,
                creation=self.now,
                cron_format=cron_format,
                create_log=creates_log(frequency, self.config.frappe_version),
                app=self.app,
                source=source,
            )
        )

    def name(self, method: str, otherwise: str) -> str:
        """Frappe's name, the last two parts of the path, where no other row has it."""
        short = ".".join(method.split(".")[-2:])
        name = next(n for n in (short, method, f"{method} {otherwise}") if n not in self.names)
        self.names.add(name)
        return name

    def problem(self, source: str, reason: str, method: str | None = None) -> None:
        self.problems.append(Problem(self.app, source, reason, method))


def creates_log(frequency: str, version: int) -> bool:
    """Whether runs of a frequency write a Scheduled Job Log unless its row says otherwise."""
    return frequency not in (("All",) if version < 16 else ("All", CRON))
