"""Jobs that say when they begin and end, and how many of them ran at once."""

from __future__ import annotations

from itertools import accumulate

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job
from tests.project import Project

TASKS = """
import os, signal, time
from pathlib import Path

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def say(text):
    with EFFECTS.open("a") as effects:
        effects.write(f"{text}\\n")


def short(**kwargs):
    say("+")
    time.sleep(0.05)
    say("-")


def other():
    say("other")


def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""
DECLARED = """
from frappe_celery import options
from myapp import limited


@options(running=1, limit_key="shop")
def short(**kwargs):
    limited.short()
"""
METHOD = "myapp.limited.short"


def write_limited(project: Project) -> None:
    project.write("myapp/limited.py", TASKS)


def enqueue_some(number: int) -> list[Job]:
    return [enqueue(METHOD, n=n) for n in range(number)]


def most_at_once(project: Project) -> int:
    """By what the jobs have said."""
    steps = {"+": 1, "-": -1}
    return max(accumulate(steps.get(line, 0) for line in project.effects()))
