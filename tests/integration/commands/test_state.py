"""`frappe-celery workers state`: what jobs change in modules of apps."""

from __future__ import annotations

import json

from frappe_celery.jobs import JobStore
from frappe_celery.worker.state import left
from tests.integration.cli import run


def test_each_name_is_shown_with_its_job_until_it_is_forgotten(pool_store: JobStore) -> None:
    assert "No job was seen to change anything" in run("state").output
    left.tell("myapp.rates._rates", "myapp.tasks.report[1]")
    left.tell("myapp.rates._rates", "myapp.tasks.other[2]")
    shown = run("state").output
    assert "myapp.rates._rates" in shown
    assert "myapp.tasks.other[2]" in shown
    assert "myapp.tasks.report[1]" not in shown
    (told,) = json.loads(run("state", "--json").output)
    assert (told["name"], told["job"]) == ("myapp.rates._rates", "myapp.tasks.other[2]")
    run("state", "--forget")
    assert left.all_of(pool_store) == []


def test_settings_as_json_keep_secrets_to_themselves(pool_store: JobStore) -> None:
    said = run("settings", "--json").output
    shown = json.loads(said)
    assert (shown["redis_queue"], shown["max_tasks_per_child"]) == ("(set)", 5000)
    assert pool_store.url not in said
