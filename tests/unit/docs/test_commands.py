"""Every command line in the documentation names a command and options that there are."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from celery.bin.celery import celery

from frappe_celery import app
from frappe_celery.cli import main
from frappe_celery.commands import commands as bench_commands

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLUGINS = {"flower"}
"""Commands of `celery` that other packages bring."""

COMMAND = re.compile(
    r"(?P<program>frappe-celery|celery -A frappe_celery|bench(?= celery-))"
    r" (?P<words>[a-z\-|]+[^`\n#;&>'\"(]*)"
)
_NO_WORD = re.compile(r"[\[\]…]|^\.\.\.$")


def lines() -> list[tuple[str, str, str]]:
    """Place, program and words of every command line in the pages, in code or indented."""
    found = []
    for page in PAGES:
        fenced = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            code = [line] if fenced or line.startswith("    ") else re.findall(r"`([^`]+)`", line)
            for text in code:
                for match in COMMAND.finditer(text):
                    place = f"{page.relative_to(ROOT)}:{number}"
                    found.append((place, match["program"], match["words"].partition("  ")[0]))
    return found


def commands_of(program: str) -> click.Group:
    if program == "frappe-celery":
        return main
    if program.startswith("celery"):
        return celery
    return click.Group("bench", {command.name: command for command in bench_commands})


def check(group: click.Group, words: list[str]) -> str:
    """What is wrong with the words after a program's name; '' when nothing is."""
    command: click.Command = group
    options: set[str] = set()
    wants_value = False
    for word in words:
        if wants_value:
            wants_value = False
        elif word.startswith("-"):
            name = word.partition("=")[0]
            if name not in options | set(celery_options(command)):
                return f"{command.name} has no option {name}"
            wants_value = word == name and name in values_of(command)
        elif isinstance(command, click.Group):
            names = word.split("|")
            if set(names) <= PLUGINS:
                return ""
            context = click.Context(command)
            missing = [n for n in names if command.get_command(context, n) is None]
            if missing:
                return f"{command.name} has no command {', '.join(missing)}"
            found = command.get_command(context, names[0])
            assert found is not None
            command = found
            options = {"--help", "-h"} | {
                name for p in command.params for name in (*p.opts, *p.secondary_opts)
            }
    return ""


def values_of(command: click.Command) -> set[str]:
    """The options that are followed by a value."""
    options = [p for p in command.params if isinstance(p, click.Option) and not p.is_flag]
    return {name for option in options for name in option.opts}


def celery_options(command: click.Command) -> list[str]:
    """What the app adds to a command of Celery's."""
    added = app.user_options.get(command.name or "", ())
    return [name for option in added if isinstance(option, click.Option) for name in option.opts]


def test_every_command_line_in_the_pages_can_be_typed() -> None:
    assert len(lines()) > 40
    wrong = [
        f"{place}: {program} {words}: {reason}"
        for place, program, words in lines()
        if (reason := check(commands_of(program), _NO_WORD.sub("", words).split()))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("jobs lst", "jobs has no command lst"),
        ("jobs list --stat failed", "list has no option --stat"),
        ("setup procfile|runit", "setup has no command runit"),
    ],
)
def test_a_wrong_one_would_be_found(words: str, reason: str) -> None:
    assert check(main, words.split()) == reason
