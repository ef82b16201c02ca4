"""What `enqueue_many` writes into the store, and what it says where it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import frappe  # type: ignore[import-not-found]
import pytest
from celery import signals

from frappe_celery import enqueue, enqueue_many, options
from frappe_celery.errors import (
    BadTimeout,
    BrokerUnreachable,
    CannotTravel,
    ConfigError,
    DeduplicateNeedsJobId,
    FrappeCeleryError,
    NoSuchJob,
    QueueOverloaded,
    UnknownQueue,
)
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.integration.stores import take_all
from tests.servers import RedisServer

METHOD = "myapp.tasks.record"
Choose = Callable[..., JobStore]


def numbered(number: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"text": str(n)} for n in range(start, start + number)]


def texts(store: JobStore) -> list[str]:
    """Of all that wait, the next one first."""
    jobs = store.read(take_all(store))
    return [job.kwargs["text"] for job in jobs if job is not None]


# -- what an entry means


def test_an_entry_is_a_call_of_enqueue(choose: Choose) -> None:
    store = choose(16)
    entries = [{"text": "a", "job_id": "one"}, {"text": "b"}]
    said: dict[str, Any] = {"queue": "long", "timeout": "2m", "job_name": "Nightly", "event": "x"}
    jobs = enqueue_many(METHOD, entries, **said, company="C", on_success=METHOD)
    singly = [enqueue(METHOD, **said, company="C", on_success=METHOD, **e) for e in entries]
    for job, single in zip(jobs, singly, strict=True):
        ours, theirs = store.fetch_run(job.run_id).opened, single.opened
        differing = {"run", "id", "enqueued_at"}
        assert {n: v for n, v in vars(ours).items() if n not in differing} == {
            n: v for n, v in vars(theirs).items() if n not in differing
        }
        fields = [store.client.hgetall(store.keys.record(j.run_id)) for j in (job, single)]
        assert fields[0].keys() == fields[1].keys()
    assert jobs[0].id == singly[0].id
    assert entries == [{"text": "a", "job_id": "one"}, {"text": "b"}]


def test_options_are_for_all(choose: Choose) -> None:
    store = choose()
    jobs = options(retry=3, limit_key="c-7").enqueue_many(METHOD, numbered(2))
    messages = [store.fetch_run(job.run_id).opened for job in jobs]
    assert {(m.retries, m.limit_key) for m in messages} == {(3, "c-7")}


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("kind", [list, iter])
def test_each_is_enqueued_in_its_order(choose: Choose, number: int, kind: Any) -> None:
    store = choose()
    told: list[tuple[int, int | None]] = []
    jobs = enqueue_many(METHOD, kind(numbered(number)), progress=lambda *n: told.append(n))
    assert len(jobs) == len(set(jobs.ids)) == number
    steps = [*range(100, number, 100), number] if number else []
    assert told == [(n, number if kind is list else None) for n in steps]
    listed = store.page(length=-1)[::-1]
    assert [job.run_id for job in listed] == [job.run_id for job in jobs if job]
    assert texts(store) == [str(n) for n in range(number)]


def test_large_ones_go_in_smaller_steps(choose: Choose) -> None:
    store = choose()
    told: list[int] = []
    entries = [{"text": str(n), "more": "x" * 200_000} for n in range(5)]
    enqueue_many(METHOD, entries, progress=lambda done, total: told.append(done))
    assert told == [2, 4, 5]
    assert texts(store) == ["0", "1", "2", "3", "4"]


def test_at_front_each_goes_first_as_in_a_loop(choose: Choose) -> None:
    store = choose()
    enqueue_many(METHOD, numbered(2))
    enqueue_many(METHOD, numbered(2, 10), at_front=True)
    assert texts(store) == ["11", "10", "0", "1"]


def test_what_it_returns_is_a_sequence_of_jobs(choose: Choose) -> None:
    store = choose()
    jobs = enqueue_many(METHOD, numbered(3))
    asked = store.client.info("commandstats")
    assert [job.id for job in jobs] == jobs.ids
    assert [job.status for job in jobs] == [JobStatus.QUEUED] * 3
    seen = store.client.info("commandstats")
    assert {n for n in seen if seen[n]["calls"] != asked.get(n, {}).get("calls")} <= {
        "cmdstat_info"
    }, "no Redis is asked"
    assert jobs[-1] == store.fetch(jobs.ids[2])
    assert [job.kwargs for job in jobs[1:]] == [{"text": "1"}, {"text": "2"}]
    assert jobs[0].get_status() == JobStatus.QUEUED
    with pytest.raises(IndexError):
        jobs[3]


def test_duplicates_are_named(choose: Choose) -> None:
    store = choose()
    enqueue(METHOD, job_id="b", text="before")
    entries = [{"text": t, "job_id": t} for t in "abcac"]
    jobs = enqueue_many(METHOD, entries, deduplicate=True)
    assert (jobs.duplicates, [job and job.kwargs["text"] for job in jobs]) == (
        [1, 3, 4],
        ["a", None, "c", None, None],
    )
    assert len(jobs) == 5
    assert jobs.ids[0] == jobs.ids[3]
    assert texts(store) == ["before", "a", "c"]


def test_celerys_signals_are_sent_of_each(choose: Choose) -> None:
    choose()
    seen: list[tuple[str, str]] = []

    def before(headers: dict[str, Any], **_: Any) -> None:
        seen.append(("before", headers["id"]))
        headers["traceparent"] = f"00-{headers['id']}"

    def after(headers: dict[str, Any], **_: Any) -> None:
        seen.append(("after", headers["id"]))

    signals.before_task_publish.connect(before)
    signals.after_task_publish.connect(after)
    try:
        jobs = enqueue_many(METHOD, numbered(2))
    finally:
        signals.before_task_publish.disconnect(before)
        signals.after_task_publish.disconnect(after)
    runs = [job.run_id for job in jobs]
    assert seen == [(what, run) for run in runs for what in ("before", "after")]
    assert [job.opened.headers["traceparent"] for job in jobs] == [f"00-{run}" for run in runs]


# -- wrong input


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"method": 3}, ConfigError, "method is 3"),
        ({"queue": "nowhere"}, UnknownQueue, "nowhere"),
        ({"timeout": "soon"}, BadTimeout, "soon"),
        ({"entries": 3}, ConfigError, "entries is 3; it must be an iterable of mappings"),
        ({"entries": {"text": "a"}}, ConfigError, r"entries\[0\]: it is 'text'; it must be a map"),
        ({"progress": 3}, ConfigError, "progress is 3; it must be a function"),
        ({"now": True}, ConfigError, r"enqueue_many\(now=…\): workers run its jobs"),
        ({"is_async": False}, ConfigError, r"enqueue_many\(is_async=…\)"),
        ({"job_id": "a"}, ConfigError, r"enqueue_many\(job_id=…\)"),
        ({"enqueue_after_commit": True, "progress": print}, ConfigError, "not after the commit"),
    ],
)
def test_what_is_no_call_is_an_error_at_once(
    choose: Choose, given: dict[str, Any], kind: type[Exception], said: str
) -> None:
    store = choose(16)
    with pytest.raises(kind, match=said):
        enqueue_many(**{"method": METHOD, "entries": numbered(1), **given})
    assert not any(store.counts().values())


BAD = [
    ("text", ConfigError, "it is 'text'; it must be a mapping"),
    ({1: "a"}, ConfigError, "its argument 1 must have a name"),
    ({"queue": "long"}, ConfigError, "it has queue=…: of enqueue's own words"),
    ({"deduplicate": True}, ConfigError, "it has deduplicate=…"),
    ({"company": "D"}, ConfigError, "its argument 'company' is said for all jobs as well"),
    ({"text": (n for n in "a")}, CannotTravel, "generator"),
    ({"text": "x" * 100_000}, CannotTravel, "frappe_celery_max_message_size"),
]


@pytest.mark.parametrize(("entry", "kind", "said"), BAD)
@pytest.mark.parametrize(("at", "went"), [(5, 0), (250, 200)])
@pytest.mark.parametrize("after_commit", [False, True])
def test_a_bad_entry_is_named_and_how_many_went(
    choose: Choose,
    entry: Any,
    kind: type[FrappeCeleryError],
    said: str,
    at: int,
    went: int,
    after_commit: bool,
) -> None:
    store = choose(max_message_size=50_000)
    entries = [*numbered(at), entry, *numbered(5)]
    with pytest.raises(kind) as raised:
        enqueue_many(METHOD, entries, company="C", enqueue_after_commit=after_commit)
    frappe.db.commit()
    went = 0 if after_commit else went
    text = str(raised.value)
    assert text.startswith(f"entries[{at}]: ")
    assert said in text
    if not after_commit:
        ending = "(the first 200 entries are enqueued)" if went else "(nothing is enqueued)"
        assert text.endswith(ending)
    assert len(raised.value.enqueued) == went
    assert texts(store) == [str(n) for n in range(went)]


def test_each_needs_an_id_where_duplicates_are_left_out(choose: Choose) -> None:
    choose()
    with pytest.raises(DeduplicateNeedsJobId, match=r"entries\[1\]: deduplicate=True needs"):
        enqueue_many(METHOD, [{"job_id": "a"}, {"text": "b"}], deduplicate=True)


@pytest.mark.parametrize("after", [50, 250])
def test_a_generator_that_raises_says_how_many_went(choose: Choose, after: int) -> None:
    store = choose()

    def entries() -> Iterator[dict[str, Any]]:
        yield from numbered(after)
        raise ZeroDivisionError("of the caller's own")

    with pytest.raises(ZeroDivisionError, match="of the caller's own") as raised:
        enqueue_many(METHOD, entries())
    went = after // 100 * 100
    error: Any = raised.value
    first = f"the first {went} entries are" if went else "nothing is"
    assert error.__notes__ == [f"enqueue_many: {first} enqueued"]
    assert len(error.enqueued) == went
    assert texts(store) == [str(n) for n in range(went)]


def test_a_redis_that_goes_away_in_the_middle_leaves_a_whole_number_of_steps(
    own_redis: RedisServer, choose: Choose
) -> None:
    store = choose(redis_queue=own_redis.url)

    def progress(done: int, total: int | None) -> None:
        if done == 300:
            own_redis.kill()

    with pytest.raises(BrokerUnreachable, match=r"the first 300 entries are enq.* next 100") as exc:
        enqueue_many(METHOD, numbered(1000), progress=progress)
    assert len(exc.value.enqueued) == 300
    own_redis.start()
    assert texts(store) == [str(n) for n in range(300)]


def test_an_answer_that_is_lost_has_none_enqueued_twice(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script is sent again, as redis-py's connections are cut in between."""
    store = choose(16, max_queued_jobs=100)
    send_script = JobStore.send_script

    def twice(self: JobStore, script: str, *args: Any) -> Any:
        send_script(self, script, *args)()
        return send_script(self, script, *args)

    monkeypatch.setattr(JobStore, "send_script", twice)
    entries = [{"text": str(n), "job_id": str(n)} for n in range(150)]
    assert len(enqueue_many(METHOD, entries)) == 150
    assert store.counts()[JobStatus.QUEUED] == 150


