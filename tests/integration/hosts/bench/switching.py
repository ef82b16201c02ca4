"""The commands that switch a stand-in bench, in an environment of its own, and what they change."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import redis

from tests.project import Process

if TYPE_CHECKING:
    from tests.integration.hosts.bench.conftest import StandInBench

COMMAND = """
import sys, sysconfig
environment = sys.argv.pop()
sysconfig.get_path = lambda name: environment
from frappe_celery.cli import main
main(prog_name="frappe-celery")
"""
UNSEEN = """
from frappe_celery.hosts.bench import fit
fit.look = lambda *_: []
"""
"""Before it: saves the second in which the stand-ins are compared, where that is not the matter."""
WHOSE = """
import site, sys
site.addsitedir(sys.argv[1])  # what Python does at its start with the environment's folder
import frappe
from frappe.utils import background_jobs
frappe.init("site1"); frappe.connect()
print(background_jobs.Queue.__module__)
"""


class Switch:
    """The command in this bench, and what it changes."""

    before = ""

    def __init__(self, bench: StandInBench, environment: Path) -> None:
        self.bench = bench
        self.environment = environment
        environment.mkdir()
        bench.configure(frappe_celery_enabled=None)
        metadata(environment / "installed", "frappe", "15.55.1", "click>=8.1.7", "unrelated>=9")

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        path = f"{self.bench.environment()['PYTHONPATH']}:{self.environment / 'installed'}"
        environment = {"PYTHONPATH": path, **environment}
        return self.bench.script(
            self.before + COMMAND, *command, str(self.environment), **environment
        )

    def state(self) -> tuple[Any, list[str]]:
        """The configuration and the files in the environment."""
        config = json.loads((self.bench.root / "sites" / "common_site_config.json").read_text())
        return config, sorted(path.name for path in self.environment.glob("frappe_celery*"))

    def whose_queue(self) -> str:
        return self.bench.python(WHOSE, str(self.environment)).strip()


def forever(switch: Switch) -> Process:
    """A script that runs in the bench's environment, and does not end."""
    library = Path(psutil.__file__).parent
    shutil.copytree(library, switch.environment / library.name)
    path = f"import sys; sys.path.insert(0, {str(switch.environment)!r})"
    switch.bench.write(
        "sites/forever.py", f"{path}\nimport psutil, time\nprint('on')\ntime.sleep(600)"
    )
    process = switch.bench.start("forever", "-u", "forever.py")
    process.wait_for("on")
    return process


def metadata(folder: Path, name: str, version: str, *needs: str) -> None:
    """What pip leaves of an installed package."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Requires-Dist: {need}" for need in needs]
    text = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines])
    (info / "METADATA").write_text(text + "\n")


ASK = """
import frappe_celery
from frappe_bridge.armed import routing
from frappe_bridge.routes import EVERY, Rule

def to_celery(queue=EVERY, site=EVERY, yes=True):
    routing.change_routes(lambda old: old.with_rule(Rule(queue, site, yes)))

def enqueue(queue="long", **options):
    return background_jobs.enqueue("fixture_app.tasks.write", queue=queue, **options)

def system_of(job):
    return type(job).__module__.partition(".")[0]

def refusals(asked):
    to_celery("short")
    for ask in asked:
        ask(queue="short")
        try:
            ask(queue="long")
            yield ""
        except frappe_celery.ConfigError as exc:
            yield str(exc)
    frappe.db.commit()
"""
"""For scripts in the bench: `system_of` says `rq` or `frappe_celery`, `refusals` what calls raise
where the route of the queue leads to RQ."""


class Armed:
    """The bench with the seam in every process."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.bench = switch.bench
        switch.before = UNSEEN
        code, output = switch.run("enable", "--armed")
        assert code == 0, output

    def go(self, *command: str) -> str:
        """`enable` or `disable` where nobody takes on what has gone: it is done, and an error."""
        code, output = self.switch.run(*command)
        assert (code, "Error: this is done, but\n" in output) == (1, True), output
        return output

    def ask(self, code: str) -> Any:
        return self.bench.ask(ASK + textwrap.dedent(code))

    def in_rq(self, client: redis.Redis, queue: str) -> list[str]:
        found = client.lrange(f"rq:queue:{self.bench.id}:{queue}", 0, -1)
        return [job_id.decode() for job_id in found]  # type: ignore[union-attr]
