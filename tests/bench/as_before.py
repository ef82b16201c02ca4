"""A bench as it was before tests that were broken off: what they change is kept in a file of it.

The file is there while tests run; a run that finds it puts the bench right first.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench.bench import CHECKOUT, PROBE, Bench

APP = "frappe_celery"
SITE_OF_TESTS = "fc-*.test"
"""The names of sites that tests make."""

ROWS = """
fields = ["name", "stopped", "last_execution", "frequency", "cron_format", "create_log"]
answer = frappe.get_all("Scheduled Job Type", fields=fields, limit=0)
"""
ROWS_BACK = """
for row in json.loads({rows!r}):
    frappe.db.set_value("Scheduled Job Type", row.pop("name"), row, update_modified=False)
ours = {{"method": ("like", "%fc_probe%")}}
for name in frappe.get_all("Scheduled Job Type", ours, pluck="name"):
    frappe.delete_doc("Scheduled Job Type", name, force=True)
frappe.db.delete("Activity Log", {{"subject": "fc_probe"}})
frappe.db.set_single_value("System Settings", "enable_scheduler", 1)
"""


class Before:
    """What a bench was like, as its file says."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.file = bench.root / "config" / "frappe_celery_tests.json"

    def keep(self) -> None:
        """The configuration of the bench and of its sites."""
        sites = self.bench.root / "sites"
        files = [sites / "apps.txt", *sites.glob("*.json"), *sites.glob("*/site_config.json")]
        texts = {str(path.relative_to(sites)): path.read_text() for path in files}
        self._write({"files": texts, "rows": {}})

    def keep_rows(self, sites: list[str]) -> None:
        """The schedule of sites too; what a test that timed out did not put back stays kept."""
        kept = self.kept()
        rows = {site: json.dumps(self.bench.ask(ROWS, site)) for site in sites}
        self._write({**kept, "rows": {**rows, **kept["rows"]}})

    def rows_back(self) -> None:
        """The schedule of sites as it was."""
        kept = self.kept()
        for site, rows in kept["rows"].items():
            self.bench.ask(ROWS_BACK.format(rows=rows), site)
        self._write({**kept, "rows": {}})

    def put_right(self) -> None:
        """End what tests left running, and put back what they changed; nothing where all ended."""
        self._end_processes()
        if not self.file.exists():
            return
        sites, files = self.bench.root / "sites", self.kept()["files"]
        for folder in sites.glob(SITE_OF_TESTS):
            shutil.rmtree(folder)  # its database stays: it may be another site's
        self.bench.start("frappe-celery", "disable", "--settle").wait(120)  # where it was armed
        installed = APP in (sites / "apps.txt").read_text().split()
        for name, text in files.items():
            if name != "apps.txt" and (sites / name).exists():
                (sites / name).write_text(text)
        if installed and APP not in files["apps.txt"].split():
            on_site = ("--site", self.bench.site)
            self.bench.frappe(*on_site, "uninstall-app", APP, "--yes", "--no-backup")
        (sites / "apps.txt").write_text(files["apps.txt"])
        self.rows_back()
        self.forget()

    def forget(self) -> None:
        """All tests have ended."""
        self.file.unlink(missing_ok=True)

    def _end_processes(self) -> None:
        """Each that a test started in the bench: it has a checkout's probe on Python's path."""
        probe = str(PROBE.relative_to(CHECKOUT)).encode()
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # another's, or one that has ended
                folder = environment.with_name("cwd").readlink()
                if folder == self.bench.root / "sites" and probe in environment.read_bytes():
                    os.kill(int(environment.parent.name), signal.SIGKILL)

    def kept(self) -> dict[str, Any]:
        """As it is in the file: `files` of the folder sites, and `rows` by site."""
        kept: dict[str, Any] = json.loads(self.file.read_text())
        return kept

    def _write(self, kept: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(kept, indent=1))
