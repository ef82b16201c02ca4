"""`frappe-celery limits`: how much of what runs at once, shown, and changed as it runs."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from frappe_celery.commands.options import AS_JSON
from frappe_celery.jobs import get_store
from frappe_celery.jobs.limits.rules import MOST_A_MINUTE, Limit, Limits, Rule
from frappe_celery.watch import words

TARGET = click.argument("target", metavar="TARGET")


def _duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    seconds = words.span(value)
    if not seconds:
        raise click.BadParameter(f"{value!r}: write a number and s, m, h or d, such as 30m")
    return seconds


@click.group(invoke_without_command=True)
@AS_JSON
@click.pass_context
def limits(ctx: click.Context, as_json: bool) -> None:
    """Show limits and pauses, and what they keep back; change them.

    \b
    Examples:
      frappe-celery limits
      frappe-celery limits --json
    """
    if ctx.invoked_subcommand is not None:
        return
    found = Limits(get_store()).all()
    if as_json:
        click.echo(json.dumps([asdict(limit) for limit in found], indent=2))
    elif not found:
        click.echo("There are none: nothing is limited or paused.")
    else:
        from frappe_celery.watch.tables import Listing

        columns = ("target", "limit", "running", "kept back", "said by")
        Listing("Limits and pauses", columns, [*map(_cells, found)]).print()


@limits.command("set")
@TARGET
@click.option("--running", type=click.IntRange(1), help="At most so many at once.")
@click.option(
    "--per-minute", type=click.IntRange(1, MOST_A_MINUTE), help="At most so many begin a minute."
)
@click.option("--remove", is_flag=True, help="Go back to what the configuration says, if anything.")
def set_(target: str, running: int | None, per_minute: int | None, remove: bool) -> None:
    """Limit a site, a queue, a method or a key.

    TARGET is site:NAME, queue:NAME, method:DOTTED.PATH or key:NAME, in which * stands for anything.
    Jobs over the limit wait, and hold up nobody else. It holds at once, until it is changed.

    \b
    Examples:
      frappe-celery limits set queue:long --running 2
      frappe-celery limits set method:myapp.tasks.send --per-minute 60
    """
    numbers = Rule(running, per_minute).numbers
    if remove == bool(numbers):
        raise click.UsageError("Say --running, --per-minute or both; or --remove.")
    known = Limits(get_store())
    if remove:
        known.drop(target)
        click.echo(f"{target}: the limit that was set is gone.")
    else:
        rule = known.change(target, **numbers)
        click.echo(f"{target}: {words.numbers(rule)}.")


@limits.command()
@TARGET
@click.option(
    "--for", "seconds", callback=_duration, metavar="TIME", help="Go on after 30m, 2h, 1d."
)
def pause(target: str, seconds: float | None) -> None:
    """Let no more jobs of a site, a queue or a method begin.

    TARGET is as in frappe-celery limits set. Those that run go on; what waits, and what is enqueued
    meanwhile, waits until frappe-celery limits resume, or until the time is over.

    \b
    Examples:
      frappe-celery limits pause site:site1.example.com --for 30m
      frappe-celery limits pause queue:long
    """
    ends = Limits(get_store()).pause(target, seconds)
    click.echo(f"{target}: {words.pause(ends)}.")


@limits.command()
@TARGET
def resume(target: str) -> None:
    """Let what was paused go on.

    \b
    Examples:
      frappe-celery limits resume site:site1.example.com
      frappe-celery limits resume queue:long
    """
    Limits(get_store()).resume(target)
    click.echo(f"{target} goes on.")


def _cells(limit: Limit) -> tuple[str, ...]:
    counts = ("" if limit.rule.running is None else str(limit.running), str(limit.kept_back))
    return (limit.target, words.in_words(limit), *counts, words.said_by(limit))
