"""Running the commands as a user does: an exit code, an output, no traceback."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.project import Process, Project


def program(name: str) -> str:
    """Path of a command of this environment: `celery`, `frappe-celery`."""
    beside = Path(sys.executable).with_name(name)
    path = str(beside) if beside.exists() else shutil.which(name)
    assert path, f"{name} is not installed here: pip install -e ."
    return path


def cli(project: Project, *arguments: str, **environment: str) -> Process:
    """Start `frappe-celery …`."""
    name = f"cli{len(project.processes)}"
    command = ["-m", "frappe_celery.cli", *arguments]
    return project.start(name, *command, **environment)


def run_cli(project: Project, *arguments: str, code: int = 0, **environment: str) -> str:
    """Run `frappe-celery …` to its end; gives its output, which is no traceback."""
    process = cli(project, *arguments, **environment)
    assert process.wait() == code, process.output()
    assert "Traceback" not in process.output()
    return process.output()


def worker(project: Project, *arguments: str) -> Process:
    """A worker by `frappe-celery worker`, ready for jobs."""
    process = cli(project, "worker", "-c", "1", *arguments)
    process.wait_for(" ready.")
    return process
