"""Runs functions of real apps as jobs on a bench and on standalone, and compares the rows then.

    python -m tests.apps.same_rows --apps FOLDER --bench BENCH --site SITE --seed N

FOLDER has the packages of the apps, and of those that they need. SITE, which has some of them
installed, is a trial one: what their tables hold is taken away. The functions are drawn from all
apps, and run where SITE has theirs. This Python has what the apps require, and no Frappe.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.apps import cases as _cases  # noqa: F401
from tests.apps.compare import difference
from tests.apps.documents import CASES
from tests.apps.draw import NEED_A_SITE, drawn
from tests.ports import LOOPBACK, free_port

CHECKOUT = Path(__file__).parents[2]
HOST = Path(__file__).with_name("host.py")
DRAWN_FROM = ("crm", "ecommerce_integrations", "hrms", "india_compliance", "lms", "press")
DESCRIBED = {
    "Currency": ("fraction=text", "fraction_units=int"),
    "Email Template": ("subject=text", "use_html=int", "response=text", "response_html=text"),
}
"""Frappe's own doctypes that standalone has when it is told their fields."""
ABOUT = """
import frappe, json, sys
frappe.init(sys.argv[1]); frappe.connect()
fields = frappe.get_all("Custom Field", fields=["*"], order_by="dt, idx")
apps = [app for app in frappe.get_installed_apps() if app != "frappe"]
version = frappe.__version__.partition(".")[0]
print(json.dumps({"apps": apps, "version": version, "custom_fields": fields}, default=str))
"""


@dataclass
class Host:
    """Where functions run: a folder, and the Python and environment of its processes."""

    python: str
    folder: Path
    site: str
    environment: dict[str, str]

    def ask(self, *arguments: str, stdin: str = "") -> str:
        """What a Python program prints."""
        command = [self.python, "-W", "ignore", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._all(),
            input=stdin,
            text=True,
            stdout=subprocess.PIPE,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout[-2000:]}")
        return done.stdout

    def run(self, asked: dict[str, Any]) -> dict[str, Any]:
        """By method, what host.py tells."""
        with self._worker():
            told = self.ask(str(HOST), self.site, stdin=json.dumps(asked))
        changes: dict[str, Any] = json.loads(told.rpartition("\nCHANGES:")[2])
        return changes

    @contextmanager
    def _worker(self) -> Iterator[None]:
        command = [self.python, "-W", "ignore", "-m", "frappe_celery.cli", "worker", "-c", "1"]
        with (self.folder / "same_rows.log").open("ab") as log:
            worker = subprocess.Popen(
                command, cwd=self.folder, env=self._all(), stdout=log, stderr=log
            )
            try:
                yield
            finally:
                worker.terminate()
                worker.wait()

    def _all(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


def bench(root: Path, site: str) -> Host:
    """The bench, switched on."""
    python = str(root / "env" / "bin" / "python")
    host = Host(python, root / "sites", site, {"PYTHONPATH": str(CHECKOUT)})
    host.ask("-m", "frappe_celery.cli", "enable")
    return host


def standalone(
    folder: Path, packages: Path, real: dict[str, Any], database: str | None = None
) -> Host:
    """A project with the bench's apps, and their tables."""
    _export(real["custom_fields"], folder / "exported" / "crew" / "custom")
    (folder / "exported" / "__init__.py").touch()
    (folder / "exported" / "hooks.py").touch()
    (folder / "exported" / "modules.txt").write_text("Crew")
    site = folder / "sites" / "standalone" / "site_config.json"
    site.parent.mkdir(parents=True)
    mail = {"mail_server": LOOPBACK, "mail_port": free_port(), "auto_email_id": "site@example.com"}
    site.write_text(json.dumps(mail))
    environment = {
        "PYTHONPATH": f"{CHECKOUT}:{folder}:{packages}",
        "FRAPPE_CELERY_APPS": json.dumps([*real["apps"], "exported"]),
        "FRAPPE_CELERY_FRAPPE_VERSION": real["version"],
    }
    if database:
        environment["DATABASE_URL"] = database
    host = Host(sys.executable, folder, "standalone", environment)
    migrate = ("-m", "frappe_celery.cli", "migrate")
    host.ask(*migrate)
    for doctype, fields in DESCRIBED.items():
        host.ask(*migrate, "--doctype", doctype, *fields)
    return host


def _export(custom_fields: list[dict[str, Any]], folder: Path) -> None:
    """As Frappe exports customizations: a file a doctype."""
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for doctype in {each["dt"] for each in custom_fields}:
        fields = [each for each in custom_fields if each["dt"] == doctype]
        exported = {"doctype": doctype, "sync_on_migrate": 1, "custom_fields": fields}
        path = folder / f"{doctype.lower().replace(' ', '_').replace('-', '_')}.json"
        path.write_text(json.dumps(exported))


def doctypes(packages: Path, apps: list[str]) -> list[str]:
    """What the apps describe."""
    described = (path for app in apps for path in (packages / app).glob("**/doctype/*/*.json"))
    read = (json.loads(path.read_text()) for path in described if path.stem == path.parent.name)
    return sorted({each["name"] for each in read if isinstance(each, dict) and "fields" in each})


def main() -> None:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--apps", type=Path, required=True)
    asked.add_argument("--bench", type=Path, required=True)
    asked.add_argument("--site", required=True)
    asked.add_argument("--seed", type=int, required=True)
    asked.add_argument("--count", type=int, default=30)
    asked.add_argument("--draw-from", nargs="+", metavar="APP", default=DRAWN_FROM)
    asked.add_argument("--only", action="append", help="this function, drawn or not")
    asked.add_argument("--database", help="standalone's DATABASE_URL, of an empty database")
    options = asked.parse_args()
    packages = options.apps.resolve()
    names, left = options.only, []
    if not names:
        names, left = drawn(
            [packages / app for app in options.draw_from], options.seed, options.count
        )
    for name in left:
        print(f"drawn, but needs {NEED_A_SITE.get(name, 'the network')}: {name}")
    real = bench(options.bench.resolve(), options.site)
    about = json.loads(real.ask("-c", ABOUT, options.site))
    names = [name for name in names if name.partition(".")[0] in about["apps"]]
    told = {
        "doctypes": doctypes(packages, about["apps"]),
        "cases": [{"method": name, **CASES[name]()} for name in names],
    }
    with tempfile.TemporaryDirectory() as folder:
        ours = standalone(Path(folder), packages, about, options.database).run(told)
    theirs = real.run(told)
    print("function | rows on the bench | on standalone | mails | | raised on both")
    for name in names:
        show(name, theirs[name], ours[name])


def show(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """A line of the table, and below it what differs."""
    unlike = difference(theirs, ours)
    rows = " | ".join(str(len(each.get("changes", ()))) for each in (theirs, ours))
    verdict, mails = "DIFFERENT" if unlike else "same", len(theirs.get("mails", ()))
    thing, needs, _ = ours.get("raised", "").partition(" needs a Frappe site")
    if lacked := ours.get("lacked") or (needs and [thing]):
        verdict, unlike = f"raised by name: {', '.join(lacked)}", []
    print(f"{name} | {rows} | {mails} | {verdict} | {theirs.get('raised') or ''}")
    for line in unlike:
        print(f"      {line}")


if __name__ == "__main__":
    main()
