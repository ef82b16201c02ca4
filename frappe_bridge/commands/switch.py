"""`frappe-celery switch`: guides a bench over, or back, a step at a time."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

import click

from frappe_bridge import guide
from frappe_bridge.commands.move import move
from frappe_bridge.commands.shadow import shadow
from frappe_bridge.guide import NotDone, Step
from frappe_celery.commands.bench_programs import path_of
from frappe_celery.commands.options import known_site
from frappe_celery.commands.process_managers import manager_of
from frappe_celery.config import settings
from frappe_celery.jobs import get_store, hosts

LOOK_SECONDS = 2.0
TOLD_SECONDS = 30.0
"""How often it says what it waits for."""
GIVE_UP_SECONDS = 300.0
"""For so long it waits, with --yes, while nothing changes of what is missing."""
NAMED = 10
"""How much of what is missing is shown."""
BACK = "frappe-celery switch back"
AGAIN = f"frappe-celery switch again: it goes on here. Or go back: {BACK}"


def _a_way(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of both ways."""
    yes = click.option(
        "--yes", is_flag=True, help="Ask nothing, and tell supervisor or systemd too."
    )
    manager = click.option(
        "--manager",
        metavar="COMMAND",
        default="",
        help='How supervisorctl or systemctl is called here, such as "sudo supervisorctl".',
    )
    return yes(manager(command))


@click.group(invoke_without_command=True)
@click.option("--canary", metavar="SITE", help="The site whose jobs go first, before any queue.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=10,
    show_default=True,
    help="How long the two schedules are compared; 0: not at all.",
)
@_a_way
@click.pass_context
def switch(ctx: click.Context, canary: str | None, minutes: float, yes: bool, manager: str) -> None:
    """Move this bench from RQ to Celery, step by step.

    Each step is shown, done and looked at before the next one. Interrupted, or stopped by a step
    that fails, it goes on there when it is called again; `switch back` leads back from any point.
    What it does are the commands of docs/migration.md.

    \b
    Examples:
      frappe-celery switch
      frappe-celery switch --canary long --minutes 30
    """
    if ctx.invoked_subcommand is not None:
        return
    first = known_site(canary)
    _go(lambda: guide.over(get_store(), first, minutes), yes, manager, f"; {BACK} leads back")
    click.echo(
        "The bench is on Celery, and armed: frappe-celery enable --settle ends that, when RQ's"
        " processes are not needed any more."
    )


@switch.command()
@_a_way
@click.pass_context
def back(ctx: click.Context, yes: bool, manager: str) -> None:
    """Move this bench back to RQ, from any point of the way.

    \b
    Examples:
      frappe-celery switch back
      frappe-celery switch back --yes
    """
    before = ctx.parent.params if ctx.parent else {}  # `switch --yes back`
    _go(guide.back, yes or before.get("yes", False), manager or before.get("manager", ""))
    click.echo("The bench is on RQ again, and armed: frappe-celery disable --settle ends that too.")


switch.add_command(move)
switch.add_command(shadow)


def _go(steps: Callable[[], Iterable[Step]], yes: bool, manager: str, way_back: str = "") -> None:
    if not hosts.is_bench():
        raise click.ClickException(
            "this is no bench: run the bench's own env/bin/frappe-celery in its folder"
        )
    called = shlex.split(manager)
    if yes:
        _refuse_a_manager_that_does_not_answer(called)
    try:
        for number, step in enumerate(steps(), 1):
            _go_through(number, step, yes, called)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"\nStopped: called again it goes on here{way_back}", err=True)
        raise click.exceptions.Exit(1) from None


def _go_through(number: int, step: Step, yes: bool, called: list[str]) -> None:
    missing = step.missing()
    click.echo(f"{number}. {step.name}{'' if missing else ': done'}")
    if not missing:
        return
    for line in missing[:NAMED]:
        click.echo(f"   {line}")
    if len(missing) > NAMED:
        click.echo(f"   and {len(missing) - NAMED} more")
    if step.by == "us":
        _call(step, yes)
    else:
        _have_it_done(step, yes, called, missing)
    if step.probes:
        seconds = guide.probe(get_store(), *step.probes)
        click.echo(f"   a job of it ran within {seconds:.1f} s")


def _refuse_a_manager_that_does_not_answer(called: list[str]) -> None:
    if not (look := manager_of(settings.current(), called).look):
        return
    try:
        looked = subprocess.run(look, capture_output=True, text=True, check=False)
        said = "" if looked.returncode == 0 else looked.stdout + looked.stderr or "it failed"
    except OSError as exc:
        said = f"it cannot be run: {exc.strerror}"
    if said:
        raise click.ClickException(
            f"{shlex.join(look)}: {said.strip()}. Nothing was changed. Say how it is called"
            f' here, as in --manager "sudo {look[0]}"; or leave --yes out, and call what is'
            " shown by hand"
        )


def _call(step: Step, yes: bool) -> None:
    command = f"   frappe-celery {shlex.join(step.arguments)}?"
    if not (yes or click.confirm(command, abort=not step.only_looks)):
        click.echo("   left out")
        return
    _run([path_of(), *step.arguments], step.only_looks)
    settings.use(None)
    step.did()
    if not step.only_looks and (missing := step.missing()):
        raise NotDone(f"{step.name}: it was done, and still: {'; '.join(missing)}")


def _have_it_done(step: Step, yes: bool, called: list[str], missing: list[str]) -> None:
    manager = manager_of(settings.current(), called)
    commands = getattr(manager, step.by, [])
    started = yes and commands and step.by == "add"
    for command in commands:
        click.echo(f"   {shlex.join(command)}")
        if yes:
            _run(command)
    told, told_at, changed_at = missing, 0.0, time.monotonic()
    while left := step.missing():
        if left != told:
            changed_at = time.monotonic()
        elif yes and time.monotonic() - changed_at > GIVE_UP_SECONDS:
            what = f"for {GIVE_UP_SECONDS:.0f} s nothing has changed of what is missing:"
            lines = "\n  ".join([what, *left])
            raise click.ClickException(f"{lines}\n{step.otherwise}, then run {AGAIN}")
        if left != told or time.monotonic() - told_at > TOLD_SECONDS:
            told, told_at = left, time.monotonic()
            for line in left:
                click.echo(f"   still: {line}")
            what = "" if started else f"{step.otherwise}; "
            click.echo(f"   {what}this waits until it is seen")
        time.sleep(LOOK_SECONDS)


def _run(command: list[str], only_looks: bool = False) -> None:
    code = subprocess.run(command, check=False).returncode
    if code and not only_looks:
        raise click.ClickException(
            f"{shlex.join(command)} ended with {code}. Mend what it says, then run {AGAIN}"
        )
