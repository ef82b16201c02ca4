"""A site whose database lets nobody in: its jobs wait, those of other sites go on."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent
from typing import Any

import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until

EACH = 40


def as_root(bench: Bench, code: str) -> Any:
    """Run statements as the database's root, whom no site's lock keeps out."""
    connect = """
        import pymysql
        root = pymysql.connect(
            host=frappe.conf.db_host or "127.0.0.1", port=int(frappe.conf.db_port or 3306),
            user="root", password=password, autocommit=True,
        ).cursor()
        """
    return bench.ask(
        f"password = {os.environ['FRAPPE_DB_ROOT_PASSWORD']!r}\n" + dedent(connect + code)
    )


@contextmanager
def locked(bench: Bench, site: str) -> Iterator[None]:
    """While its database user cannot log in, and has no connection left."""
    config = json.loads((bench.root / "sites" / site / "site_config.json").read_text())
    user = config.get("db_user") or config["db_name"]
    account = f"""
        root.execute("select host from mysql.user where user = %s", {user!r})
        for (host,) in root.fetchall():
            root.execute(f"alter user `{user}`@`{{host}}` account {{how}}")
        """
    as_root(bench, "how = 'lock'" + account)
    as_root(
        bench,
        f"""
        root.execute("select id from information_schema.processlist where user = %s", {user!r})
        for (number,) in root.fetchall(): root.execute(f"kill {{number}}")
        """,
    )
    try:
        yield
    finally:
        as_root(bench, "how = 'unlock'" + account)


@pytest.mark.usefixtures("no_job_left")
def test_jobs_of_a_site_that_lets_nobody_in_wait_and_others_go_on(bench: Bench) -> None:
    away = bench.other_site
    if not away or "FRAPPE_DB_ROOT_PASSWORD" not in os.environ:
        pytest.skip("needs a second site and FRAPPE_DB_ROOT_PASSWORD")
    if bench.ask("answer = frappe.db.db_type") != "mariadb":
        pytest.skip("an account is locked as MariaDB does it")
    label = uuid.uuid4().hex

    def enqueue(site: str) -> None:
        bench.ask(
            f"for n in range({EACH}): frappe.enqueue(fc_probe.write, label=f'{label}-{{n}}')", site
        )

    def counts(site: str) -> dict[str, int]:
        code = f"""
            from frappe_celery.jobs import get_store
            answer = {{s.value: n for s, n in get_store().counts(site={site!r}).items() if n}}
            """
        found: dict[str, int] = bench.ask(dedent(code))
        return found

    enqueue(away)
    enqueue(bench.site)
    with locked(bench, away):
        worker = bench.worker(2)
        wait_until(lambda: not counts(bench.site).get("queued"), 60, "the other site's have run")
        assert "failed" not in counts(bench.site)
        assert counts(away) == {"queued": EACH}
        report = bench.start("frappe-celery", "doctor")
        assert report.wait(60) == 2
        assert f"the database of site {away} has been away for" in " ".join(report.output().split())
    wait_until(lambda: counts(away).get("finished") == EACH, 90, "all have run")
    assert "failed" not in counts(away)
    assert len(set(bench.ask(f"answer = written({label!r})", away))) == EACH
    assert worker.output().count("ERROR/JobProcess") == 1
    assert f"the database of site {away} is back" in worker.output()
