"""Junk that somebody wrote into keys of ours is put aside and named; jobs go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from frappe_celery import enqueue
from frappe_celery.cli import main
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.outages import outages
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.worker.crew import Crew
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.stores import queued, take_all
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until

SITE = "site1.localhost"
Wrote = tuple[str, Callable[[JobStore, str], Any]]
"""A key, and what somebody writes there."""


def text(store: JobStore, key: str) -> Any:
    store.client.delete(key)
    return store.client.set(key, "junk")


def field(name: str, *values: str | bytes) -> Callable[[JobStore, str], Any]:
    def write(store: JobStore, key: str) -> None:
        for value in values:
            store.client.hset(key, name, value)
            ended(enqueue("myapp.core.record"))
            wait_until(
                lambda: not store.client.hexists(key, name),
                HANG_SECONDS,
                f"{value!r} is out of {key}",
            )

    return write


BOTH: list[Wrote] = [
    ("rules", text),
    ("rules", field(f"site:{SITE}", "junk", "5", "[", b"\xff", '{"running": "2"}',
                    '{"per_minute": NaN}', '{"x": NaN}', '{"running": -1}', '{"running": {}}')),
    ("rules", field("method:myapp.core.record", '{"running": true}')),
    ("outages", text),
    ("outages", field(SITE, "junk", "5", "{}", '{"since": 1, "look": "x", "pause": 1}',
                      '{"since": 1e999, "look": 1, "pause": 1}')),
    ("places", text),
    ("places", lambda store, key: store.client.sadd(key, b"\xff\xfe|default", "nowhere")),
]  # fmt: skip
ON_REDIS: list[Wrote] = [
    ("turns:default", text),
    ("bell:default", text),
]


@both_brokers
def test_junk_in_a_key_is_named_in_the_log_and_jobs_run(project: Project, broker: str) -> None:
    write_tasks(project)
    with inside(project) as store:
        process, prefix = worker(project), store.keys.prefix
        ended(enqueue("myapp.core.record"))
        wrote = [*BOTH, *(ON_REDIS if broker == "redis" else ())]
        for name, write in wrote:
            write(store, f"{prefix}{name}")
            assert ended(enqueue("myapp.core.record")).is_finished, name
            Limits(store).all()
            outages(store)
            store.places(None, None)
            store.queue_length("default")

        def errors(name: str) -> int:
            lines = [line for line in process.output().splitlines() if f"{prefix}{name}" in line]
            return len([line for line in lines if ": ERROR/" in line])

        for name, times in Counter(name for name, _ in wrote).items():
            wait_until(lambda: errors(name) >= times, 30, f"{name} is named")  # noqa: B023
        assert "ResponseError" not in process.output()
        assert "no job can be fetched" not in process.output()
        assert process.popen.poll() is None
        assert f"{prefix}rules" in CliRunner().invoke(main, ["jobs", "refused"]).output
        assert "refused in the last hour" in CliRunner().invoke(main, ["doctor"]).output


def test_a_failure_that_cannot_be_mailed_is_one_all_the_same(project: Project) -> None:
    admins = [["Ann", "ann@example.com"]]
    project.configure(celery_error_emails={"ADMINS": admins, "SERVER_EMAIL": "e@example.com"})
    with inside(project) as store:
        text(store, f"{store.keys.prefix}mail:due")
        run = queued(store).run_id
        assert take_all(store) == [run]
        assert store.fail(run, "ValueError: broken") == "failed"
        assert store.fetch_run(run).is_failed
        assert [entry["run"] for entry in store.refused()] == [run]


def test_junk_in_a_worker_s_in_flight_hash_does_not_end_its_sweeps(project: Project) -> None:
    with inside(project) as store:
        crew, run = Crew(), queued(store).run_id
        held = store.keys.in_flight(crew.consumer)
        tags = "", "junk", f"{crew.consumer}:7-x", "a:\u00b2-1", f"{crew.consumer}:7-1"
        said = f"queue\n{run}", "junk", b"\xff", "", "junk"
        store.client.hset(held, mapping=dict(zip(tags, said, strict=True)))
        for _ in range(2):
            crew.release_what_came_back()
        assert store.client.hgetall(held) == {}
        assert store.fetch_run(run).is_queued


def test_what_only_lua_takes_for_json_is_read(store: JobStore) -> None:
    limits, nested = Limits(store), "[" * 900 + "]" * 900
    for said in ('{"running": 0x10}', f'{{"running": 16, "x": {nested}}}', "[1, 2]", '{"\xff": 1}'):
        store.client.hset(f"{store.keys.prefix}rules", "site:a", said.encode("latin-1"))
        assert [one.rule.running for one in limits.all()] == [16] * ("running" in said)


def test_where_a_queue_s_turns_were_junk_no_line_is_forgotten(store: JobStore) -> None:
    runs = {queued(store, site=site).run_id for site in ("a", "b", "c")}
    text(store, store.keys.turns("default"))
    runs.add(queued(store, site="d").run_id)
    assert {*take_all(store)} == runs


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("shares", None, "junk"),
        *(("shares", "b", value) for value in ("junk", "0", "-1", "nan", "inf")),
        ("turn", None, "junk"),
        *(("turn", field, value) for field in ("default", "|default") for value in ("nan", "x")),
        ("jobs:b|default|started", None, "junk"),
    ],
)
def test_a_run_that_was_pushed_has_its_turn_whatever_that_is_reckoned_by(
    store: JobStore, name: str, field: str | None, value: str
) -> None:
    runs, key = {queued(store, site="a").run_id}, f"{store.keys.prefix}{name}"
    store.client.hset(key, field, value) if field else store.client.set(key, value)
    runs |= {queued(store, site=site).run_id for site in ("b", "b", "c")}
    store.client.delete(key)
    assert {*take_all(store)} == runs


def test_a_status_that_is_no_text_ends_nothing(store: JobStore) -> None:
    run = queued(store).run_id
    store.client.hset(store.keys.record(run), "status", b"R\xa9")
    store.refuse("default", run, "the signature is missing or wrong", JobStatus.STARTED)
    assert store.fail(run, "ValueError: broken", JobStatus.STARTED) == "R\ufffd"
    assert [entry["run"] for entry in store.refused()] == [run]


@pytest.mark.parametrize("status", ["settled", "claimed", "spent"])
@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_a_status_that_means_something_to_who_asks_holds_no_queue_up(
    project: Project, broker: str, status: str
) -> None:
    write_tasks(project)
    with inside(project) as store:
        altered = enqueue("myapp.core.record", text="altered")
        store.client.hset(store.keys.record(altered.run_id), "status", status)
        after = enqueue("myapp.core.record", text="after")
        worker_of_it = project.worker()
        assert ended(after).status == JobStatus.FINISHED
        wait_until(lambda: f"run {altered.run_id} is spent: {status}" in worker_of_it.output())
        assert project.effects() == ["after"]


def test_a_status_that_means_something_to_who_takes_from_redis_holds_no_line_up(
    store: JobStore,
) -> None:
    altered, after = queued(store).run_id, queued(store).run_id
    store.client.hset(store.keys.record(altered), "status", "kept back")
    assert take_all(store) == [after]
