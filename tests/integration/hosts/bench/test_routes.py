"""An armed bench: each job goes to RQ or Celery as its route says, in every process at once."""

from __future__ import annotations

import pytest
import redis

from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.switching import ASK, Armed, Switch
from tests.servers import RedisServer

LOADS_SLOWLY = (
    *("--enable-debug-command", "yes", "--key-load-delay", "20000"),
    *("--loading-process-events-interval-bytes", "1024"),
)
LEADS_TO_RQ = (
    "the route of queue long and site site1 leads to RQ, which cannot do what only Celery can:"
    " call frappe.enqueue, or have the route lead to Celery by frappe-celery enable --queue long"
)


def test_armed_changes_nothing_yet(armed: Armed, client: redis.Redis) -> None:
    assert armed.ask("answer = system_of(enqueue(job_id='one'))") == "rq"
    assert armed.in_rq(client, "long") == ["site1::one"]


def test_a_bench_that_is_on_stays_on_when_it_is_armed(switch: Switch) -> None:
    assert switch.run("enable")[0] == 0
    armed = Armed(switch)
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"


def test_a_process_goes_by_routes_until_it_ends(armed: Armed) -> None:
    """One that runs while the bench is settled, and one that starts then."""
    answer = armed.ask(
        """
        from frappe_celery.config import settings
        to_celery("short")
        routing.forget_routes()
        answer = [settings.current().is_armed, system_of(enqueue()), system_of(enqueue("short"))]
        """
    )
    assert answer == [False, "rq", "frappe_celery"]
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"


def test_a_process_that_began_before_goes_by_none(bench: StandInBench) -> None:
    answer = bench.ask(
        ASK
        + """
from frappe_celery.config import settings
from frappe_celery.hosts.bench import switch
first = system_of(enqueue())
to_rq = {"rules": [["", "", False]], "schedule": "rq"}
switch.edit(lambda values: values.update({switch.ROUTES: to_rq}))
settings.use(None)
from frappe.core.doctype.scheduled_job_type import scheduled_job_type
answer = [settings.current().is_armed, first, system_of(enqueue())]
"""
    )
    assert answer == [True, "frappe_celery", "frappe_celery"]


def test_a_process_that_began_before_the_bridge_was_a_package_finds_its_host(armed: Armed) -> None:
    """All else of `armed` it has imported with the seam."""
    answer = armed.ask(
        """
        from frappe_celery.jobs import hosts
        from frappe_celery.migration.armed import host
        answer = host.make_host is type(hosts.current())
        """
    )
    assert answer


def test_a_bench_that_is_off_and_has_lost_its_routes_is_on_rq(armed: Armed) -> None:
    """In a process that has run since it was armed."""
    answer = armed.ask(
        """
        from frappe_celery.hosts.bench import switch
        from frappe_celery.jobs import get_store
        from frappe_bridge.armed import routing
        switch.edit(switch._without_our_keys)
        get_store().client.delete(get_store().keys.routes)
        answer = [routing.read().beat_acts, system_of(enqueue())]
        """
    )
    assert answer == [False, "rq"]


def test_a_route_holds_at_once_in_a_process_that_runs(armed: Armed) -> None:
    systems = armed.ask(
        """
        answer = [system_of(enqueue())]
        to_celery("long")
        answer += [system_of(enqueue()), system_of(enqueue("short"))]
        to_celery("long", yes=False)
        answer.append(system_of(enqueue()))
        """
    )
    assert systems == ["rq", "frappe_celery", "rq", "rq"]


def test_the_newest_rule_wins_for_all_that_it_names(armed: Armed) -> None:
    systems = armed.ask(
        """
        def asked():
            return [system_of(enqueue(queue)) for queue in ("short", "long")]
        to_celery(site="site1")
        answer = [asked()]
        to_celery("long", yes=False)
        answer.append(asked())
        to_celery(site="site2", yes=False)
        answer.append(asked())
        """
    )
    assert systems == [["frappe_celery"] * 2, ["frappe_celery", "rq"], ["frappe_celery", "rq"]]


def test_a_route_that_changes_while_a_job_is_enqueued(armed: Armed, client: redis.Redis) -> None:
    """Read, changed by another process, then written: in neither direction by the old route."""
    answer = armed.ask(
        """
        from frappe_bridge.armed import routing
        kept = routing.read()
        to_celery("long")
        routing._known = kept
        answer = [system_of(enqueue(job_id="over"))]
        kept = routing.read()
        to_celery("long", yes=False)
        routing._known = kept
        answer.append(system_of(enqueue(job_id="back")))
        """
    )
    assert answer == ["frappe_celery", "rq"]
    assert armed.in_rq(client, "long") == ["site1::back"]


