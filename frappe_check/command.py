"""`frappe-celery check`: what an app's code will do on Celery, before it moves."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click
from rich.console import Console

from frappe_celery.config.files import find_root
from frappe_celery.errors import ConfigError
from frappe_check.arguments import FRAPPE, wanted
from frappe_check.examine import Report, examine
from frappe_check.output import text
from frappe_check.output.rows import rows
from frappe_check.output.sarif import as_sarif
from frappe_check.rules import PAGE


@click.command()
@click.argument("apps", metavar="[APP|PATH]...", nargs=-1)
@click.option(
    "--import", "import_hooks", is_flag=True, help="Import a hooks.py that builds lists by code."
)
@click.option("--fix", is_flag=True, help="Rewrite v14's deduplication (FC108); show the diff.")
@click.option("--tasks", "with_tasks", is_flag=True, help="Show where each task can run, and why.")
@click.option("--summary", is_flag=True, help="Print ten lines, one an app.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@click.option("--sarif", is_flag=True, help="Print SARIF 2.1.0, for code hosts and editors.")
@click.option("--rules", is_flag=True, help="Print what each code means, with examples.")
def check(
    apps: tuple[str, ...],
    import_hooks: bool,
    fix: bool,
    with_tasks: bool,
    summary: bool,
    as_json: bool,
    sarif: bool,
    rules: bool,
) -> None:
    """Read apps' sources and say what would go wrong on Celery.

    Each APP or PATH is an app of the bench or project in the current folder, or any folder or file;
    without one it is every app in sites/apps.txt, and below them Frappe, whose findings are no
    reason for exit code 1 then. Nothing of an app runs. `# noqa: FC101` on a line silences that
    code there.

    \b
    Exit code:
      0  nothing was found
      1  something was found
      2  an argument names no app and no path

    \b
    Examples:
      frappe-celery check apps/myapp
      frappe-celery check apps/myapp --fix
    """
    if rules:
        click.echo(PAGE, nl=False)
        return
    try:
        asked = wanted(apps, find_root(os.environ))
    except ConfigError as exc:
        raise click.UsageError(str(exc)) from exc
    reports = [examine(each, import_hooks) for each in asked]
    own = [report for report in reports if apps or report.app.name != FRAPPE]
    if fix and _fix(own):
        reports = [examine(each, import_hooks) for each in asked]
    written = [rows(report) for report in reports]
    if sarif:
        found = [row for report in written for row in report["findings"]]
        click.echo(json.dumps(as_sarif(found), indent=1))
    elif as_json:
        click.echo(json.dumps(written, indent=1))
    elif summary:
        click.echo("\n".join(text.in_lines(written)))
    else:
        _show(written, with_tasks, "" if apps else FRAPPE)
    raise click.exceptions.Exit(int(any(report.findings for report in own)))


def _fix(reports: list[Report]) -> bool:
    """Rewrite the files; whether any was. The diff goes where it is in no script's way."""
    try:
        from frappe_check.fix import fix
    except ModuleNotFoundError as exc:
        raise click.ClickException(
            f"--fix needs {exc.name}: pip install 'frappe_celery[fix]'"
        ) from None
    diffs = [diff for report in reports for diff in fix.fix(report)]
    for diff in diffs:
        click.echo(diff, err=True)
    return bool(diffs)


def _show(reports: list[dict[str, Any]], with_tasks: bool, apart: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160, soft_wrap=True, highlight=False)
    for report in reports:
        if report["app"] == apart:
            console.rule("Frappe itself, not yours to change", align="left")
        console.print(*text.findings(report["findings"]), sep="\n")
        if with_tasks:
            console.print(*text.tasks(report["tasks"]), sep="\n")
        console.print(text.summary(report))
