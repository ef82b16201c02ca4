"""A site whose database lets nobody in: its jobs wait, those of other sites go on."""

from __future__ import annotations

import json
import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until

EACH = 40


CONNECT = {
    "mariadb": """
        import pymysql
        root = pymysql.connect(
            host=frappe.conf.db_host or "127.0.0.1", port=int(frappe.conf.db_port or 3306),
            user="root", password=password, autocommit=True,
        ).cursor()
        """,
    "postgres": """
        import psycopg2
        connection = psycopg2.connect(
            host=frappe.conf.db_host or "127.0.0.1", port=int(frappe.conf.db_port or 5432),
            user=frappe.conf.root_login or "postgres", password=password, dbname="postgres",
        )
        connection.autocommit = True
        root = connection.cursor()
        """,
}


def as_root(bench: Bench, code: str) -> Any:
    """Run statements as the database's root, whom no site's lock keeps out."""
    password = os.environ["FRAPPE_DB_ROOT_PASSWORD"]
    return bench.ask(f"password = {password!r}\n" + dedent(CONNECT[bench.database] + code))


@contextmanager
def locked(bench: Bench, site: str) -> Iterator[None]:
    """While nobody can log in to its database, and nobody is left there."""
    config = json.loads((bench.root / "sites" / site / "site_config.json").read_text())
    if bench.database == "postgres":
        with locked_postgres(bench, config["db_name"]):
            yield
        return
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


@contextmanager
def locked_postgres(bench: Bench, name: str) -> Iterator[None]:
    allow = f"root.execute('alter database \"{name}\" allow_connections {{}}')"
    as_root(
        bench,
        f"""
        {allow.format("false")}
        root.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                     [{name!r}])
        """,
    )
    try:
        yield
    finally:
        as_root(bench, allow.format("true"))


@pytest.fixture
def away(bench: Bench, on_a_server: None) -> str:
    """The site that is to be away."""
    if not bench.other_site or "FRAPPE_DB_ROOT_PASSWORD" not in os.environ:
        pytest.skip("needs a second site and FRAPPE_DB_ROOT_PASSWORD")
    return bench.other_site


@pytest.mark.usefixtures("no_job_left")
def test_jobs_of_a_site_that_lets_nobody_in_wait_and_others_go_on(bench: Bench, away: str) -> None:
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
        # but for a moment in which one looks
        wait_until(lambda: counts(away) == {"queued": EACH}, what="the site's own wait")
        report = bench.start("frappe-celery", "doctor")
        assert report.wait(60) == 2
        assert f"the database of site {away} has been away for" in " ".join(report.output().split())
    wait_until(lambda: counts(away).get("finished") == EACH, 90, "all have run")
    assert "failed" not in counts(away)
    assert len(set(bench.ask(f"answer = written({label!r})", away))) == EACH
    assert worker.output().count("ERROR/JobProcess") == 1
    assert f"the database of site {away} is back" in worker.output()


@pytest.mark.usefixtures("no_job_left", "since_15")  # on_failure
def test_what_follows_a_job_whose_process_died_waits_too(
    bench: Bench, away: str, tmp_path: Path
) -> None:
    never = str(tmp_path / "never")
    worker = bench.worker(1)
    pid = bench.ask(
        f"""
        job = frappe.enqueue(fc_probe.hold, until={never!r}, on_failure=fc_probe.tell)
        until(lambda: job.is_started)
        from frappe_celery.jobs import get_store
        (answer,) = [process.pid for worker in get_store().workers.all()
                     for process in worker.job_processes]
        """,
        away,
    )
    with locked(bench, away):
        os.kill(pid, signal.SIGKILL)
        said = f"the database of site {away} is away"
        wait_until(lambda: said in worker.output(), 60, "what follows waits")
    told = f"answer = written({never!r})"
    wait_until(lambda: bench.ask(told, away), 60, "it is told")
    assert [line.partition("|")[0] for line in bench.ask(told, away)] == [
        f"{never} AbandonedJobError"
    ]
