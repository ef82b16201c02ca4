"""What a fork tells the process that made it, and what stands for a fork that told nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from frappe_celery.jobs.forked import Forked


def raising() -> str:
    raise ValueError("broken on purpose")


def dying() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "not reached"


@pytest.mark.parametrize(
    ("function", "answer"),
    [(lambda: "found", "found"), (raising, "otherwise"), (dying, "otherwise")],
    ids=["one that answers", "one whose function raises", "one that dies"],
)
def test_a_fork_answers_or_what_stands_for_its_answer_does(
    function: Callable[[], str], answer: str
) -> None:
    assert Forked(function).answer("otherwise") == answer
