"""The schedule as people and scripts read it: every entry, where it came from, when it is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from frappe_celery.config.settings import Settings
from frappe_celery.jobs.hosts import AppHooks, Host, ScheduleRow
from frappe_celery.schedule.events import import_problems, read_hooks
from frappe_celery.schedule.reader import why_off
from frappe_celery.schedule.sync import announcements, differences, identity, is_of_hook
from frappe_celery.schedule.timing import Timing, is_maintenance, maintenance_shift

COUNT = 5
NOT_IN_FORCE = "not yet in force"


@dataclass(frozen=True)
class Line:
    """One entry, or something in the hooks that makes none."""

    site: str
    app: str
    source: str
    method: str | None = None
    queue: str | None = None
    frequency: str | None = None
    expression: str | None = None
    last: datetime | None = None
    next: tuple[datetime, ...] = ()
    in_force: bool = True
    state: str = ""
    """Why it does not run: stopped, the site is paused, …; '' when it does."""
    problem: str = ""
    misfire: str = ""
    """How late it may run, where the site's configuration says so."""


@dataclass(frozen=True)
class SiteSchedule:
    """A site's lines, and what is to be known about all of them."""

    timing: Timing
    lines: list[Line]
    notes: list[str] = field(default_factory=list)


def site_schedule(
    host: Host,
    config: Settings,
    site: str,
    *,
    at: datetime | None = None,
    count: int = COUNT,
    apps: Iterable[AppHooks] | None = None,
    tries_imports: bool = True,
) -> SiteSchedule:
    """A site's rows, or what the hooks say where there are none yet.

    Args:
        at: as if it were then (aware). Default: now.
        count: how many of the next times.
        apps: only these hooks, whatever rows the site has.
        tries_imports: whether methods are imported, to say which of them cannot be.

    Raises:
        ConfigError: the site's configuration is broken.
    """
    at = at or datetime.now(timezone.utc)
    timing = Timing.of(config, site)
    hooks = host.app_hooks(site) if apps is None else list(apps)
    wanted, problems = read_hooks(hooks, config, site, at)
    live = [] if apps is not None else host.schedule_rows(site)
    in_force = any(map(is_of_hook, live)) or not wanted
    rows = _with_source(live if in_force else [*live, *wanted], wanted)
    if tries_imports:
        problems += import_problems(host, rows)

    off = why_off(host, config, site) if apps is None else None
    reasons = {problem.method: problem.reason for problem in problems if problem.method}
    lines = []
    for row in rows:
        due = timing.next_starts(row, at, count)
        times, none = ([], due) if isinstance(due, str) else (due, "")
        reason = "; ".join(filter(None, [reasons.get(row.method), none]))
        lines.append(_line(row, timing, times, in_force or not is_of_hook(row), off, reason))
    lines += [
        Line(site, problem.app, problem.source, problem=problem.reason)
        for problem in problems
        if problem.method is None
    ]
    notes = [f"`all` is due every {timing.tick.seconds} s ({timing.tick.origin})"]
    if any(is_maintenance(row.frequency) for row in rows):
        notes.append(
            f"maintenance starts {maintenance_shift(site)} minutes after its time, by the site's"
            " name: Frappe computes that shift and forgets it"
        )
    if not in_force and apps is None:
        notes.append(
            f"{NOT_IN_FORCE}: the first start of beat, or `frappe-celery schedule sync`, does that"
        )
    elif apps is None:
        notes += announcements(differences(live, wanted, problems))
    return SiteSchedule(timing, lines, notes)


def _with_source(rows: list[ScheduleRow], wanted: list[ScheduleRow]) -> list[ScheduleRow]:
    """The rows with the app and source that the hooks know of them."""
    hooks = {identity(row): row for row in wanted}
    return [
        replace(row, app=hook.app, source=hook.source)
        if is_of_hook(row) and (hook := hooks.get(identity(row)))
        else row
        for row in rows
    ]


def _line(
    row: ScheduleRow,
    timing: Timing,
    times: list[datetime],
    in_force: bool,
    off: str | None,
    problem: str,
) -> Line:
    state = "" if in_force else NOT_IN_FORCE
    if row.stopped or off:
        state = "stopped" if row.stopped else f"paused: {off}"
    return Line(
        site=row.site,
        app=row.app or "",
        source=row.source,
        method=row.method or row.server_script,
        queue=row.queue,
        frequency=row.frequency,
        expression=timing.expression(row),
        last=row.last_execution and timing.on_the_wall(row.last_execution),
        next=tuple(times),
        in_force=in_force,
        state=state,
        misfire=str(timing.misfire(row)),
        problem=problem,
    )
