"""One task of a team's own follows another at once, whatever kind of worker runs it."""

from __future__ import annotations

import pytest

from frappe_celery.jobs import JobStore, providers
from tests.brokers import both_brokers
from tests.integration.benches import worker
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until

TASKS = """
from celery import shared_task

from myapp.core import record


@shared_task
def note(number):
    record(number)
"""


WAITING = 500
"""As many as took twice `HANG_SECONDS` where each waited for a timer."""


@both_brokers
@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_those_that_waited_do_not_wait_for_timers_of_the_worker_s_loop(
    project: Project, pool_store: JobStore, pool: str
) -> None:
    project.write("celeryconfig.py", TASKS)
    for number in range(WAITING):
        providers.app().send_task("celeryconfig.note", (number,), queue="default")
    worker(project, "--pool", pool, "-c", "1")
    wait_until(lambda: len(project.effects()) == WAITING, HANG_SECONDS, "all have run")
    assert project.effects() == [str(number) for number in range(WAITING)]
