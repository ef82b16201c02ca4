"""What one look finds in a bench's Redis."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import pytest

from frappe_bridge.routes import EVERY, Routes, Rule
from frappe_celery.jobs import JobStore, bridge
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.relay import State
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch.notify.conditions import hold, look
from tests.integration.cli import enqueued
from tests.integration.stores import lead


def found(store: JobStore) -> list[str]:
    return sorted(one.alert for one in look(store))


def live(store: JobStore) -> None:
    now = time.time()
    store.workers.write(WorkerInfo("w0@host", "host", 1, ("long",), 1, "idle", None, now, now))


def test_where_all_is_well_nothing_holds(store: JobStore) -> None:
    live(store)
    lead(store)
    enqueued(store)
    assert hold(store) == {}


def test_workers_and_scheduler(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(store) == ["NoWorker"], "where no scheduler ever led, there may be no schedule"
    lead(store)
    store.client.delete(store.keys.lease)
    assert found(store) == ["NoScheduler", "NoWorker"]
    on_rq = Routes(1, (Rule(EVERY, EVERY, False),), False)
    monkeypatch.setattr(bridge, "routes", lambda _: on_rq)
    assert found(store) == []
    monkeypatch.setattr(bridge, "routes", lambda _: on_rq.with_rule(Rule("long", EVERY, True)))
    assert found(store) == ["NoWorker"]


@pytest.mark.parametrize(("seconds", "alerts"), [(30, 1), (700, 2)])
def test_a_database_that_is_away_and_what_waits_for_it(
    store: JobStore, seconds: float, alerts: int
) -> None:
    live(store)
    said = "refused\n(password=hunter2) by \x1b[1m host"
    outage = {"since": time.time() - seconds, "look": 1, "error": said, "pause": 1}
    store.client.hset(store.keys.outages, "gone", json.dumps(outage))
    enqueued(store, site="gone", queue="long", enqueued_at=time.time() - 2000)
    assert found(store) == ["DatabaseAway", "DatabaseLongAway"][:alerts]
    for holds in hold(store).values():
        summary = holds["notice"]["summary"]
        assert "the database of site gone has been away for" in summary
        assert "hunter2" not in summary
        assert summary.isprintable()


def test_outboxes(store: JobStore) -> None:
    live(store)
    for site, aside in (("on time", 0), ("late", 0), ("set aside", 2)):
        oldest = time.time() - (90 if site == "late" else 30)
        state = State(site, waiting=1, aside=aside, oldest=oldest, drained=0.0)
        store.client.hset(store.keys.outboxes, site, json.dumps(asdict(state)))
    assert sorted((one.alert, *one.of) for one in look(store)) == [
        ("OutboxSetAside", ("site", "set aside")),
        ("OutboxWaits", ("site", "late")),
    ]


def test_what_a_pause_explains_waits_for_it(store: JobStore) -> None:
    live(store)
    for queue in ("long", "short"):
        enqueued(store, queue=queue, enqueued_at=time.time() - 2000)
    Limits(store).pause("queue:long")
    assert found(store) == ["JobsWait", "PauseForgotten"]
    Limits(store).pause("site:*")
    assert found(store) == ["PauseForgotten"] * 2