# -- how many may wait


@pytest.mark.parametrize("version", [16, 17])
@pytest.mark.parametrize("kind", [list, iter])
def test_there_is_room_for_all_or_none_is_enqueued(choose: Choose, version: int, kind: Any) -> None:
    store = choose(version, max_queued_jobs=200)
    enqueue(METHOD, text="x")
    with pytest.raises(QueueOverloaded, match=r"1 jobs of site .* more were to be enqueued") as exc:
        enqueue_many(METHOD, kind(numbered(250)))
    assert "nothing is enqueued" in str(exc.value)
    assert store.counts()[JobStatus.QUEUED] == 1
    assert len(enqueue_many(METHOD, kind(numbered(249)))) == 249
    with pytest.raises(QueueOverloaded):
        enqueue(METHOD, text="x")
    enqueue_many(METHOD, kind(numbered(250)), queue="long")


def test_duplicates_take_room_from_others_and_need_none_alone(choose: Choose) -> None:
    store = choose(16, max_queued_jobs=200)
    known, new = ([{"job_id": f"{n}"} for n in range(*of)] for of in ((150,), (150, 300)))
    enqueue_many(METHOD, known)
    with pytest.raises(QueueOverloaded, match=r"150 jobs of site .* and 300 more were to be"):
        enqueue_many(METHOD, [*known, *new], deduplicate=True)
    assert store.counts()[JobStatus.QUEUED] == 150
    enqueue_many(METHOD, numbered(100))
    assert enqueue_many(METHOD, known, deduplicate=True).duplicates == list(range(150))


