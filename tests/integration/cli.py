"""Running the commands inside the test's process, in a project of its own."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from frappe_celery import Batch, batch
from frappe_celery.cli import main
from frappe_celery.jobs import Job, JobStore, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR
from tests.integration.stores import queued

SITE, OTHER = "site1.localhost", "site2.localhost"


def run(*arguments: str, code: int = 0, answer: str | None = None) -> Result:
    """`frappe-celery …`, with the exit code that it must have and no traceback."""
    result = CliRunner().invoke(main, arguments, input=answer)
    assert result.exit_code == code, result.output
    assert "Traceback (most" not in result.output or "show" in arguments
    return result


def read(*arguments: str, code: int = 0) -> Any:
    """What it prints with --json."""
    return json.loads(run(*arguments, "--json", code=code).stdout)


def enqueued(store: JobStore, job_id: str | None = None, site: str = SITE, **given: Any) -> Job:
    """A job that waits."""
    job = queued(store, job_id, site=site, **given)
    if job_id is None:
        return job
    return store.fetch_run(job.run_id)


def failed(
    store: JobStore, job_id: str | None = None, error: str = "ValueError: no", **given: Any
) -> Job:
    """A job that ran and failed."""
    job = enqueued(store, job_id, **given)
    store.start(job.run_id, "worker")
    store.client.lrem(store.waiting_list(job.site, job.queue), 1, job.run_id)
    store.fail(job.run_id, f"Traceback (most recent call last):\n  in a file\n{error}\n")
    return store.fetch_run(job.run_id)


def made(title: str = "Close 2026", site: str = SITE, number: int = 3, **given: Any) -> Batch:
    """A batch of jobs that wait."""
    with hosts.current().in_site(site, ADMINISTRATOR), batch(title, **given) as b:
        b.enqueue_many("myapp.core.record", ({"text": n} for n in range(number)))
    return b