def test_redis_that_lost_the_routes_has_them_from_the_file(
    armed: Armed, client: redis.Redis
) -> None:
    armed.ask("to_celery('long')")
    client.delete(f"frappe_celery:{armed.bench.id}:routes")
    systems = armed.ask("answer = [system_of(enqueue()), system_of(enqueue('short'))]")
    assert systems == ["frappe_celery", "rq"]


@pytest.mark.parametrize("back", [False, True])
def test_a_duplicate_in_the_other_system_is_one(armed: Armed, back: bool) -> None:
    """The job waits where it went before the route changed."""
    answer = armed.ask(
        f"""
        to_celery("long", yes={back})
        first = enqueue(job_id="x", deduplicate=True)
        to_celery("long", yes={not back})
        second = enqueue(job_id="x", deduplicate=True)
        found = background_jobs.get_job("x")
        answer = [system_of(first), second, system_of(found)]
        """
    )
    there = "frappe_celery" if back else "rq"
    assert answer == [there, None, there]


def test_one_that_is_over_in_rq_is_replaced(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='x')")
    client.hset("rq:job:site1::x", mapping={"status": "finished", "result": "old"})
    client.delete(f"rq:queue:{armed.bench.id}:long")
    armed.ask("enqueue(job_id='x', deduplicate=True)")
    assert armed.in_rq(client, "long") == ["site1::x"]
    assert client.hget("rq:job:site1::x", "result") is None


def test_a_job_that_is_active_goes_before_one_that_is_over(armed: Armed) -> None:
    answer = armed.ask(
        """
        to_celery("long")
        enqueue(job_id="x").cancel()
        to_celery("long", yes=False)
        enqueue(job_id="x")
        answer = system_of(background_jobs.get_job("x"))
        """
    )
    assert answer == "rq"


def test_what_waits_is_listed_and_counted_in_both(armed: Armed) -> None:
    answer = armed.ask(
        """
        enqueue(job_id="theirs")
        to_celery("long")
        enqueue(job_id="ours")
        queue = background_jobs.get_queue("long")
        answer = [queue.count, queue.get_job_ids(), [job.id for job in queue.get_jobs()],
                  queue.get_job_ids(1, 1), queue.get_job_ids(0, 1)]
        """
    )
    both = ["site1::ours", "site1::theirs"]
    assert answer == [2, both, both, both[1:], both[:1]]


def test_a_page_of_what_waits_is_cut_from_ours_and_rqs_as_from_one_list(armed: Armed) -> None:
    pages = [(offset, length) for offset in range(6) for length in (-1, 1, 2, 3, 4, 5)]
    answer = armed.ask(
        f"""
        waiting = {{"short": (3, 1), "long": (1, 3)}}

        def fill(queue, whose, number):
            for n in range(number):
                enqueue(queue, job_id=f"{{whose}}{{n}}")

        for queue, (_, theirs) in waiting.items():
            fill(queue, queue + " theirs", theirs)
        to_celery()
        for queue, (ours, _) in waiting.items():
            fill(queue, queue + " ours", ours)
        queues = [background_jobs.get_queue(queue) for queue in waiting]
        answer = [[[queue.get_job_ids(*page), [job.id for job in queue.get_jobs(*page)]]
                   for page in {pages}] for queue in queues]
        """
    )
    names = {
        "short": ["short ours0", "short ours1", "short ours2", "short theirs0"],
        "long": ["long ours0", "long theirs0", "long theirs1", "long theirs2"],
    }
    for found, all_of_it in zip(answer, names.values(), strict=True):
        ids = [f"site1::{name}" for name in all_of_it]
        slices = [ids[offset:][: None if length < 0 else length] for offset, length in pages]
        assert found == [[ids, ids] for ids in slices]


@pytest.mark.parametrize("until", ["", "routing.forget_routes()"], ids=["armed", "settled since"])
def test_after_its_commit_a_job_goes_by_its_route_and_by_no_outbox(
    armed: Armed, until: str
) -> None:
    """Also in a process that goes by routes until it ends, when its bench has an outbox again."""
    armed.bench.configure(frappe_celery_outbox=True)
    answer = armed.ask(
        f"""
        from frappe_celery.config import settings

        def enqueue_after_commit(name):
            for queue in ("short", "long"):
                enqueue(queue, job_id=f"{{name}} {{queue}}", enqueue_after_commit=True)

        def waiting():
            queues = map(background_jobs.get_queue, ("short", "long"))
            return [[system_of(job), job.id] for queue in queues for job in queue.get_jobs()]

        to_celery("short")
        {until}
        answer = [settings.current().outbox("site1")]
        enqueue_after_commit("rolled back")
        frappe.db.rollback()
        enqueue_after_commit("committed")
        answer.append(waiting())
        frappe.db.commit()
        answer.append(waiting())
        """
    )
    there = [["frappe_celery", "site1::committed short"], ["rq", "site1::committed long"]]
    assert answer == [bool(until), [], there]