def test_before_v16_any_number_may_wait(choose: Choose) -> None:
    choose(15, max_queued_jobs=1)
    assert len(enqueue_many(METHOD, numbered(250))) == 250


def test_the_room_is_asked_for_once(choose: Choose) -> None:
    """What comes between is no reason to leave off in its middle."""
    store = choose(16, max_queued_jobs=250)

    def progress(done: int, total: int | None) -> None:
        if done == 100:
            enqueue_many(METHOD, numbered(60))

    assert len(enqueue_many(METHOD, numbered(300), progress=progress)) == 300
    assert store.counts()[JobStatus.QUEUED] == 360


def test_one_that_breaks_takes_no_room_but_of_what_it_has_enqueued(choose: Choose) -> None:
    choose(16, max_queued_jobs=250)
    with pytest.raises(ConfigError):
        enqueue_many(METHOD, [*numbered(150), {"queue": "long"}, *numbered(149)])
    assert len(enqueue_many(METHOD, numbered(200))) == 200


# -- with the caller's transaction


def test_jobs_wait_for_the_transaction_in_their_order(choose: Choose) -> None:
    store = choose()
    frappe.db.set_default("it has", "written")
    enqueue_many(METHOD, numbered(250))
    assert store.counts()[JobStatus.QUEUED] == 250
    assert take_all(store) == []
    frappe.db.commit()
    assert texts(store) == [str(n) for n in range(250)]


