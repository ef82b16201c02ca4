"""`--help` for someone who has used bench but never Celery: nothing is cut off or left unsaid."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from frappe_celery.cli import main
from frappe_celery.config import settings


def commands(
    command: click.Command, *names: str
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from commands(found, *names, name)


ALL = dict(commands(main))


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_command_and_option_says_what_it_is_for(names: tuple[str, ...]) -> None:
    command = ALL[names]
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name
    shown = CliRunner().invoke(main, [*names, "--help"]).output
    listed = shown.partition("Commands:" if names else "Run:")[2]
    assert "..." not in listed, "a first sentence is cut off"


@pytest.mark.parametrize(
    "names", [names for names, of in ALL.items() if not isinstance(of, click.Group)], ids=" ".join
)
def test_its_examples_can_be_called(names: tuple[str, ...]) -> None:
    command = ALL[names]
    _, _, examples = str(command.help).partition("Example")
    lines = [line.split(" > ")[0] for line in examples.splitlines()[1:] if line.strip()]
    assert lines or names[0] == "setup"
    for line in lines:
        program, *words = shlex.split(line)
        assert (program, *words[: len(names)]) == ("frappe-celery", *names)
        context = click.Context(command, **command.context_settings)
        command.make_parser(context).parse_args(words[len(names) :])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_mistyped_command_gets_the_likely_one() -> None:
    assert "Did you mean 'worker'?" in run("wrker").output
    assert run("nothing-like-it").exit_code == 2


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "common_site_config.json").write_text('{"redis_queue": }')
    monkeypatch.chdir(tmp_path)
    settings.use(None)
    yield
    settings.use(None)


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--site", "site1")])
def test_doctor_tells_monitoring_of_a_broken_configuration(
    broken: None, arguments: tuple[str, ...]
) -> None:
    result = run("doctor", *arguments)
    assert result.exit_code == 2
    assert "line 1, column 17" in result.output


def test_disable_outside_of_a_bench_says_so() -> None:
    result = run("disable")
    assert result.exit_code == 1
    assert "Frappe is not installed in" in result.output
    assert "Off:" not in result.output
