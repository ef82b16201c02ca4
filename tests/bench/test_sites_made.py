"""`bench new-site` and `bench drop-site` while beat runs."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from tests.bench.bench import Bench
from tests.bench.test_beat import LONG_AGO, SAVED, A, B, C, beat, says, sites

__all__ = ["sites"]

ROOT_PASSWORD = "FRAPPE_DB_ROOT_PASSWORD"
DUE = {"stopped": 0, "last_execution": LONG_AGO, "frequency": "Daily", "cron_format": ""}


@pytest.mark.timeout(580)
def test_a_site_is_made_and_dropped_while_beat_runs(bench: Bench, sites: list[str]) -> None:
    password = os.environ.get(ROOT_PASSWORD)
    if not password:
        pytest.skip(f"needs the database's root password in {ROOT_PASSWORD}")
    scheduler = beat(bench)
    bench.worker(1)
    name = f"fc-{uuid.uuid4().hex[:8]}.test"
    root = bench.config.get("root_login", "root")
    as_root = ("--db-root-username", root, "--db-root-password", password)
    helper = ("python", "-m", "frappe.utils.bench_helper", "frappe")
    folder = bench.root / "sites" / name
    try:
        making = bench.start(
            *helper, "new-site", name, "--admin-password", "admin",
            *as_root, "--db-type", bench.database,
        )  # fmt: skip
        says_meanwhile = f"{A} of site {sites[0]}, due"
        bench.ask(SAVED.format(method=A, values=DUE), sites[0])
        says(scheduler, says_meanwhile)
        assert making.popen.poll() is None, "it was still being made"
        assert making.wait(400) == 0, making.output()
        off = f"site {name}: nothing is scheduled, enable_scheduler is off"
        says(scheduler, off)

        bench.frappe("--site", name, "enable-scheduler")
        bench.ask(SAVED.format(method=B, values=DUE), name)
        says(scheduler, f"{B} of site {name}, due")
        assert bench.ask(
            f"""
            def row():
                frappe.db.rollback()
                return frappe.get_all("Scheduled Job Type", {{"method": {B!r}}}, ["*"])[0]
            until(lambda: frappe.utils.getdate(row().last_execution).year > 2024)
            answer = True
            """,
            name,
        )
    finally:
        if folder.exists():
            dropping = bench.start(
                *helper, "drop-site", name, "--no-backup", "--force",
                *as_root,
            )  # fmt: skip
            assert dropping.wait(120) == 0, dropping.output()
    bench.ask(SAVED.format(method=C, values=DUE), sites[0])
    says(scheduler, f"{C} of site {sites[0]}, due")
    after = scheduler.output().rpartition(f"{C} of site {sites[0]}, due")[2]
    bench.ask(SAVED.format(method=B, values=DUE), sites[0])
    says(scheduler, f"{B} of site {sites[0]}, due")
    assert name not in after + scheduler.output().rpartition(f"{C} of site {sites[0]}, due")[2]
    assert not Path(folder).exists()
