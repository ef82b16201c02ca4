"""`--autoscale`: as many processes as there are jobs that run or wait, within its bounds."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus
from tests.integration.benches import all_ended, inside, write_tasks
from tests.project import Project
from tests.waiting import wait_until


def test_processes_come_with_the_jobs_and_go_with_them(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tasks(project)
    with inside(project):
        process = project.celery(
            *("worker", "-l", "INFO", "--autoscale", "4,1"), AUTOSCALE_KEEPALIVE="1"
        )
        process.wait_for(" ready.")

        def processes() -> int:
            return len(psutil.Process(process.pid).children())

        assert processes() == 1
        jobs = [
            enqueue("myapp.core.work", text=f"job{n}", until=str(tmp_path / "go on"))
            for n in range(6)
        ]
        wait_until(lambda: processes() == 4, what="there are as many as it may have")
        wait_until(lambda: sum(job.is_started for job in jobs) == 4, what="four run at once")
        (tmp_path / "go on").touch()
        assert all_ended(jobs) == [JobStatus.FINISHED] * 6
        wait_until(lambda: processes() == 1, 20, "one stays")
