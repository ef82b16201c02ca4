"""Arguments, results and refusals through a real worker."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frappe_celery.config.settings import Settings, use
from frappe_celery.config.signing import Signer
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import CannotTravel, Refused
from frappe_celery.jobs import Job, JobStatus, JobStore, codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import TASK_NAME
from tests.integration.benches import ended, worker
from tests.integration.stores import message
from tests.project import Project
from tests.unit.jobs.values import Address, Colour, shape, values
from tests.waiting import HANG_SECONDS, wait_until

SITE = "site1.localhost"
PARAMETERS = {"method", "queue", "timeout", "event", "is_async", "job_name", "now", "on_success"}
PARAMETERS |= {"enqueue_after_commit", "on_failure", "at_front", "job_id", "deduplicate", "async"}

pytestmark = pytest.mark.usefixtures("_worker")


@pytest.fixture(scope="module")
def _worker(bench: Project) -> None:
    worker(bench)


def finished(job: Job) -> Job:
    assert ended(job).status == JobStatus.FINISHED, job.exc_info
    return job


# -- arguments and results

names = st.from_regex(r"\A[a-z]{1,8}\Z").filter(lambda name: name not in PARAMETERS)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kwargs=st.dictionaries(names, values, max_size=3))
def test_what_rq_would_carry_arrives_and_comes_back_the_same(
    bench_store: JobStore, kwargs: dict[str, Any]
) -> None:
    job = finished(enqueue("myapp.core.echo", **kwargs))
    assert job.result["arrived"] == shape(kwargs)
    assert shape(job.result["kwargs"]) == shape(kwargs)
    assert shape(job.kwargs) == shape(kwargs)
    assert shape(bench_store.fetch(job.id).kwargs) == shape(kwargs)


def test_a_cycle_arrives(bench_store: JobStore) -> None:
    me: dict[str, Any] = {"name": "me"}
    me["friends"] = [me]
    job = finished(enqueue("myapp.core.echo", me=me))
    assert shape(job.result["kwargs"]["me"]) == shape(me)


def test_lambdas_nested_functions_and_bound_methods_run(bench_store: JobStore) -> None:
    factor = 7

    def times(number: int) -> int:
        return number * factor

    assert finished(enqueue(lambda number: number + 1, number=1)).result == 2
    assert finished(enqueue(times, number=6)).result == 42
    assert finished(enqueue(Colour.RED.value.upper)).result == "RED"
    job = finished(enqueue("myapp.core.echo", key=times))
    assert job.result["kwargs"]["key"](2) == 14


def test_an_argument_that_the_worker_cannot_read_fails_that_job_alone(
    bench_store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("class Known:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from only_here import Known  # type: ignore[import-not-found]

    job = ended(enqueue("myapp.core.echo", thing=Known()))
    assert job.status == JobStatus.FAILED
    assert "No module named 'only_here'" in str(job.exc_info)
    assert finished(enqueue("myapp.core.record")).result == "ran"


def test_without_pickle_json_travels_and_the_rest_is_refused_at_enqueue(
    bench: Project, bench_store: JobStore
) -> None:
    use(Settings.load(bench.root, {"FRAPPE_CELERY_PICKLE": "false"}))
    rows = [{"a": 1.5, "b": None, "c": "é"}]
    assert finished(enqueue("myapp.core.echo", rows=rows)).result["kwargs"] == {"rows": rows}
    before = bench_store.counts()
    for bad in ((1,), b"x", {1: 2}, float("nan"), Address("Main")):
        with pytest.raises(CannotTravel, match="argument 'second'"):
            enqueue("myapp.core.echo", first=1, second=bad)
    with pytest.raises(CannotTravel, match="top of a module"):
        enqueue(lambda: 1)
    for callback in ("on_success", "on_failure"):
        with pytest.raises(CannotTravel, match="top of a module"):
            enqueue("myapp.core.echo", **{callback: lambda job: 1})
    assert bench_store.counts() == before


# -- refusals


class Mine:
    """Leaves a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self.file,))


def mined(file: Path) -> JobMessage:
    """A message that leaves `file` when any part of it is unpickled, or `file` as text when run."""
    mine = {codec.PICKLE: base64.b64encode(pickle.dumps(Mine(file))).decode()}
    return message(site=SITE, method=mine, kwargs=mine, on_success=mine, on_failure=mine)