@pytest.mark.parametrize("kind", [list, iter])
def test_after_the_commit(choose: Choose, kind: Any) -> None:
    store = choose()
    assert enqueue_many(METHOD, kind(numbered(150)), enqueue_after_commit=True) is None
    assert not any(store.counts().values())
    frappe.db.rollback()
    assert enqueue_many(METHOD, kind(numbered(150, 200)), enqueue_after_commit=True) is None
    frappe.db.commit()
    assert texts(store) == [str(n) for n in range(200, 350)]


def test_after_the_commit_there_is_room_for_all_or_none_is_enqueued(choose: Choose) -> None:
    """As of a single one it is found out then."""
    store = choose(16, max_queued_jobs=100)
    enqueue_many(METHOD, numbered(150), enqueue_after_commit=True)
    enqueue(METHOD, text="x")
    with pytest.raises(QueueOverloaded, match="nothing is enqueued"):
        frappe.db.commit()
    assert store.counts()[JobStatus.QUEUED] == 1


def test_a_plain_enqueue_asks_redis_for_what_it_did_before(choose: Choose) -> None:
    """Of each command how often, also under a limit of those that wait."""
    for version, expected in ((15, PLAIN), (16, LIMITED)):
        store = choose(version)
        enqueue(METHOD, text="the first one loads the script")
        before = store.client.info("commandstats")
        for _ in range(10):
            enqueue(METHOD, text="x")
        after = store.client.info("commandstats")
        called = {
            name.removeprefix("cmdstat_"): stats["calls"] - before.get(name, {"calls": 0})["calls"]
            for name, stats in after.items()
        }
        called.pop("info")
        assert {name: n for name, n in called.items() if n} == expected


PLAIN = dict.fromkeys(("evalsha", "exists", "hset", "zadd", "sadd", "lpush", "time"), 10)
LIMITED = {**PLAIN, "zcard": 10}
"""Commands of ten calls, as they were before `enqueue_many`."""


def test_jobs_are_typed(choose: Choose) -> None:
    choose()
    job: Job = enqueue_many(METHOD, numbered(1))[0]
    assert job.is_queued


def test_many_that_wait_for_one(choose: Choose) -> None:
    choose()
    first = enqueue(METHOD)
    many = options(depends_on=first).enqueue_many(METHOD, [{"text": str(n)} for n in range(120)])
    assert {job.get_status() for job in many if job} == {JobStatus.DEFERRED}
    assert first.number_of_dependants == 120
    first.delete()
    assert {job.get_status() for job in many if job} <= {JobStatus.CANCELED, JobStatus.DEFERRED}
    with pytest.raises(NoSuchJob, match="of which there is no record"):
        options(depends_on=first).enqueue_many(METHOD, [{}])
