"""What is no run's id in a queue or a site's line is refused at once, and ends no process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from frappe_celery import enqueue
from frappe_celery.jobs import JobStore
from tests.integration.benches import ended, inside, worker
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

MANY = 20


@pytest.fixture(scope="module", params=["prefork", "threads"])
def working(bench: Project, request: pytest.FixtureRequest) -> Iterator[Process]:
    started = worker(bench, "--pool", request.param)
    with inside(bench):
        assert ended(enqueue("myapp.core.record")).is_finished
    yield started
    started.stop()


@pytest.fixture
def store(working: Process, bench_store: JobStore) -> Iterator[JobStore]:
    """Of a worker that goes on as if nothing had been: none of its processes ended, none paused."""
    processes = psutil.Process(working.pid).children()  # what these fork may end
    bench_store.client.delete(bench_store.keys.refused)
    yield bench_store
    assert ended(enqueue("myapp.core.record")).is_finished
    assert working.popen.poll() is None
    assert [process for process in processes if not process.is_running()] == []
    assert "no job can be fetched" not in working.output()
    keys = bench_store.client.keys(f"{bench_store.keys.prefix}inflight:*")
    wait_until(lambda: not any(map(bench_store.client.hlen, keys)), HANG_SECONDS, "nothing is held")


def put(store: JobStore, site: bytes, element: bytes, times: int = 1) -> None:
    """Into a site's line, or (none) the queue's own list, all seen by one look into it."""
    pipe = store.client.pipeline()
    if site:
        pipe.lpush(store.keys.lane("").encode() + site + b"|default", *[element] * times)
        pipe.zadd(store.keys.turns("default"), {site: 0})
    else:
        pipe.lpush(store.keys.queue("default"), *[element] * times)
    pipe.lpush(store.keys.bell_of("default"), "1")
    pipe.execute()


def refused(store: JobStore, times: int = 1) -> list[str]:
    """Why, once that many have been."""
    wait_until(lambda: len(store.refused()) == times, HANG_SECONDS, "they are refused")
    return [entry["reason"] for entry in store.refused()]


ELEMENTS = {
    "begins like a message": b"{",
    "broken JSON": b"{garbage}",
    "a whole message": json.dumps({"body": "", "headers": {}, "properties": {}}).encode(),
    "no UTF-8, like a message": b"{\xff\xfe",
    "no UTF-8": b"\xff\xfe",
    "empty": b"",
    "long": b"x" * 1_000_000,
    "a list": b"[1]",
    "two lines": b"a\nb",
    "NUL": b"\0",
}
SITES = {"its site's": b"site1.localhost", "another site's": b"zz", "of no UTF-8": b"\xff\xfe"}


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("site", SITES)
def test_in_a_site_s_line(store: JobStore, site: str, element: str) -> None:
    put(store, SITES[site], ELEMENTS[element], MANY)
    assert refused(store, MANY) == ["it is no id of a run"] * MANY


@pytest.mark.parametrize("element", [name for name in ELEMENTS if ELEMENTS[name][:1] != b"{"])
def test_in_the_queue_s_own_list(store: JobStore, element: str) -> None:
    put(store, b"", ELEMENTS[element], MANY)
    assert refused(store, MANY) == ["it is no id of a run"] * MANY


QUEUED = {"id": "x", "about": '["u", "m", "n", 300]', "message": "x", "status": "queued"}
RECORDS: dict[str, tuple[str, Callable[[JobStore, str], Any]]] = {
    "a text": ("its record is no hash", lambda store, key: store.client.set(key, "x")),
    "a list": ("its record is no hash", lambda store, key: store.client.lpush(key, "x")),
    "no place": (
        "its record is of another place",
        lambda store, key: store.client.hset(key, mapping=QUEUED),
    ),
    "an odd place": (
        "its record is of another place",
        lambda store, key: store.client.hset(key, mapping={**QUEUED, "place": "nowhere"}),
    ),
}


@pytest.mark.parametrize("site", [b"", *SITES.values()], ids=ascii)
@pytest.mark.parametrize("what", RECORDS)
def test_a_run_whose_record_makes_no_sense(store: JobStore, what: str, site: bytes) -> None:
    reason, write = RECORDS[what]
    write(store, store.keys.record("odd"))
    put(store, site, b"odd")
    assert refused(store) == [reason]
    store.client.delete(store.keys.record("odd"))


def test_a_run_whose_id_is_no_utf_8_though_it_has_a_record(store: JobStore) -> None:
    key = store.keys.record("").encode() + b"\xff\xfe"
    store.client.hset(key, mapping={**QUEUED, "place": "site1.localhost|default"})
    put(store, b"", b"\xff\xfe")
    assert refused(store) == ["it is no id of a run"]
    store.client.delete(key)


def test_a_run_of_a_site_whose_name_only_ends_like_this_one_s(store: JobStore) -> None:
    place = "a.site1.localhost|default"
    store.client.hset(store.keys.record("odd"), mapping={**QUEUED, "place": place})
    put(store, b"site1.localhost", b"odd")
    assert refused(store) == ["its record is of another place"]
    store.client.delete(store.keys.record("odd"))
