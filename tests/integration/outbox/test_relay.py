"""What callers left in the outboxes is enqueued in its order, by one relay, once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from frappe_celery import enqueue, enqueue_many
from frappe_celery.config import settings
from frappe_celery.errors import (
    BrokerUnreachable,
    ConfigError,
    QueueOverloaded,
    Refused,
    UnknownQueue,
)
from frappe_celery.jobs import JobStatus, JobStore, hosts
from frappe_celery.jobs.outbox import at_commit, tasks
from frappe_celery.jobs.outbox.relay import Relay, states
from frappe_celery.jobs.outbox.table import OF_A_TASK, Row, Table
from frappe_standalone.local import local
from tests.integration.benches import inside
from tests.integration.cli import read, run
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

SITES = [f"site{number}.localhost" for number in range(1, 21)]


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    project.configure(frappe_celery_outbox=True, frappe_version=16, max_queued_jobs=5)
    with inside(project) as store:
        yield store


@pytest.fixture
def relay(store: JobStore) -> Relay:
    """It has made the table."""
    relay = Relay(store, "relay")
    relay.look()
    return relay


def commit(*texts: str, **options: object) -> None:
    for text in texts:
        enqueue("myapp.tasks.record", text=text, enqueue_after_commit=True, **options)
    local.db.commit()


def left(monkeypatch: pytest.MonkeyPatch, *texts: str, **options: object) -> None:
    """By a caller that died after the commit."""
    with monkeypatch.context() as patch:
        patch.setattr(at_commit, "_publish", lambda held: None)
        commit(*texts, **options)


def enqueued(store: JobStore) -> list[str]:
    """In the order in which they wait."""
    waiting = store.all_of(JobStatus.QUEUED)[::-1]
    store.read_messages(waiting)
    return [job.kwargs["text"] for job in waiting]


def after_a_while(relay: Relay, monkeypatch: pytest.MonkeyPatch, seconds: float = 30) -> None:
    """Have it look later."""
    now = time.time() + seconds
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        relay._asked = dict.fromkeys(relay._asked, float("-inf"))
        relay.look()


def rows(site: str) -> list[Row]:
    with hosts.current().in_site(site, "Administrator"):
        return Table(hosts.current()).all(100)


def test_a_later_one_waits_behind_those_that_wait(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, "first", "second")
    monkeypatch.setattr(at_commit, "OWN_SECONDS", -1.0)  # they are older than that
    commit("third", "fourth")
    assert enqueued(store) == []
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == ["first", "second", "third", "fourth"]
    assert rows(store.settings.site) == []


def test_what_its_caller_has_enqueued_is_not_enqueued_again(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit("once")
    (job,) = store.page()
    store.delete(job.run_id)  # nothing but its mark says so any more
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == []
    assert rows(store.settings.site) == []


def test_a_relay_that_dies_before_its_commit_enqueues_nothing_twice(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, "once")

    def die() -> None:
        raise BrokerUnreachable("killed")

    with monkeypatch.context() as patch:
        patch.setattr(hosts.current(), "commit", die)
        with pytest.raises(BrokerUnreachable):
            after_a_while(relay, monkeypatch)
    assert enqueued(store) == ["once"]
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == ["once"]
    assert rows(store.settings.site) == []


def test_one_that_another_caller_made_a_duplicate_is_none_twice(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, "first", job_id="mine", deduplicate=True)
    commit("second", job_id="mine", deduplicate=True)
    assert enqueued(store) == ["second"]
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == ["second"]
    assert rows(store.settings.site) == []


def test_the_quota_is_asked_by_the_caller_and_drops_no_row(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, *(str(number) for number in range(60)))
    after_a_while(relay, monkeypatch)
    assert len(enqueued(store)) == 60
    with pytest.raises(QueueOverloaded):
        commit("one too many")


def test_of_a_restored_database_they_are_told_and_not_run(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, host = store.settings.site, hosts.current()
    left(monkeypatch, "old", "of another bench")
    with host.in_site(site, "Administrator"):
        for row in Table(host).all(2):
            Table(host).delete([row.run])
            changed = {"created": time.time() - 90_000}
            if "another" in at_commit.get_store().signer.open("job", row.message.encode()).decode():
                changed = {"bench": "other:"}
            Table(host).add([replace(row, **changed)])  # type: ignore[arg-type]
        host.commit()
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == []
    (state,) = states(store)
    assert (state.waiting, state.aside) == (0, 2)
    doctor = run("doctor", code=2).output
    assert f"2 jobs set aside in the outbox of site {site}" in doctor
    listed = read("outbox", "list")
    assert sorted(row["error"] for row in listed) == [
        "it came back with an older state of the database, and may have run",
        "it is of another bench, 'other:': its database was restored here",
    ]
    assert {row["method"] for row in listed} == {"myapp.tasks.record"}
    run("outbox", "relay", "--site", site, "nonsense", code=2)
    run("outbox", "relay", "--site", site, code=2)
    by_error = {row["error"][:10]: row["run"] for row in listed}
    run("outbox", "discard", "--site", site, by_error["it is of a"])
    run("outbox", "relay", "--site", site, "--all")
    after_a_while(relay, monkeypatch)
    assert [row.error for row in rows(site)] == []
    assert enqueued(store) == ["old"]
    assert "Nothing waits" in run("outbox", "list").output


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_restored_row_whose_job_was_enqueued_is_told_and_not_dropped(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch, forgotten: bool
) -> None:
    site, host = store.settings.site, hosts.current()
    commit("once")
    (row,) = rows(site)
    after_a_while(relay, monkeypatch)
    assert rows(site) == []
    with host.in_site(site, "Administrator"):
        Table(host).add([row])
        host.commit()
    if forgotten:
        store.client.delete(store.keys.outbox_marks(site))
    after_a_while(relay, monkeypatch, 60)
    assert enqueued(store) == ["once"]
    (again,) = rows(site)
    assert "its job was enqueued before" in str(again.error)
    (job,) = store.page()
    store.delete(job.run_id)
    run("outbox", "relay", "--site", site, row.run)
    after_a_while(relay, monkeypatch, 90)
    assert enqueued(store) == ["once"]
    assert rows(site) == []


def test_what_cannot_be_enqueued_after_the_commit_is_no_error_of_its_caller(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise UnknownQueue("the queue is configured no more")

    with monkeypatch.context() as patch:
        for way in ("send", "publish"):  # its caller's, and the relay's
            patch.setattr(at_commit.publish, way, refuse)
        commit("refused")
        after_a_while(relay, monkeypatch)
    (row,) = rows(store.settings.site)
    assert row.error == "the queue is configured no more"


def test_one_that_was_turned_off_with_rows_in_it_is_told(
    project: Project, store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, "waits")
    monkeypatch.setattr(Relay, "_publish", lambda *_: False)
    after_a_while(relay, monkeypatch)
    project.configure(frappe_celery_outbox=False)
    settings.use(None)
    with inside(project):
        told = run("doctor", code=2).output
        assert "1 job not enqueued, but left in the outbox of site site1.localhost" in told


def test_the_table_is_made_once_a_database_that_was_away_is_back(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("the database does not answer")

    relay = Relay(store, "relay")
    with monkeypatch.context() as patch:
        patch.setattr(Table, "make", away)
        relay.look()
    after_a_while(relay, monkeypatch)
    commit("kept")
    assert enqueued(store) == ["kept"]


def test_a_team_s_own_task_is_listed_by_its_name_and_no_other_row_holds_it(
    store: JobStore, relay: Relay
) -> None:
    site, host = store.settings.site, hosts.current()
    said = json.dumps(["its own run", "team.charge", [], {}, {}]).encode()
    sealed = store.signer.seal(tasks.PURPOSE, said)
    assert tasks.opened(store, "its own run", sealed)[0] == "team.charge"
    prefix, now = store.settings.prefix, time.time()
    with host.in_site(site, "Administrator"):
        for run_id in ("its own run", "another"):
            row = Row(run_id, now, prefix, "celery", sealed.decode(), OF_A_TASK)
            Table(host).add([row])
        host.commit()
    methods = {row["run"]: row["method"] for row in read("outbox", "list")}
    assert methods["its own run"] == "team.charge"
    assert "holds the message of another" in methods["another"]
    with pytest.raises(Refused, match="holds the message of another"):
        tasks.publish(store, "another", sealed, site)


def test_without_its_table_an_enqueue_says_how_to_make_it(store: JobStore) -> None:
    with pytest.raises(ConfigError, match="start a worker or beat, which makes it"):
        commit("never")


def test_a_restart_that_no_look_fell_into_is_noticed(
    project: Project, own_redis: RedisServer
) -> None:
    project.configure(frappe_celery_outbox=True, redis_queue=own_redis.url)
    with inside(project) as store:
        relay = Relay(store, "relay")
        relay.look()
        own_redis.kill()
        with hosts.current().in_site(store.settings.site, "Administrator"):
            commit("while it was away")
        own_redis.start()

        def looked() -> list[str]:
            relay.look()
            return enqueued(store)

        wait_until(lambda: looked() == ["while it was away"], HANG_SECONDS, "the site is asked")


def test_twenty_sites_have_theirs_within_seconds_of_the_redis_return(
    project: Project, own_redis: RedisServer
) -> None:
    project.configure(frappe_celery_outbox=True, redis_queue=own_redis.url)
    for site in SITES:
        project.write(f"sites/{site}/site_config.json", json.dumps({}))
    with inside(project) as store:
        project.worker("-c", "2")
        here = [name for name in store.settings.sites() if name in SITES]
        wait_until(lambda: len(states(store)) >= len(SITES), 60, "every table is made")
        own_redis.kill()
        for site in here:
            with hosts.current().in_site(site, "Administrator"):
                commit(site)
        own_redis.start()
        wait_until(lambda: {*here} <= {*project.effects()}, 60, "each has its job")
        assert sorted(project.effects()) == sorted(here)


def test_many_are_rows_of_the_transaction_or_there_is_no_room_for_them(
    store: JobStore, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a caller that died after the commit the relay enqueues each once, in their order."""
    entries = [{"text": str(number), "job_id": str(number)} for number in range(55)]
    with pytest.raises(QueueOverloaded, match=r"0 jobs of site .* and 56 more were to be enqueued"):
        enqueue_many("myapp.tasks.record", [{}, *entries], enqueue_after_commit=True)
    local.db.commit()
    assert rows(store.settings.site) == []
    with monkeypatch.context() as patch:
        patch.setattr(at_commit, "_publish", lambda held: None)
        enqueue_many("myapp.tasks.record", entries, enqueue_after_commit=True)
        local.db.commit()
    assert len(rows(store.settings.site)) == 55
    after_a_while(relay, monkeypatch)
    assert enqueued(store) == [str(number) for number in range(55)]
    assert store.fetch("site1.localhost||7").kwargs == {"text": "7"}
    assert rows(store.settings.site) == []
