"""Mail from workers whose pool is no prefork."""

from __future__ import annotations

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStore
from tests.integration.benches import ended, worker
from tests.mailbox import Mailbox
from tests.project import Project
from tests.waiting import wait_until


@pytest.mark.parametrize("pool", ["solo", "threads"])
def test_every_pool_mails(project: Project, store: JobStore, mailbox: Mailbox, pool: str) -> None:
    process = worker(project, "--pool", pool)
    ended(enqueue("myapp.core.fail"))
    wait_until(lambda: mailbox.mails)
    ended(enqueue("myapp.core.record"))
    assert process.popen.poll() is None