def test_a_redis_that_loads_its_data_is_unreachable_on_the_way_to_rq_too(
    armed: Armed, own_redis: RedisServer
) -> None:
    """It takes the WATCH and refuses what follows, of which redis-py says WatchError alone."""
    own_redis.stop()
    own_redis.options = LOADS_SLOWLY
    own_redis.start()
    armed.bench.configure(redis_queue=own_redis.url)
    answer = armed.ask(
        """
        import os, threading
        from frappe_celery.errors import BrokerUnreachable
        from frappe_celery.jobs import get_store
        answer = [system_of(enqueue())]
        client = get_store().client
        client.mset({f"k{number}": os.urandom(1024) for number in range(200)})
        threading.Thread(target=client.execute_command, args=("DEBUG", "RELOAD")).start()
        while not client.info("persistence")["loading"]:
            pass
        try:
            enqueue()
        except BrokerUnreachable as exc:
            answer.append(str(exc))
        """
    )
    assert answer[0] == "rq"
    assert "does not answer" in answer[1]
    assert "loading" in answer[1]


def test_what_celery_alone_can_do_is_refused_where_a_route_leads_to_rq(armed: Armed) -> None:
    said, waiting = armed.ask(
        """
        from datetime import datetime
        from frappe_celery import enqueue_at, enqueue_in, enqueue_many, options
        from frappe_celery.jobs import get_store
        METHOD = "fixture_app.tasks.write"
        asked = (
            lambda **to: options(retry=3).enqueue(METHOD, **to),
            lambda **to: enqueue_in(60, METHOD, **to),
            lambda **to: enqueue_at(datetime(2100, 1, 1), METHOD, **to),
            lambda **to: options(retry=3).enqueue(METHOD, enqueue_after_commit=True, **to),
            lambda **to: enqueue_many(METHOD, [{}], **to),
            lambda **to: enqueue_many(METHOD, [], enqueue_after_commit=True, **to),
        )
        said = [*refusals(asked)]
        answer = [said, get_store().counts(queue="long")]
        """
    )
    assert not any(waiting.values())
    assert said == [LEADS_TO_RQ] * len(said)


def test_a_batch_is_refused_where_a_route_leads_to_rq(armed: Armed) -> None:
    said, taken, waiting = armed.ask(
        """
        from frappe_celery import batch
        from frappe_celery.jobs import get_store
        METHOD, taken = "fixture_app.tasks.write", []

        def callback(role, **to):
            with batch("Close", **{role: {"method": METHOD, **to}}):
                taken.append(to["queue"])

        def in_block(ask):
            with batch("Close", on_ended={"method": METHOD, "queue": "short"}) as b:
                b.enqueue(METHOD, queue="short")
                ask(b)
                taken.append("short")

        asked = (
            lambda **to: in_block(lambda b: b.enqueue(METHOD, **to)),
            lambda **to: in_block(lambda b: b.enqueue_many(METHOD, [{}], **to)),
            lambda **to: in_block(lambda b: b.options(retry=3).enqueue(METHOD, **to)),
            lambda **to: callback("on_ended", **to),
            lambda **to: callback("on_finished", **to),
        )
        said = [*refusals(asked)]
        answer = [said, taken, get_store().counts()]
        """
    )
    assert taken == ["short"] * len(said), "it is refused at once, not when the block ends"
    enqueued = {"queued": 3 * 2 + 2, "deferred": 3}  # nothing of a block in which one is refused
    assert {status: waiting[status] for status in enqueued} == enqueued
    assert said == [LEADS_TO_RQ] * len(said)


def test_a_route_that_changes_meanwhile_holds_for_what_celery_alone_can_do(armed: Armed) -> None:
    answer = armed.ask(
        """
        from frappe_celery import enqueue_many, options
        from frappe_celery.jobs import get_store
        routing.current()
        to_celery("long")
        options(retry=3).enqueue("fixture_app.tasks.write", queue="long")

        def progress(done, total):
            to_celery("short")  # a newer number, which the next step finds

        entries = [{"n": n} for n in range(250)]
        jobs = enqueue_many("fixture_app.tasks.write", entries, queue="long", progress=progress)
        answer = [get_store().counts(queue="long")["queued"], len(jobs), jobs[249].kwargs["kwargs"]]
        """
    )
    assert answer == [251, 250, {"n": 249}]
