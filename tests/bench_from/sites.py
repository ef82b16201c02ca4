"""A bench's sites: the first one made by Frappe, the others copies of it, which takes seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import click

from tests.bench_from.layout import Layout, run
from tests.bench_from.servers import ROOT_PASSWORD, program
from tests.ports import LOOPBACK

ADMIN_PASSWORD = "admin"
READY_FOR_TESTS = """
import sys
import frappe
frappe.init(site=sys.argv[1])
frappe.connect()
frappe.flags.in_test = frappe.in_test = True
for method in frappe.get_hooks("before_tests", app_name="erpnext"):
    frappe.call(method)
if not frappe.db.a_row_exists("Company"):  # newer ERPNext has no such hook
    from frappe.desk.page.setup_wizard.setup_wizard import setup_complete
    year = frappe.utils.nowdate()[:4]
    setup_complete({
        "language": "English", "country": "India", "timezone": "Asia/Kolkata", "currency": "INR",
        "company_name": "Bench Works", "company_abbr": "BW",
        "chart_of_accounts": "Standard", "fy_start_date": f"{year}-01-01",
        "fy_end_date": f"{year}-12-31",
    })
frappe.db.commit()
"""
"""ERPNext makes a company, as its setup wizard does, and takes minutes: not within a test."""


def make(
    bench: Layout, names: Sequence[str], apps: Sequence[str], database: str = "mariadb"
) -> None:
    """Frappe's own tests may run in the first."""
    first, *others = names
    bench.configure(default_site=first)
    to_install = [word for app in apps[1:] for word in ("--install-app", app)]
    config = bench.configuration
    how = ("--admin-password", ADMIN_PASSWORD, "--db-type", database)
    as_root = ("--db-root-username", config["root_login"], "--db-root-password", ROOT_PASSWORD)
    bench.frappe("new-site", first, *how, *as_root, *to_install)
    bench.configure(f"{first}/site_config.json", allow_tests=True)
    if "erpnext" in apps:
        bench.python("-c", READY_FOR_TESTS, first)
    bench.frappe("--site", first, "enable-scheduler")
    for name in others:
        _copy(bench, first, name)


def _copy(bench: Layout, original: str, name: str) -> None:
    """The same documents in a database of its own, where Frappe's own tests may not run."""
    shutil.copytree(bench.sites / original, bench.sites / name)
    config = json.loads((bench.sites / name / "site_config.json").read_text())
    database = f"_{name.replace('.', '_')}"
    of_its_own = {"db_name": database, "allow_tests": False}
    copied = {"mariadb": _copied_mariadb, "postgres": _copied_postgres, "sqlite": _copied_sqlite}
    of_its_own |= copied[config["db_type"]](bench, bench.sites / name, config, database)
    bench.configure(f"{name}/site_config.json", **of_its_own)


def _copied_mariadb(
    bench: Layout, _: Path, config: dict[str, Any], database: str
) -> dict[str, Any]:
    def as_root(program: str, *arguments: str) -> list[str]:
        return [
            program,
            "--no-defaults",
            *_where(bench),
            "-uroot",
            f"-p{ROOT_PASSWORD}",
            *arguments,
        ]

    statements = (
        f"create database `{database}`;"
        f"create user `{database}`@localhost identified by '{config['db_password']}';"
        f"grant all on `{database}`.* to `{database}`@localhost;"
    )
    run(*as_root("mariadb", "--execute", statements))
    dump = Popen(as_root("mariadb-dump", config["db_name"]), stdout=PIPE)
    run(*as_root("mariadb", database), stdin=dump.stdout)
    if dump.wait():
        raise click.ClickException(f"{config['db_name']} was not copied")
    return {"db_user": database} if "db_user" in config else {}


def _copied_postgres(
    bench: Layout, _: Path, config: dict[str, Any], database: str
) -> dict[str, Any]:
    """Its tables stay the first site's user's."""
    owner = config.get("db_user") or config["db_name"]
    how = ("--username=postgres", f"--template={config['db_name']}", f"--owner={owner}")
    run(program("createdb"), *_where(bench), *how, database)
    return {"db_user": owner}


def _copied_sqlite(_: Layout, site: Path, config: dict[str, Any], database: str) -> dict[str, Any]:
    for file in (site / "db").glob(f"{config['db_name']}.db*"):
        file.rename(file.with_name(file.name.replace(config["db_name"], database)))
    return {}


def _where(bench: Layout) -> tuple[str, str]:
    return f"--host={LOOPBACK}", f"--port={bench.configuration['db_port']}"