def sent(store: JobStore, sealed: bytes | None, own: JobMessage) -> None:
    """Queue `own`'s run with `sealed` as its message, as one who can write to Redis would."""
    store.enqueue(own, front=-1)
    record = store.keys.record(own.run)
    if sealed is None:
        store.client.hdel(record, "message")
    else:
        store.client.hset(record, "message", sealed)
    store.client.lpush(store.keys.queue(own.queue), own.run)
    store.client.lpush(store.keys.bell_of(own.queue), "1")


def flipped(place: int) -> Callable[[bytes], bytes]:
    def flip(sealed: bytes) -> bytes:
        altered = bytearray(sealed)
        altered[place] ^= 4
        return bytes(altered)

    return flip


ALTERED: dict[str, Callable[[bytes], bytes | None]] = {
    "first byte of the signature": flipped(0),
    "last byte of the signature": flipped(42),
    "first byte of the text": flipped(43),
    "a byte in the middle": flipped(200),
    "last byte": flipped(-1),
    "a byte that is no text": lambda sealed: sealed[:60] + b"\xff" + sealed[61:],
    "truncated": lambda sealed: sealed[:-1],
    "extended": lambda sealed: sealed + b" ",
    "unsigned": lambda sealed: sealed[43:],
    "empty": lambda sealed: b"",
    "missing": lambda sealed: None,
    "an array in its place": lambda sealed: b"[]",
}


@pytest.mark.parametrize("how", ALTERED)
def test_an_altered_message_is_refused_unread_and_recorded(
    bench_store: JobStore, tmp_path: Path, how: str
) -> None:
    mine = mined(tmp_path / "unpickled")
    sent(bench_store, ALTERED[how](mine.seal(bench_store.signer)), mine)
    assert_refused(bench_store, mine.run, "signature is missing or wrong")
    assert not (tmp_path / "unpickled").exists()


def assert_refused(store: JobStore, run: str, reason: str, queue: str = "default") -> None:
    job = ended(store.fetch_run(run))
    assert job.status == JobStatus.FAILED
    assert job.exc_info is not None
    assert job.exc_info.startswith("Refused: ")
    assert reason in job.exc_info
    entry = store.refused()[0]
    assert (entry["run"], entry["queue"]) == (run, queue)
    assert reason in entry["reason"]
    assert finished(enqueue("myapp.core.record")).result == "ran"  # the worker goes on


def test_a_mine_would_have_gone_off(bench_store: JobStore, tmp_path: Path) -> None:
    mine = mined(tmp_path / "unpickled")
    sent(bench_store, mine.seal(bench_store.signer), mine)
    ended(bench_store.fetch_run(mine.run))
    assert (tmp_path / "unpickled").exists()


def test_a_message_signed_by_another_bench_is_refused(
    bench_store: JobStore, tmp_path: Path
) -> None:
    mine = mined(tmp_path / "unpickled")
    sent(bench_store, mine.seal(Signer(b"o" * 32)), mine)
    assert_refused(bench_store, mine.run, "frappe_celery_key")
    assert not (tmp_path / "unpickled").exists()


def test_a_message_moved_under_another_run_s_id_is_refused(
    bench_store: JobStore, tmp_path: Path
) -> None:
    mine = mined(tmp_path / "unpickled")
    other = replace(message(site=SITE), run="another")
    sent(bench_store, mine.seal(bench_store.signer), other)
    assert_refused(bench_store, "another", mine.run)
    assert not (tmp_path / "unpickled").exists()


def test_a_signed_result_is_no_message(bench_store: JobStore, tmp_path: Path) -> None:
    mine = mined(tmp_path / "unpickled")
    sealed = bench_store.signer.seal("result", codec.dumps([1, mine.__dict__]).encode())
    sent(bench_store, sealed, mine)
    assert_refused(bench_store, mine.run, "signature is missing or wrong")
    assert not (tmp_path / "unpickled").exists()


def test_a_result_altered_in_redis_is_refused_when_read(bench_store: JobStore) -> None:
    job = finished(enqueue("myapp.core.record", text="paid 100"))
    record = bench_store.keys.record(job.run_id)
    sealed = bench_store.client.hget(record, "result")
    bench_store.client.hset(record, "result", sealed.replace(b"100", b"999"))
    job.refresh()
    with pytest.raises(Refused):
        job.result  # noqa: B018


# -- what else can lie in a queue


