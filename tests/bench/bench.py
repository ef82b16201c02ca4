"""The real bench that the tests in this folder run against, and what can be asked of it."""

from __future__ import annotations

import json
import os
import textwrap
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from frappe_celery.config.files import frappe_version_in
from tests.project import Process
from tests.waiting import wait_until

PROBE = Path(__file__).parent / "probe"
CHECKOUT = Path(__file__).parents[2]

BEGIN = """
import json, sys, time
import frappe
frappe.init(site=sys.argv[1]); frappe.connect(); frappe.set_user(sys.argv[2])
import fc_probe

def until(predicate, seconds=30):
    deadline = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < deadline, "not within %s s" % seconds
        time.sleep(0.01)

def ended(*jobs):
    until(lambda: not any(job.is_queued or job.is_started for job in jobs))

def written(label):
    frappe.db.rollback()
    return frappe.get_all(
        "ToDo", {"description": ("like", "%" + label + "%")}, order_by="creation, name",
        pluck="description", limit=0,
    )

answer = None
"""
END = """
frappe.db.commit()
frappe.destroy()
print("ANSWER:" + json.dumps(answer, default=str))
"""

OUTBOX = {"FRAPPE_CELERY_OUTBOX": "true"}
"""The environment in which the outbox is on."""


class Bench:
    """A bench with at least one site; every process that is started ends with it."""

    def __init__(self, root: Path, site: str, logs: Path) -> None:
        self.root = root
        self.site = site
        self.logs = logs
        self.processes: list[Process] = []

    @property
    def is_14(self) -> bool:
        """Its Frappe is of version 14."""
        return frappe_version_in(self.root) == 14

    @property
    def sites(self) -> list[str]:
        """All sites, `site` first."""
        found = {path.parent.name for path in (self.root / "sites").glob("*/site_config.json")}
        return [self.site, *sorted(found - {self.site})]

    @property
    def other_site(self) -> str | None:
        """A second site, where the bench has one."""
        return self.sites[1] if len(self.sites) > 1 else None

    @property
    def config(self) -> dict[str, Any]:
        """common_site_config.json."""
        text = (self.root / "sites" / "common_site_config.json").read_text()
        config: dict[str, Any] = json.loads(text)
        return config

    @property
    def database(self) -> str:
        """What the site's database is: mariadb, postgres or sqlite."""
        own: dict[str, Any] = json.loads(
            (self.root / "sites" / self.site / "site_config.json").read_text()
        )
        return str({**self.config, **own}.get("db_type", "mariadb"))

    def environment(self, **extra: str) -> dict[str, str]:
        """As bench gives it to its processes; the probe and this checkout on Python's path."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FRAPPE_", "PYTHON", "VIRTUAL_ENV", "DJANGO_"))
        }
        path = f"{self.root / 'env' / 'bin'}:{kept['PATH']}"
        own = {"PATH": path, "PYTHONPATH": f"{PROBE}:{CHECKOUT}", "PYTHONUNBUFFERED": "1"}
        return {**kept, **own, **extra}

    def start(self, program: str, *arguments: str, **environment: str) -> Process:
        """Start a program of the bench's environment in its `sites` folder."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{len(self.processes)}-{program}.log"
        command = [str(self.root / "env" / "bin" / program), *arguments]
        process = Process(command, self.root / "sites", log, self.environment(**environment))
        self.processes.append(process)
        return process

    def run(self, program: str, *arguments: str, **environment: str) -> str:
        """Its output, once it has ended well."""
        process = self.start(program, *arguments, **environment)
        assert process.wait(180) == 0, process.output()
        return process.output()

    def frappe(self, *arguments: str, **environment: str) -> str:
        """`bench …`."""
        return self.run(
            "python", "-m", "frappe.utils.bench_helper", "frappe", *arguments, **environment
        )

    def ask(
        self, code: str, site: str | None = None, user: str = "Administrator", **environment: str
    ) -> Any:
        """Run a script in a site, as a user, that leaves an `answer`."""
        code = BEGIN + textwrap.dedent(code) + END
        output = self.run("python", "-c", code, site or self.site, user, **environment)
        return json.loads(output.rpartition("ANSWER:")[2].splitlines()[0])

    @cached_property
    def id_mark(self) -> str:
        """What Frappe puts between a site and a job's own id: `::`, from v16 on `||`."""
        code = (
            "from frappe.utils.background_jobs import create_job_id; answer = create_job_id('own')"
        )
        made = self.ask(code)
        return str(made).removeprefix(self.site).removesuffix("own")

    def worker(self, processes: int = 1, *arguments: str, **environment: str) -> Process:
        """A Celery worker that is ready for jobs."""
        worker = self.start(
            "frappe-celery", "worker", "-c", str(processes), *arguments, **environment
        )
        worker.wait_for(" ready.")
        return worker

    def outbox_worker(self, processes: int = 1) -> None:
        """One that relays, which has made the table of the site's outbox."""
        self.worker(processes, **OUTBOX)
        asked = "from frappe_celery.jobs import get_store\n"
        asked += "from frappe_celery.jobs.outbox.relay import states\n"
        asked += f"answer = {self.site!r} in [one.site for one in states(get_store())]"
        wait_until(lambda: self.ask(asked), 60, "the table is made")

    def close(self) -> None:
        """End everything, workers so that they leave, and show the output for a failure."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.terminate()
        for process in self.processes:
            with suppress(TimeoutExpired):
                process.wait(10)
            process.kill()
        for process in self.processes:
            print(f"--- {process.log.name}\n{process.output()[-5000:]}")
