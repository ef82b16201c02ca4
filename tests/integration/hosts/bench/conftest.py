"""A bench on stand-ins for Frappe and RQ (`standin`), so that the seam is guarded without a bench.

Each script is a process of its own, as in a bench, forked from a Python that has the libraries and
our modules (`warm_bench`): the real stand-alone `frappe` of this package lives in the tests' own
process. Who looks at what is imported, or when, has its bench's `warm` be the `bare_warm`.
"""

from __future__ import annotations

import json
import sys
import textwrap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.integration.hosts.bench import warm_bench
from tests.integration.hosts.bench.switching import Armed, Switch
from tests.integration.hosts.bench.warm_bench import STANDIN
from tests.project import Process, Project
from tests.warm import WarmPython

HOOK = Path(__file__).parents[4] / "frappe_celery" / "hosts" / "bench" / "hook.py"

TASKS = """
import builtins
import os
import time

import frappe


def before_job():
    frappe.db.lines.append(f"before job|{frappe.session.user}")


def write(text="ran"):
    frappe.db.write(text)
    return text


def find():
    frappe.db.write(f"left {getattr(frappe.local, 'left', 'nothing')}")
    frappe.local.left = "a job"


def end(how):
    raise getattr(builtins, how)("on purpose")


def fail(text="failed"):
    frappe.db.write(text)
    raise ValueError(text)


def rerun(error, times, seen=[]):
    frappe.db.write("attempt")
    seen.append(frappe.session.user)
    if len(seen) <= times:
        raise {
            "asked": frappe.RetryBackgroundJobError(),
            "deadlock": frappe.QueryDeadlockError(),
            "timeout": frappe.QueryTimeoutError(),
            "driver": frappe.db.OperationalError(1213, "deadlock"),
            "internal": frappe.db.InternalError(1205, "lock timeout"),
            "changed": type("SerializationFailure", (Exception,), {"pgcode": "40001"})(),
            "other": frappe.db.OperationalError(1064, "syntax"),
        }[error]
    return seen


def sleep(s):
    time.sleep(s)


def leave():
    os.chdir("/")
    frappe.local.left = True


def state():
    return [os.path.exists("apps.txt"), hasattr(frappe.local, "left"), frappe.local.site]
"""

BEGIN = """
import json, sys
import frappe_celery_hook
import frappe
from frappe.utils import background_jobs
frappe.init("site1"); frappe.connect()
from fixture_app import tasks
answer = None
"""


class StandInBench(Project):
    """Two sites, one app, Frappe and RQ that are stand-ins, switched on."""

    def __init__(self, root: Path, redis_url: str, warm: WarmPython) -> None:
        super().__init__(root, redis_url, warm)
        for site in ("site1", "site2"):
            self.write(f"sites/{site}/site_config.json", "{}")
        self.write("fixture_app/__init__.py", "")
        self.write("fixture_app/hooks.py", "")
        self.write("fixture_app/tasks.py", TASKS)
        self.write("sites/apps.txt", "fixture_app\n")
        self.write("hook/frappe_celery_hook.py", HOOK.read_text())
        self.scripts = 0
        self.id = f"bench-{uuid.uuid4().hex[:12]}"
        self.configure(bench_id=self.id, frappe_celery_enabled=True)

    def environment(self, **extra: str) -> dict[str, str]:
        inherited = super().environment()
        path = f"{STANDIN}:{self.root / 'hook'}:{inherited['PYTHONPATH']}"
        own = {"PYTHONPATH": path, "FRAPPE_BENCH_ROOT": str(self.root), "BENCH_ID": self.id}
        return {**inherited, **own, **extra}

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        log = self.root / f"{name}.log"
        command = [sys.executable, *arguments]
        warm = self.warm if arguments[0] in ("-c", "-m") else None
        own = self.environment(**environment)
        process = Process(command, self.root / "sites", log, own, warm)
        self.processes.append(process)
        return process

    def script(self, code: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a script in the bench to its end: its exit code, and what it printed."""
        self.scripts += 1
        log = self.root / f"script{self.scripts}.log"
        assert self.warm is not None
        folder, own = self.root / "sites", self.environment(**environment)
        process = self.warm.start(
            "-c", textwrap.dedent(code), *arguments, folder=folder, environment=own, log=log
        )
        return process.wait(), log.read_text()

    def python(self, code: str, *arguments: str, **environment: str) -> str:
        """What a script printed that must not fail."""
        ended, output = self.script(code, *arguments, **environment)
        assert ended == 0, output
        return output

    def ask(self, code: str, begin: str = BEGIN, **environment: str) -> Any:
        """Run a script in site1 that leaves an `answer`."""
        code = (
            begin + textwrap.dedent(code) + "\nprint('ANSWER:' + json.dumps(answer, default=str))"
        )
        output = self.python(code, **environment)
        return json.loads(output.rpartition("ANSWER:")[2].splitlines()[0])


@pytest.fixture(scope="session")
def warm_scripts() -> Iterator[WarmPython]:
    """What the scripts of all benches are forked from."""
    warm = WarmPython(program=warm_bench.__file__)
    yield warm
    warm.close()


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, warm_scripts: WarmPython) -> Iterator[StandInBench]:
    """The bench, with an id of its own."""
    bench = StandInBench(tmp_path / "bench", redis_url, warm_scripts)
    yield bench
    bench.close()


@pytest.fixture
def switch(bench: StandInBench, tmp_path: Path) -> Switch:
    """Its switch, off."""
    return Switch(bench, tmp_path / "environment")


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Of the Redis that both systems use, empty of RQ's keys, which do not name the bench."""
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter("rq:*"):
            client.delete(key)
        yield client


@pytest.fixture
def armed(switch: Switch, client: redis.Redis) -> Armed:
    """The bench, armed; everything is on RQ."""
    return Armed(switch)