def celery_message(**changes: Any) -> dict[str, Any]:
    """A message of Celery's own protocol, as any producer with access to Redis can send."""
    body = base64.b64encode(json.dumps([["unsigned"], {}, {}]).encode()).decode()
    return {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": TASK_NAME, "id": "from-outside", "lang": "py"},
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": "tag",
            "delivery_info": {"exchange": "", "routing_key": "default"},
        },
        **changes,
    }


def put(store: JobStore, element: bytes | str) -> None:
    store.client.lpush(store.keys.queue("default"), element)
    store.client.lpush(store.keys.bell_of("default"), "1")


def test_an_unsigned_celery_message_is_refused(bench_store: JobStore) -> None:
    put(bench_store, json.dumps(celery_message()))
    wait_until(
        lambda: bench_store.refused()[:1] and bench_store.refused()[0]["run"] == "from-outside"
    )
    assert "signature is missing or wrong" in bench_store.refused()[0]["reason"]
    assert finished(enqueue("myapp.core.record")).result == "ran"


def test_an_unsigned_message_named_like_a_scheduled_method_is_refused(
    bench: Project, bench_store: JobStore
) -> None:
    put(bench_store, json.dumps(celery_message(headers={"task": "myapp.core.nightly", "id": "n"})))
    wait_until(lambda: bench_store.refused()[0]["run"] == "n")
    assert "signature is missing or wrong" in bench_store.refused()[0]["reason"]
    assert_nothing_is_held(bench, bench_store)
    assert "nightly" not in bench.effects()
    assert "myapp.core.nightly" in bench.processes[0].output().split("[tasks]")[1][:500]


def test_a_pickled_celery_message_is_refused_unread(bench_store: JobStore, tmp_path: Path) -> None:
    body = base64.b64encode(pickle.dumps(Mine(tmp_path / "unpickled"))).decode()
    pickled = {"content-type": "application/x-python-serialize", "content-encoding": "binary"}
    for changes in ({"body": body}, {"body": body, **pickled}):
        element = celery_message(**changes)
        element["headers"]["id"] = f"pickled-{len(changes)}"
        put(bench_store, json.dumps(element))
        wait_until(
            lambda: bench_store.refused()[0]["run"] == element["headers"]["id"]  # noqa: B023
        )
    assert not (tmp_path / "unpickled").exists()
    assert finished(enqueue("myapp.core.record")).result == "ran"


GARBAGE: dict[str, bytes] = {
    "cut": b"{",
    "not an object": b"{}",
    "no properties": json.dumps({"body": "", "headers": {}}).encode(),
    "not text": b"{\xff\xfe",
    "no json": b"{garbage}",
    "odd types": json.dumps({"body": 1, "headers": 2, "properties": 3}).encode(),
}


UNKNOWN: dict[str, dict[str, Any]] = {
    "no headers": {"body": "", "properties": {}},
    "a task that nobody has": celery_message(headers={"task": "os.system", "id": "1"}),
    "our task without an id": celery_message(headers={"task": TASK_NAME}),
    "no delivery info": celery_message(properties={}),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_celery_itself_drops_does_no_harm(
    bench: Project, bench_store: JobStore, what: str
) -> None:
    put(bench_store, json.dumps(UNKNOWN[what]))
    assert_nothing_is_held(bench, bench_store)


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_refused_and_the_worker_goes_on(
    bench: Project, bench_store: JobStore, what: str
) -> None:
    before = len(bench_store.refused())
    put(bench_store, GARBAGE[what])
    wait_until(lambda: len(bench_store.refused()) > before, what="it is refused")
    assert_nothing_is_held(bench, bench_store)
    assert "no message: " in bench_store.refused()[0]["reason"]


def assert_nothing_is_held(bench: Project, store: JobStore) -> None:
    """The worker has gone on: it ran a job, and acknowledged all."""
    assert finished(enqueue("myapp.core.record")).result == "ran"
    held = store.client.keys(f"{store.keys.prefix}inflight:*")
    wait_until(
        lambda: not any(store.client.hlen(key) for key in held), HANG_SECONDS, "nothing is held"
    )
    assert bench.processes[0].popen.poll() is None


def test_a_token_without_a_record_is_passed_over(bench_store: JobStore) -> None:
    for token in (b"unknown", b"\xff\xfe", b"", b"x" * 10_000):
        put(bench_store, token)
    assert finished(enqueue("myapp.core.record")).result == "ran"
