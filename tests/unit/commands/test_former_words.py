"""What commands were called before they had groups: it works, and is not shown."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from frappe_celery.cli import COMMANDS, MOVED, main


def answer(*words: str) -> str:
    done = CliRunner().invoke(main, [*words, "--help"], prog_name="frappe-celery")
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("word", MOVED)
def test_it_is_the_command_in_its_group(word: str) -> None:
    usage, _, text = answer(word).partition("\n")
    assert usage.startswith(f"Usage: frappe-celery {word} ")
    assert text == answer(*MOVED[word].split()).partition("\n")[2]


def test_none_is_listed() -> None:
    assert not MOVED.keys() & set(COMMANDS)
    assert not MOVED.keys() & {line.split()[0] for line in answer().splitlines() if line.strip()}
