"""A project of the kind our users have: an app with hooks and tasks, real workers and beat."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import wait_until
from tests.warm import WarmProcess, WarmPython

STOP_SECONDS = 20
OF_A_START = ("PYTHON", "LANG", "LC_", "LD_", "AUTOSCALE_KEEPALIVE")
"""What the variables begin with that count when a process starts."""

TASKS = '''
"""Each task leaves a line in effects.txt, for a test to see that it ran and with what."""

import time
from pathlib import Path

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def record(text="ran", **kwargs):
    with EFFECTS.open("a") as effects:
        effects.write(f"{text}\\n")
    return text


def fail(message="broken on purpose"):
    record(f"fail {message}")
    raise ValueError(message)


def sleep(seconds, text="slept"):
    record(f"{text} started")
    time.sleep(seconds)
    record(text)
'''


class Process:
    """A running command whose output is kept, and shown when the test fails."""

    def __init__(
        self,
        arguments: list[str],
        cwd: Path,
        log: Path,
        env: dict[str, str],
        warm: WarmPython | None = None,
    ) -> None:
        self.log = log
        self.popen: subprocess.Popen[bytes] | WarmProcess
        with log.open("wb") as output:
            if warm:
                self.popen = warm.start(*arguments[1:], folder=cwd, environment=env, log=log)
                return
            self.popen = subprocess.Popen(
                arguments,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, timeout: float = 30) -> None:
        """Until `text` was printed; fails at once when the process ends without it."""

        def printed() -> bool:
            ended = self.popen.poll() is not None
            if text in self.output():
                return True
            if ended:
                pytest.fail(f"{self.log.stem} ended with {self.popen.returncode}, no {text!r} yet")
            return False

        wait_until(printed, timeout, f"{self.log.stem} prints {text!r}")

    def wait(self, timeout: float = 60) -> int:
        """Exit code, once it ends by itself."""
        return self.popen.wait(timeout)

    def stop(self) -> int:
        """SIGTERM, as systemd or Ctrl-C would; gives the exit code.

        One that does not end tells its stacks, and those of its children, in its output.
        """
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(psutil.Error):
                process = psutil.Process(self.popen.pid)
                for one in (process, *process.children(recursive=True)):
                    one.send_signal(signal.SIGUSR1)
                time.sleep(1)
            raise

    def kill(self) -> None:
        """The process and all its children, with SIGKILL."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


class Project:
    """A folder with `sites/`, the app `myapp`, and settings that point to the test's server."""

    def __init__(self, root: Path, redis_url: str, warm: WarmPython | None = None) -> None:
        self.root = root
        self.warm = warm
        """Starts its processes; None: each is a Python of its own, for who looks at that."""
        self.site = "site1.localhost"
        self.processes: list[Process] = []
        self.write("myapp/__init__.py", "")
        self.write("myapp/hooks.py", 'app_name = "myapp"\n')
        self.write("myapp/tasks.py", TASKS)
        self.write("sites/apps.txt", "myapp\n")
        self.write(f"sites/{self.site}/site_config.json", "{}")
        self.configure(redis_queue=redis_url, bench_id=f"test-{uuid.uuid4().hex[:12]}")
        self.configure(job_modules=["tests"])  # functions of the tests' own are jobs too

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project; indentation that all lines share is taken away."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def configure(self, **values: Any) -> None:
        """Set keys of common_site_config.json; None takes one away."""
        file = self.root / "sites" / "common_site_config.json"
        config = json.loads(file.read_text()) if file.exists() else {}
        config = {k: v for k, v in {**config, **values}.items() if v is not None}
        self.write("sites/common_site_config.json", json.dumps(config, indent=1))

    def environment(self, **extra: str) -> dict[str, str]:
        """For processes of the project; `python` finds the app and this checkout.

        They compile nothing to keep: a test writes a module anew within the second that would tell
        Python so.
        """
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FRAPPE_")}
        own = {
            "PYTHONPATH": f"{self.root}:{Path(__file__).parents[1]}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {**kept, **own, **extra}

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """Start `python …arguments`, with its output in `name`.log."""
        log = self.root / f"{name}.log"
        command = [sys.executable, *arguments]
        begins_anew = (
            any(name.startswith(OF_A_START) for name in environment)
            or (self.root / "sitecustomize.py").exists()
            or "gevent" in arguments  # which wants to be imported first
        )
        warm = None if begins_anew else self.warm
        process = Process(command, self.root, log, self.environment(**environment), warm)
        self.processes.append(process)
        return process

    def celery(self, *arguments: str, **environment: str) -> Process:
        """Start `celery -A frappe_celery …arguments`."""
        name = f"{arguments[0]}{len(self.processes)}"
        return self.start(name, "-m", "celery", "-A", "frappe_celery", *arguments, **environment)

    def worker(self, *arguments: str, **environment: str) -> Process:
        """A worker with one process unless told otherwise, ready for jobs."""
        if not {"-c", "--concurrency"} & {word.split("=")[0] for word in arguments}:
            arguments = (*arguments, "-c", "1")
        name = f"w{len(self.processes)}@%h"
        process = self.celery("worker", "-l", "INFO", "-n", name, *arguments, **environment)
        process.wait_for(" ready.")
        return process

    def beat(self, *arguments: str, **environment: str) -> Process:
        """A scheduler, started."""
        process = self.celery("beat", "-l", "INFO", *arguments, **environment)
        process.wait_for("beat: Starting...")
        return process

    def python(self, code: str, *arguments: str, **environment: str) -> str:
        """Run a script in the project to its end; gives what it printed, fails when it fails."""
        process = self.start(
            f"script{len(self.processes)}", "-c", textwrap.dedent(code), *arguments, **environment
        )
        assert process.wait() == 0, process.output()
        return process.output()

    def effects(self) -> list[str]:
        """What the app's tasks recorded so far."""
        file = self.root / "effects.txt"
        return file.read_text().splitlines() if file.exists() else []

    def close(self) -> None:
        """End every process and print their logs, which pytest shows when the test failed."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            print(f"--- {process.log.name}\n{process.output()}")
