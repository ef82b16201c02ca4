"""`scheduler_events` of the apps' hooks.py as rows of the schedule, and what is wrong with them.

They are read as Frappe's `sync_jobs` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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

Entry = tuple[str, str, "str | None"]
"""A method, the label of its frequency, and its cron expression, where that is Cron."""
Found = tuple[str, "Entry | str"]
"""A place in the hooks, and the entry there, or what is wrong with it."""


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


def read_hooks(
    apps: Iterable[AppHooks], config: Settings, site: str, now: datetime | None = None
) -> tuple[list[ScheduleRow], list[Problem]]:
    """A site's rows as its apps' hooks have them, in that order; no method is imported. `now` is
    the rows' creation, aware."""
    values, now = config.site_config(site), now or datetime.now(timezone.utc)
    zone, cron_queues = values.get("time_zone") or config.zone, values.get("cron_queues") or {}
    rows: dict[Entry, ScheduleRow] = {}
    problems: list[Problem] = []
    names: set[str] = set()
    for app in apps:
        for source, found in _of_app(app, zone):
            if isinstance(found, str):
                problems.append(Problem(app.app, source, found))
            elif found not in rows:
                method, frequency, cron_format = found
                queue = queue_of(frequency, method, cron_queues)
                try:
                    config.queue(queue)
                except UnknownQueue as exc:
                    reason = f"cron_queues gives {method} a queue: {exc}"
                    problems.append(Problem(app.app, source, reason, method))
                name = _name(names, method, cron_format or frequency)
                names.add(name)
                rows[found] = ScheduleRow(
                    site=site,
                    name=name,
                    method=method,
                    frequency=frequency,
                    queue=queue,
                    creation=now,
                    cron_format=cron_format,
                    create_log=creates_log(frequency, config.frappe_version),
                    app=app.app,
                    source=source,
                )
    return list(rows.values()), problems


def import_problems(host: Host, rows: Iterable[ScheduleRow]) -> list[Problem]:
    """The rows' methods that cannot be imported or called, or that use what the host has not.

    Imports them all.
    """
    by_method: dict[str, ScheduleRow] = {}
    for row in rows:
        if row.method and not row.server_script:
            by_method.setdefault(row.method, row)
    return [
        Problem(row.app or "", row.source, reason, method)
        for method, row in by_method.items()
        if (reason := _why_not(host, method))
    ]


def _why_not(host: Host, path: str) -> str | None:
    try:
        method = host.get_attr(path)
    except (Exception, SystemExit) as exc:
        return f"{path} cannot be imported: {type(exc).__name__}: {exc}"
    if not callable(method):
        return f"{path} is no function but {method!r}"
    missing = host.missing_names(method)
    return f"{path} imports; uses {', '.join(missing)}, which needs a site" if missing else None


def _of_app(app: AppHooks, zone: str) -> Iterable[Found]:
    events, source = app.hooks.get(HOOK) or {}, f"{app.app} hooks.py"
    if app.error is not None:
        yield source, app.error
    elif not isinstance(events, dict):
        yield f"{source} {HOOK}", f'is {events!r}; write {{"daily": ["myapp.tasks.report"]}}'
    else:
        for word, entry in events.items():
            yield from _of_event(f"{source} {HOOK}.{word}", word, entry, zone)


def _of_event(source: str, word: Any, entry: Any, zone: str) -> Iterable[Found]:
    if word != "cron" and word not in WORDS:
        yield source, f"{word!r} is no event; accepted are {', '.join(WORDS)} and cron"
    elif isinstance(entry, dict):  # Frappe takes such a dictionary for cron under any word
        for key, methods in entry.items():
            yield from _of_cron(f'{source}["{key}"]', key, methods, zone)
    elif word == "cron":
        yield source, f'is {entry!r}; write {{"0 9 * * 1-5": ["myapp.tasks.report"]}}'
    else:
        yield from _of_methods(source, entry, label_of(word))


def _of_cron(source: str, key: Any, methods: Any, zone: str) -> Iterable[Found]:
    try:
        Cron(key, zone)
    except CronError as exc:
        yield source, str(exc)
        return
    word = frequency_of(key)
    if word in WORDS:  # such as `annual`, which people write
        yield from _of_methods(source, methods, label_of(word))
    else:
        yield from _of_methods(source, methods, CRON, key)


def _of_methods(
    source: str, entry: Any, frequency: str, cron_format: str | None = None
) -> Iterable[Found]:
    for method in entry if isinstance(entry, (list, tuple, set, frozenset)) else [entry]:
        if isinstance(method, str) and all(map(str.isidentifier, method.split("."))):
            yield source, (method, frequency, cron_format)
        else:
            yield source, f"{method!r} is no dotted path such as 'myapp.tasks.report'"


def _name(taken: set[str], method: str, otherwise: str) -> str:
    """Frappe's name, the last two parts of the path, where no other row has it."""
    short = ".".join(method.split(".")[-2:])
    return next(n for n in (short, method, f"{method} {otherwise}") if n not in taken)


def creates_log(frequency: str, version: int) -> bool:
    """Whether runs of a frequency write a Scheduled Job Log unless its row says otherwise."""
    return frequency not in (("All",) if version < 16 else ("All", CRON))
