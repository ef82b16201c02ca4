"""What `enqueue` and its family write into the store, version by version; no worker runs here."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import frappe  # type: ignore[import-not-found]
import pytest
from celery import signals

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import (
    create_job_id,
    enqueue,
    enqueue_doc,
    get_info,
    get_job,
    get_job_status,
    get_jobs,
    is_job_enqueued,
)
from frappe_celery.errors import (
    BadTimeout,
    CannotTravel,
    ConfigError,
    DeduplicateNeedsJobId,
    QueueOverloaded,
    UnknownQueue,
)
from frappe_celery.job_options import options
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.options import pause
from frappe_celery.many import enqueue_many
from tests.integration.stores import queued, started, take_all, waiting
from tests.project import Project

SITE = "site1.localhost"
METHOD = "myapp.core.record"
VERSIONS = (14, 15, 16, 17)

Choose = Callable[..., JobStore]


# -- wrong input


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": None}, "method is None; it must be a dotted path or a function"),
        ({"method": ""}, "method is ''; it must be"),
        ({"method": 3}, "method is 3; it must be"),
        ({"method": [0] * 900}, r"method is \[0, 0.{195}… \(and 2,500 characters more\); it must"),
        ({"queue": []}, r"Queue should be one of short, default, long; \[\] is not"),
        ({"queue": None}, "None is not"),
        ({"queue": "x" * 900}, r"'x{199}… \(and 702 characters more\) is not\. A custom queue"),
        ({"retry": "x" * 900}, r"retry is 'x{199}… \(and 702 characters more\); it must be"),
        ({"job_name": object()}, "job_name is <object object at .*>; it must be a text"),
        ({"job_name": "caf\udce9"}, r"job_name is 'caf\\udce9'; .* a text that UTF-8 can write"),
        ({"job_id": "caf\udce9"}, r"job_id is '.*caf\\udce9'; .*os\.fsencode\(text\)\.decode"),
        ({"method": "myapp.caf\udce9"}, r"method is 'myapp\.caf\\udce9'; it must be"),
        ({"queue": "caf\udce9"}, r"'caf\\udce9' is not"),
        ({"on_success": -1}, "on_success is -1; it must be a function"),
        ({"on_failure": [1]}, r"on_failure is \[1\]; it must be a function"),
        ({"timeout": "x" * 900}, "timeout is 'x{199}… .and 702 characters more.; it must be a"),
    ],
)
def test_what_is_no_job_is_an_error_at_once(
    choose: Choose, given: dict[str, Any], said: str
) -> None:
    store = choose(17)
    with pytest.raises((ConfigError, UnknownQueue, BadTimeout), match=said):
        enqueue(**{"method": METHOD, **given})
    assert not any(store.counts().values())


def test_an_id_with_half_a_character_is_no_job_s(choose: Choose) -> None:
    choose(16)
    for ask in (get_job, get_job_status, is_job_enqueued, create_job_id):
        with pytest.raises(ConfigError, match=r"job_id is 'caf\\udce9'; it must be a text"):
            ask("caf\udce9")
    with pytest.raises(ConfigError, match=r"depends_on is 'caf\\udce9'"):
        options(depends_on="caf\udce9").enqueue(METHOD)
    with pytest.raises(ConfigError, match=r"job_id is 'caf\\udce9'"):
        enqueue_many(METHOD, [{"job_id": "a"}, {"job_id": "caf\udce9"}])


# -- ids


@pytest.mark.parametrize(
    ("version", "effective"),
    [(14, "site1.localhost::a::b"), (15, "site1.localhost::a::b"), (17, "site1.localhost||a||b")],
)
def test_the_effective_id_is_the_version_s(choose: Choose, version: int, effective: str) -> None:
    store = choose(version)
    job = enqueue(METHOD, job_id="a::b")
    assert job.id == create_job_id("a::b") == effective
    for found in (get_job("a::b"), store.fetch(effective), store.fetch(job.run_id)):
        assert found == job
    for asked in ("a::b", job.id):
        assert get_job(asked) == job
        assert is_job_enqueued(asked)
        assert get_job_status(asked) == JobStatus.QUEUED
    another_s = job.id.replace(SITE, "other")
    assert (get_job(another_s), is_job_enqueued(another_s)) == (None, False)
    assert (get_job("b"), get_job_status("b"), is_job_enqueued("b")) == (None, None, False)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_id_that_another_job_has_as_its_effective_one_is_the_caller_s_first(
    choose: Choose, version: int
) -> None:
    choose(version)
    job = enqueue(METHOD, job_id="x")
    of_that_name = enqueue(METHOD, job_id=job.id)
    assert of_that_name != job
    assert get_job(job.id) == of_that_name
    assert get_job("x") == job


@pytest.mark.parametrize("version", VERSIONS)
def test_without_an_id_each_gets_one_that_it_is_found_by(choose: Choose, version: int) -> None:
    choose(version)
    jobs = [enqueue(METHOD) for _ in range(2)]
    assert jobs[0].id != jobs[1].id
    for job in jobs:
        made = job.id.replace("||", "::").partition("::")[2]
        assert get_job(made) == job
        assert is_job_enqueued(made)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_id_twice_runs_twice(choose: Choose, version: int) -> None:
    store = choose(version)
    jobs = [enqueue(METHOD, job_id="same") for _ in range(2)]
    assert take_all(store) == [job.run_id for job in jobs]


# -- what only some versions know


@pytest.mark.parametrize("version", [15, 16, 17])
def test_deduplicate_from_v15_on(choose: Choose, version: int) -> None:
    store = choose(version)
    first = enqueue(METHOD, job_id="import::X", deduplicate=True, n=1)
    assert enqueue(METHOD, job_id="import::X", deduplicate=True, n=2) is None
    run = started(store)
    assert enqueue(METHOD, job_id="import::X", deduplicate=True, n=3) is None
    store.finish(run, None)
    fourth = enqueue(METHOD, job_id="import::X", deduplicate=True, n=4)
    assert fourth.kwargs == {"n": 4}
    assert get_job("import::X") == fourth != first
    with pytest.raises(DeduplicateNeedsJobId, match="needs a job_id"):
        enqueue(METHOD, deduplicate=True)
    assert enqueue(METHOD, deduplicate=False).kwargs == {}


def test_in_v14_deduplicate_is_the_method_s_own_word(choose: Choose) -> None:
    choose(14)
    jobs = [enqueue(METHOD, job_id="same", deduplicate=True) for _ in range(2)]
    assert [job.kwargs for job in jobs] == [{"deduplicate": True}] * 2


@pytest.mark.parametrize("version", [16, 17])
def test_from_v16_on_too_many_waiting_jobs_are_refused(choose: Choose, version: int) -> None:
    store = choose(version, max_queued_jobs=2)
    assert len(settings.current().sites()) == 1
    for _ in range(2 + 50):
        enqueue(METHOD)
    with pytest.raises(QueueOverloaded, match=r"52 jobs of site .* wait in queue 'default'"):
        enqueue(METHOD)
    enqueue(METHOD, queue="long")
    assert store.counts()[JobStatus.QUEUED] == 53


@pytest.mark.parametrize("version", [16, 17])
def test_a_flood_of_one_site_refuses_that_site_alone(
    choose: Choose, bench: Project, version: int
) -> None:
    store = choose(version, max_queued_jobs=1)
    for _ in range(1 + 50):
        enqueue(METHOD)
    with pytest.raises(QueueOverloaded):
        enqueue(METHOD)
    queued(store, site="site2.localhost", at_most=51)
    own = bench.root / "sites" / SITE / "site_config.json"
    before = own.read_text()
    own.write_text('{"max_queued_jobs": 5}')
    enqueue(METHOD)
    own.write_text(before)


@pytest.mark.parametrize("version", [14, 15])
def test_before_v16_any_number_may_wait(choose: Choose, version: int) -> None:
    store = choose(version, max_queued_jobs=1)
    for _ in range(55):
        enqueue(METHOD)
    assert store.queue_length("default") == 55


@pytest.mark.parametrize("version", [16, 17])
def test_from_v16_on_a_starved_job_jumps_a_long_queue(choose: Choose, version: int) -> None:
    choose(version)
    for _ in range(16):
        enqueue(METHOD)
    assert enqueue(METHOD, at_front_when_starved=True).get_position() == 16
    assert enqueue(METHOD, at_front_when_starved=True).get_position() == 0
    assert enqueue(METHOD, at_front_when_starved=False).get_position() == 18
    assert enqueue(METHOD, at_front_when_starved=True).kwargs == {}


def test_in_v17_retry_is_a_number_of_repetitions_or_rqs_retry(choose: Choose) -> None:
    choose(17)

    class Retry:
        def __init__(self, *intervals: int) -> None:
            self.max, self.intervals = 3, list(intervals)

    for retry, repetitions, pauses in (
        *((None, 0, [0]), (0, 0, [0]), (3, 3, [0, 0, 0]), (Retry(), 3, [0, 0, 0])),
        *((Retry(0), 3, [0, 0, 0]), (Retry(10), 3, [10, 10, 10])),
        *((Retry(1, 60), 3, [1, 1, 60]), (Retry(1, 2, 3, 4), 3, [2, 3, 4])),  # as RQ reads them
    ):
        job = enqueue(METHOD, retry=retry)
        assert job.retries_left == repetitions
        backoff = job.opened.backoff
        assert [pause(backoff, attempt) for attempt in range(1, len(pauses) + 1)] == pauses
        assert job.kwargs == {}
    for retry in (-1, "twice", 1.5, True, Retry(-10), Retry("soon")):
        with pytest.raises(ConfigError, match=r"retry is .* whole number"):
            enqueue(METHOD, retry=retry)


@pytest.mark.parametrize("version", [14, 15, 16])
def test_before_them_their_words_are_the_method_s_own(choose: Choose, version: int) -> None:
    choose(version)
    own = {"retry": "x"} if version == 16 else {"at_front_when_starved": True, "retry": "x"}
    assert enqueue(METHOD, **own).kwargs == own


# -- parameters


@pytest.mark.parametrize("version", VERSIONS)
def test_at_front_is_last_in_first_out_in_its_queue(choose: Choose, version: int) -> None:
    store = choose(version)
    names = ["a", "b", "c", "d", "e"]
    fronts = [False, True, False, True, False]
    jobs = {n: enqueue(METHOD, at_front=front) for n, front in zip(names, fronts, strict=True)}
    other = enqueue(METHOD, queue="short")
    assert waiting(store) == [jobs[name].run_id for name in "dbace"]
    assert waiting(store, "short") == [other.run_id]


@pytest.mark.parametrize(
    ("queue", "timeout", "seconds"),
    [
        ("short", None, 300),
        ("default", None, 300),
        ("long", None, 1500),
        ("mail", None, 60),
        ("long", 0, 1500),
        ("long", "", 1500),
        ("long", False, 1500),
        ("short", 7, 7),
        ("short", 1.4, 1),
        ("short", -1, -1),
        ("short", "1h", 3600),
    ],
)
def test_the_timeout_is_the_given_one_else_the_queue_s(
    choose: Choose, queue: str, timeout: Any, seconds: int
) -> None:
    choose(workers='{"mail": {"timeout": 60}}')
    assert enqueue(METHOD, queue=queue, timeout=timeout).timeout == seconds


@pytest.mark.parametrize("timeout", ["abc", -5, True, float("nan"), [1]])
def test_a_wrong_timeout_is_named_and_nothing_is_enqueued(choose: Choose, timeout: Any) -> None:
    store = choose()
    with pytest.raises(BadTimeout, match="timeout is") as error:
        enqueue(METHOD, timeout=timeout)
    assert repr(timeout) in str(error.value)
    assert not any(store.counts().values())


@pytest.mark.parametrize("queue", ["nightly", "", "Long", None, "default "])
def test_an_unknown_queue_is_named_and_nothing_is_enqueued(choose: Choose, queue: Any) -> None:
    store = choose()
    with pytest.raises(UnknownQueue, match="Queue should be one of short, default, long") as error:
        enqueue(METHOD, queue=queue)
    assert repr(queue) in str(error.value)
    assert not any(store.counts().values())


def test_the_user_and_the_site_are_the_caller_s(choose: Choose) -> None:
    choose()
    assert (enqueue(METHOD).user, enqueue(METHOD).site) == ("Administrator", SITE)
    frappe.set_user("someone@example.com")
    assert enqueue(METHOD).user == "someone@example.com"


def test_now_calls_it_here_and_returns_its_value(choose: Choose) -> None:
    store = choose()
    for option in ({"now": True}, {"is_async": False}, {"async": False}):
        assert enqueue(lambda a, b=2: a + b, a=1, unknown=3, **option) == 3
    with pytest.raises(ZeroDivisionError):
        enqueue(lambda: 1 / 0, now=True)
    assert not any(store.counts().values())


def test_in_tests_is_async_false_runs_it_as_a_worker_would(choose: Choose) -> None:
    store = choose()
    frappe.flags.in_test = True
    job = enqueue(lambda n: n + 1, n=1, is_async=False)
    assert isinstance(job, Job)
    assert (job.status, job.result) == (JobStatus.FINISHED, 2)
    failed = enqueue(lambda: 1 / 0, is_async=False)
    assert failed.is_failed
    assert "ZeroDivisionError" in str(failed.exc_info)
    assert enqueue(lambda: sys.exit(3), is_async=False).is_failed
    assert store.queue_length("default") == 0


def test_in_tests_is_async_false_after_commit_runs_at_the_commit(choose: Choose) -> None:
    store = choose()
    frappe.flags.in_test = True
    assert enqueue(METHOD, is_async=False, enqueue_after_commit=True) is None
    frappe.db.rollback()
    assert enqueue(METHOD, is_async=False, enqueue_after_commit=True, job_id="mine") is None
    assert get_job("mine") is None, "neither is enqueued yet"
    frappe.db.commit()
    assert get_job_status("mine") == JobStatus.FINISHED
    assert sum(store.counts().values()) == 1


@pytest.mark.parametrize("version", [15, 16, 17])
@pytest.mark.parametrize("option", [{"now": True}, {"is_async": False}])
def test_what_is_called_now_is_not_while_its_duplicate_waits_or_runs(
    choose: Choose, version: int, option: dict[str, bool]
) -> None:
    """Frappe looks for it first."""
    store = choose(version)
    ran: list[str] = []

    def call() -> Any:
        return enqueue(lambda: ran.append("ran"), job_id="x", deduplicate=True, **option)

    enqueue(METHOD, job_id="x")
    assert (call(), ran) == (None, [])
    run = started(store)
    assert (call(), ran) == (None, [])
    store.finish(run, None)
    call()
    assert ran == ["ran"]


def test_a_job_is_named_by_its_job_name_else_by_its_method(choose: Choose) -> None:
    choose()
    assert enqueue(METHOD).job_name == METHOD
    assert enqueue(METHOD, job_name="shown").job_name == "shown"
    assert enqueue(METHOD, job_name="shown").method == METHOD
    assert enqueue(create_job_id).method == "frappe_celery.enqueue_shim.create_job_id"
    by_value = enqueue(lambda: 1)
    assert by_value.method == by_value.job_name
    assert "test_a_job_is_named" in by_value.method
    assert "partial" in enqueue(functools.partial(max, 1)).method


def test_an_event_of_any_kind_is_carried(choose: Choose) -> None:
    choose()
    for event in (None, "on_update", ("a", 1), {"a": {1}}):
        assert enqueue(METHOD, event=event).kwargs == {}


def test_words_that_no_worker_can_get_are_refused(choose: Choose) -> None:
    store = choose()
    with pytest.raises(CannotTravel, match="argument 'lock'"):
        enqueue(METHOD, fine=1, lock=(n for n in ()))
    assert not any(store.counts().values())


# -- after commit


def test_after_commit_it_is_enqueued_then_and_never_after_a_rollback(choose: Choose) -> None:
    store = choose()
    assert enqueue(METHOD, enqueue_after_commit=True, text="lost") is None
    frappe.db.rollback()
    frappe.db.commit()
    assert not any(store.counts().values())
    assert enqueue(METHOD, enqueue_after_commit=True, at_front=True, job_id="x", text="a") is None
    enqueue(METHOD)
    assert not is_job_enqueued("x")
    frappe.db.commit()
    frappe.db.commit()
    assert [job.kwargs for job in store.page()].count({"text": "a"}) == 1
    found = get_job("x")
    assert found is not None
    assert found.get_position() == 0


def test_after_commit_the_user_is_the_one_who_called(choose: Choose) -> None:
    store = choose()
    frappe.set_user("first@example.com")
    enqueue(METHOD, enqueue_after_commit=True)
    frappe.set_user("second@example.com")
    frappe.db.commit()
    assert store.page()[0].user == "first@example.com"


@pytest.mark.parametrize("late", [{"n": 1}, {"tags": {"a"}}], ids=["as JSON", "as a pickle"])
def test_after_commit_the_arguments_are_what_they_are_by_then(
    choose: Choose, late: dict[str, Any]
) -> None:
    """As in Frappe, where a document enqueued in `validate` has its name by the time it travels."""
    store = choose()
    doc: dict[str, Any] = {"doctype": "Note"}
    enqueue(METHOD, doc=doc, enqueue_after_commit=True)
    doc.update(late)
    frappe.db.commit()
    assert store.page()[0].kwargs == {"doc": {"doctype": "Note", **late}}


def test_after_commit_what_is_wrong_is_said_at_once(choose: Choose) -> None:
    choose()
    for wrong in ({"queue": "nightly"}, {"timeout": -5}, {"lock": (n for n in ())}):
        with pytest.raises((UnknownQueue, BadTimeout, CannotTravel)):
            enqueue(METHOD, enqueue_after_commit=True, **wrong)


# -- the rest of the family


def test_enqueue_doc_runs_the_controller_s_method(choose: Choose) -> None:
    choose()
    job = enqueue_doc("Note", "N-1", "publish", queue="long", public=True)
    assert job.method == "frappe.utils.background_jobs.run_doc_method"
    assert (job.queue, job.timeout) == ("long", 300)
    assert job.kwargs == {
        **{"doctype": "Note", "name": "N-1", "doc_method": "publish"},
        "public": True,
    }


def test_get_jobs_and_get_info_show_what_waits_and_runs(choose: Choose) -> None:
    store = choose()
    enqueue(METHOD, job_name="one")
    enqueue(METHOD, queue="long", job_name="two")
    assert get_jobs() == {SITE: [METHOD, METHOD]}
    assert get_jobs(key="job_name") == {SITE: ["one", "two"]}
    assert get_jobs(queue="long", key="job_name") == {SITE: ["two"]}
    assert get_jobs(site="other") == {}
    with pytest.raises(ConfigError, match=r"key='id'.*'method' or 'job_name'"):
        get_jobs(key="id")
    run = started(store)
    rows = {(row["job_name"], row["queue"], row["status"]) for row in get_info()}
    assert rows == {("one", "default", "started"), ("two", "long", "queued")}
    store.fail(run, "broken")
    assert [row["job_name"] for row in get_info()] == ["two"]
    failed = [row for row in get_info(show_failed=True) if row["status"] == "failed"]
    assert [(row["job_name"], row["exc_info"]) for row in failed] == [("one", "broken")]


# -- who listens to Celery's signals


def test_listeners_of_celery_s_publish_signals_see_every_job(choose: Choose) -> None:
    choose()
    seen: list[tuple[str, str, str]] = []

    def before(sender: str, headers: dict[str, Any], routing_key: str, **_: Any) -> None:
        headers["traceparent"] = "00-trace-span-01"
        headers["task"] = "attempt to change what runs"
        seen.append(("before", sender, routing_key))

    def after(sender: str, headers: dict[str, Any], routing_key: str, **_: Any) -> None:
        seen.append(("after", sender, headers["id"]))

    signals.before_task_publish.connect(before)
    signals.after_task_publish.connect(after)
    try:
        job = enqueue(METHOD, queue="long", job_id="once", deduplicate=True)
        assert enqueue(METHOD, job_id="once", deduplicate=True) is None
    finally:
        signals.before_task_publish.disconnect(before)
        signals.after_task_publish.disconnect(after)
    assert seen[:2] == [("before", METHOD, "long"), ("after", METHOD, job.run_id)]
    assert [what for what, *_ in seen] == ["before", "after"] * 2
    assert job.opened.headers == {"traceparent": "00-trace-span-01"}
    assert job.method == METHOD
