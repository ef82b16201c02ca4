"""`frappe-celery schedule` shows the schedule, `schedule sync` brings the hooks into it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from frappe_celery.commands.options import known_site, known_sites
from frappe_celery.config import settings
from frappe_celery.config.files import module_of
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.hosts import AppHooks
from frappe_celery.programs import told
from frappe_celery.schedule import history
from frappe_celery.schedule.events import HOOK, import_problems, read_hooks
from frappe_celery.schedule.listing import COUNT, site_schedule
from frappe_celery.schedule.sync import sync as sync_site
from frappe_celery.schedule.timing import Timing
from frappe_celery.watch.schedule_tables import outcome_listing, schedule_listing
from frappe_celery.watch.tables import Listing
from frappe_celery.watch.words import instant


@click.group(invoke_without_command=True)
@click.option("--site", help="Only this site. Default: every site.")
@click.option(
    "--hooks",
    type=click.Path(exists=True, path_type=Path),
    help="What this hooks.py (or the app folder that it is in) says, without a project.",
)
@click.option(
    "--at", metavar="TIME", help="As if it were 2h (ago), 2026-03-29T01:30, or with an offset."
)
@click.option(
    "--count",
    type=click.IntRange(0, 1000),
    default=COUNT,
    show_default=True,
    help="How many next times are shown.",
)
@click.option(
    "--past",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Instead: what became of the last N due times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts: a list of entries.")
@click.pass_context
def schedule(
    ctx: click.Context,
    site: str | None,
    hooks: Path | None,
    at: str | None,
    count: int,
    past: int | None,
    as_json: bool,
) -> None:
    """Show the schedule: what runs when, and why.

    Into a file or a pipe a line an entry, tabs between site, app, method, queue, expression,
    source, last, next, state.

    Ends with 1 when a site's configuration or database cannot be read; the other sites are shown
    all the same.

    \b
    Examples:
      frappe-celery schedule --site site1.example.com
      frappe-celery schedule --hooks myapp/hooks.py --at 2026-03-29T01:30
    """
    if ctx.invoked_subcommand is not None:
        return
    if past is not None:
        found = history.outcomes(get_store(), past, known_site(site))
        _show(found, [outcome_listing(found)], as_json)
        return
    config, host = settings.current(), hosts.current()
    apps = None if hooks is None else [_hooks_at(hooks)]
    unread: list[str] = []
    schedules = []
    for name in known_sites(site) if hooks is None else [site or config.site]:
        with _noting(unread, name):
            when = _instant(at, name)
            schedules.append(site_schedule(host, config, name, at=when, count=count, apps=apps))
    lines = [line for shown in schedules for line in shown.lines]
    _show(lines, map(schedule_listing, schedules), as_json)
    _end_with(unread)


def _show(entries: Iterable[Any], listings: Iterable[Listing], as_json: bool) -> None:
    if as_json:
        shown = [vars(entry) for entry in entries]
        click.echo(json.dumps(shown, indent=1, default=datetime.isoformat))
    else:
        for each in listings:
            each.print()


@contextmanager
def _noting(errors: list[str], site: str) -> Iterator[None]:
    """A site whose configuration is broken, or whose database is down, does not stop the others."""
    try:
        yield
    except (BrokerUnreachable, click.ClickException):
        raise  # no single site's
    except Exception as exc:
        where = "" if isinstance(exc, ConfigError) else f"{site}: "
        errors.append(f"{where}{told(exc)}")


def _end_with(errors: list[str]) -> None:
    if errors:
        raise click.ClickException("\n".join(errors))


@schedule.command()
@click.option("--site", help="Only this site. Default: every site.")
def sync(site: str | None) -> None:
    """Bring changed hooks into the schedule, as `bench migrate` does.

    Ends with 1 when a part of the hooks, or a site's configuration, cannot be read; the rest is
    brought in all the same.

    \b
    Examples:
      frappe-celery schedule sync
      frappe-celery schedule sync --site site1.example.com
    """
    errors: list[str] = []
    for name in known_sites(site):
        with _noting(errors, name):
            if not _sync_site(name):
                errors.append(
                    f"{name}: a part of the hooks could not be read;"
                    " nothing was removed from the schedule"
                )
    _end_with(errors)


def _sync_site(name: str) -> bool:
    """Whether all of the site's hooks could be read."""
    config, host = settings.current(), hosts.current()
    report, problems = sync_site(host, config, name)
    for what in ("added", "changed", "removed"):
        for row in getattr(report, what):
            click.echo(f"{name}: {what} {row}")
    if not report:
        click.echo(f"{name}: nothing to change")
    rows, _ = read_hooks(host.app_hooks(name), config, name)
    for problem in [*problems, *import_problems(host, rows)]:
        click.secho(f"{name}: {problem}", fg="yellow", err=True)
    return all(problem.method for problem in problems)


def _instant(text: str | None, site: str) -> datetime | None:
    if text is None:
        return None
    try:
        seconds = instant(text, Timing.of(settings.current(), site).zone)
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter(str(exc), param_hint="--at") from None


def _hooks_at(path: Path) -> AppHooks:
    """The hooks of a hooks.py, run as the module that it is, with its package around it.

    Where another package of that name is in use, such as our stand-in for Frappe, it has that.
    """
    file = _hooks_file(path.resolve())
    package = file.parent
    while (package.parent / "__init__.py").exists():
        package = package.parent
    try:
        known = importlib.util.find_spec(package.name)
        if known is None or known.origin is None:
            sys.path.insert(0, str(package.parent))
        importlib.import_module(package.name)
        name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
        module = module_of(file, name)
    except Exception as exc:
        return AppHooks(
            package.name, error=f"{file} cannot be imported: {type(exc).__name__}: {exc}"
        )
    return AppHooks(package.name, {HOOK: getattr(module, HOOK, None)})


def _hooks_file(path: Path) -> Path:
    if path.is_file():
        return path
    likely = (path / "hooks.py", path / path.name / "hooks.py", *sorted(path.glob("*/hooks.py")))
    for file in filter(Path.is_file, likely):
        return file
    raise click.BadParameter(f"no hooks.py in {path}", param_hint="--hooks")
