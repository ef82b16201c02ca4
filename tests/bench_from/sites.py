"""A bench's sites: the first one made by Frappe, the others copies of it, which takes seconds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from subprocess import PIPE, Popen

import click

from tests.bench_from.layout import Layout, run
from tests.bench_from.servers import ROOT_PASSWORD
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
frappe.db.commit()
"""
"""ERPNext makes a company, as its setup wizard does, and takes minutes: not within a test."""


def make(bench: Layout, names: Sequence[str], apps: Sequence[str]) -> None:
    """Frappe's own tests may run in the first."""
    first, *others = names
    bench.configure(default_site=first)
    to_install = [word for app in apps[1:] for word in ("--install-app", app)]
    as_root = ("--db-root-username", "root", "--db-root-password", ROOT_PASSWORD)
    bench.frappe("new-site", first, "--admin-password", ADMIN_PASSWORD, *as_root, *to_install)
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
    of_its_own = {key: database for key in ("db_name", "db_user") if key in config}
    bench.configure(f"{name}/site_config.json", **of_its_own, allow_tests=False)
    _sql(
        bench,
        f"create database `{database}`;"
        f"create user `{database}`@localhost identified by '{config['db_password']}';"
        f"grant all on `{database}`.* to `{database}`@localhost;",
    )
    dump = Popen(_as_root(bench, "mariadb-dump", config["db_name"]), stdout=PIPE)
    run(*_as_root(bench, "mariadb", database), stdin=dump.stdout)
    if dump.wait():
        raise click.ClickException(f"{original} was not copied")


def _sql(bench: Layout, statements: str) -> None:
    run(*_as_root(bench, "mariadb", "--execute", statements))


def _as_root(bench: Layout, program: str, *arguments: str) -> list[str]:
    where = (f"--host={LOOPBACK}", f"--port={bench.configuration['db_port']}")
    return [program, "--no-defaults", *where, "-uroot", f"-p{ROOT_PASSWORD}", *arguments]
