"""What Celery's monitors show of jobs: the methods' names, in Flower, `events` and `inspect`."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStore
from tests.integration.benches import worker
from tests.ports import LOOPBACK, free_port
from tests.project import Project
from tests.waiting import wait_until

OURS = "frappe_celery.run_job"


def test_flower_events_and_inspect_call_jobs_by_their_methods(
    project: Project, store: JobStore
) -> None:
    process = worker(project, "-E", "-c", "2")
    port = free_port()
    dump = project.celery("events", "--dump")
    dump.wait_for("evdump: starting")
    flower = project.celery(
        "flower", f"--address={LOOPBACK}", f"--port={port}", FLOWER_UNAUTHENTICATED_API="true"
    )

    def ask(path: str) -> Any:
        connection = HTTPConnection(LOOPBACK, port, timeout=10)
        connection.request("GET", f"/{path}")
        answer = connection.getresponse()
        assert answer.status == 200, path
        return answer.read().decode()

    (name,) = wait_until(lambda: json.loads(ask("api/workers?refresh=1")), 30, "Flower's workers")
    assert process.pid == json.loads(ask("api/workers"))[name]["stats"]["pid"]
    failed = enqueue("myapp.core.fail", message="password=hunter2 \x1b[2J of an app")
    runs = enqueue("myapp.core.work", text="x", until=str(project.root / "there"))

    def states() -> dict[str, tuple[str, str]]:
        tasks = json.loads(ask("api/tasks"))
        return {uuid: (task["name"], task["state"]) for uuid, task in tasks.items()}

    expected = {
        failed.run_id: ("myapp.core.fail", "FAILURE"),
        runs.run_id: ("myapp.core.work", "STARTED"),
    }
    wait_until(lambda: states() == expected, 20, "Flower shows both")
    assert 'task="myapp.core.fail"' in ask("metrics")
    for page in ("tasks", f"task/{failed.run_id}", "workers"):
        assert OURS not in ask(page)
    assert "of an app" in (told := ask(f"task/{failed.run_id}"))
    assert "hunter2" not in told
    assert "\x1b" not in told

    active = project.celery("inspect", "active", "--json")
    assert active.wait() == 0
    (job,) = json.loads(active.output())[name]
    assert (job["id"], job["name"]) == (runs.run_id, "myapp.core.work")
    project.write("there", "")
    wait_until(lambda: states()[runs.run_id] == ("myapp.core.work", "SUCCESS"), 20)
    wait_until(lambda: "task succeeded: myapp.core.work" in dump.output(), 20)
    assert OURS not in dump.output()
    flower.stop()
