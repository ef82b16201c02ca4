"""Limits and pauses: what is over them is kept back, once, and nobody else waits for it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.brokers.taker import Ended, Taken, Taker
from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue as enqueue_it
from frappe_celery.errors import ConfigError
from frappe_celery.job_options import options
from frappe_celery.jobs import JobStatus, JobStore, get_store
from frappe_celery.jobs.limits.rules import UNTIL_TOLD, Limits, Rule, configured
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.ghosts import sweep
from frappe_celery.worker.reaper import reap
from tests.integration.stores import SITE, broken, enqueue, message, queued, waiting
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until

SYNC, REPORT = "myapp.tasks.sync", "myapp.tasks.report"


class Process:
    """What takes runs, as a worker's process does."""

    numbers = itertools.count(1)

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.taker = Taker(store, "worker", "w@host")
        self.ended = Ended()

    def take(self, *queues: str) -> str | None:
        self.store.client.zadd(self.store.keys.consumers, {"worker": self.store.client.time()[0]})
        tag = f"worker:{next(self.numbers)}"
        taken = self.taker.take(tag, queues or ("default",), self.ended)
        self.ended = Ended(tag, taken.run) if isinstance(taken, Taken) else Ended()
        return taken and taken.run


@pytest.fixture(autouse=True)
def _site(tmp_path: Path) -> None:
    (tmp_path / "sites" / SITE).mkdir(parents=True)
    (tmp_path / "sites" / SITE / "site_config.json").write_text("{}")


@pytest.fixture
def process(store: JobStore) -> Callable[[], Process]:
    return lambda: Process(store)


def jobs(store: JobStore, number: int, **fields: Any) -> list[str]:
    return [queued(store, **fields).run_id for _ in range(number)]


def all_taken(process: Process, *queues: str) -> Iterator[str]:
    """What one process runs, one after the other, until there is nothing."""
    while run := process.take(*queues):
        yield run


# -- at once


def test_no_more_run_at_once_and_the_next_begins_when_one_has_ended(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change(f"method:{SYNC}", running=2)
    runs = jobs(store, 4, method=SYNC)
    first, second, third = process(), process(), process()
    assert [first.take(), second.take(), third.take()] == [runs[0], runs[1], None]
    other = queued(store, method=REPORT).run_id
    assert third.take() == other
    assert first.take() == runs[2]
    assert second.take() == runs[3]
    assert not broken(store)


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (f"site:{SITE}", {}),
        ("site:*", {}),
        ("queue:default", {}),
        ("queue:def*", {}),
        ("method:myapp.*", {}),
        ("key:customer-7", {"limit_key": "customer-7"}),
        ("key:customer-*", {"limit_key": "customer-7"}),
    ],
)
def test_a_limit_by_each_kind_of_target(
    store: JobStore, process: Callable[[], Process], target: str, fields: dict[str, str]
) -> None:
    Limits(store).change(target, running=1)
    runs = jobs(store, 3, **fields)
    first, second = process(), process()
    assert [first.take(), second.take()] == [runs[0], None]
    assert list(all_taken(first)) == runs[1:]
    (limit,) = Limits(store).all()
    assert (limit.target, limit.running, limit.kept_back) == (target, 0, 0)


def test_a_pattern_of_keys_gives_each_key_its_own_count_and_the_closest_rule_holds(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change("key:customer-*", running=1)
    Limits(store).change("key:customer-big", running=2)
    small, large = (jobs(store, 3, limit_key=f"customer-{name}") for name in ("small", "big"))
    taken = [process().take() for _ in range(6)]
    assert set(taken) == {small[0], *large[:2], None}
    assert Limits(store).kept_back() == {"key:customer-small": 2, "key:customer-big": 1}


def test_methods_of_a_pattern_are_counted_together(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change("method:myapp.*", running=2)
    Limits(store).change(f"method:{SYNC}", running=1)
    a, b, c = (queued(store, method=m).run_id for m in (SYNC, SYNC, REPORT))
    d = queued(store, method=REPORT).run_id
    first, second = process(), process()
    assert [first.take(), second.take(), process().take()] == [a, c, None]
    assert set(all_taken(first)) == {b, d}


def test_what_runs_already_counts_for_a_limit_that_is_set(
    store: JobStore, process: Callable[[], Process]
) -> None:
    runs = jobs(store, 4)
    first, second = process(), process()
    assert [first.take(), second.take()] == runs[:2]
    Limits(store).change("queue:default", running=2)
    assert process().take() is None
    assert first.take() == runs[2]


def test_a_process_that_died_leaks_no_slot(store: JobStore, process: Callable[[], Process]) -> None:
    Limits(store).change(f"method:{SYNC}", running=1)
    runs = jobs(store, 2, method=SYNC)
    dies, other = process(), process()
    assert [dies.take(), other.take()] == [runs[0], None]
    assert reap(store, dead_after=-1) == [runs[0]]
    assert other.take() == runs[1]


def test_a_slot_whose_run_was_removed_by_hand_is_found_free(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change(f"method:{SYNC}", running=1)
    runs = jobs(store, 2, method=SYNC)
    assert process().take() == runs[0]
    store.client.delete(store.keys.record(runs[0]))
    assert process().take() == runs[1]


def test_a_limit_keeps_back_thousands_without_holding_up_who_is_behind_them(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change(f"method:{SYNC}", running=1)
    runs = jobs(store, 450, method=SYNC)
    other = queued(store, method=REPORT).run_id
    first, second = process(), process()
    assert first.take() == runs[0]
    fetches = [second.take() for _ in range(5)]
    assert fetches == [None, None, None, None, other]  # 100 are kept back at each
    assert list(all_taken(first)) == runs[1:]
    assert not broken(store)


def test_the_bell_rings_while_more_is_to_be_looked_at(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).pause(f"method:{SYNC}")
    jobs(store, 150, method=SYNC)
    assert process().take() is None
    assert store.client.llen(store.keys.bell_of("default")) == 1
    assert process().take() is None
    assert store.client.llen(store.keys.bell_of("default")) == 0


# -- a minute


def a_minute_later(store: JobStore) -> None:
    """As if everything had happened a minute before."""
    prefix, client = store.keys.prefix, store.client
    for key in client.scan_iter(match=f"{prefix}minute:*"):
        for run, at in client.zrange(key, 0, -1, withscores=True):
            client.zadd(key, {run: at - 60})
    for name, at in client.zrange(f"{prefix}parkings", 0, -1, withscores=True):
        client.zadd(f"{prefix}parkings", {name: at - 60})


def test_no_more_begin_within_a_minute(store: JobStore, process: Callable[[], Process]) -> None:
    Limits(store).change(f"method:{SYNC}", per_minute=3)
    runs = jobs(store, 8, method=SYNC)
    first = process()
    assert list(all_taken(first)) == runs[:3]
    assert first.take() is None
    a_minute_later(store)
    assert list(all_taken(first)) == runs[3:6]
    a_minute_later(store)
    assert list(all_taken(first)) == runs[6:]


def test_thousands_begin_within_a_minute_though_they_were_kept_back(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.change(f"method:{SYNC}", per_minute=6000)
    limits.pause(f"method:{SYNC}")
    runs = jobs(store, 95, method=SYNC)
    assert process().take() is None
    limits.resume(f"method:{SYNC}")
    assert list(all_taken(process())) == runs  # within one second, of which a minute has 60


def test_the_minute_is_any_60_seconds(store: JobStore, process: Callable[[], Process]) -> None:
    Limits(store).change(f"method:{SYNC}", per_minute=2)
    runs = jobs(store, 4, method=SYNC)
    first = process()
    assert list(all_taken(first)) == runs[:2]
    store.client.zincrby(f"{store.keys.prefix}minute:method:{SYNC}", -60, runs[0])
    store.client.zadd(f"{store.keys.prefix}parkings", {f"method:{SYNC}": 0})
    assert list(all_taken(first)) == [runs[2]]


def test_what_a_minute_keeps_back_is_let_go_without_anybody_fetching(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).change(f"method:{SYNC}", per_minute=1)
    runs = jobs(store, 2, method=SYNC)
    assert list(all_taken(process())) == [runs[0]]
    assert waiting(store) == []
    promote(store)
    assert waiting(store) == []
    a_minute_later(store)
    store.client.delete(store.keys.bell_of("default"))
    promote(store)
    assert waiting(store) == [runs[1]]
    assert store.client.llen(store.keys.bell_of("default")) == 1


# -- pauses


@pytest.mark.parametrize("target", [f"site:{SITE}", "queue:default", f"method:{SYNC}"])
def test_pause_and_resume(store: JobStore, process: Callable[[], Process], target: str) -> None:
    limits = Limits(store)
    runs = jobs(store, 3, method=SYNC)
    limits.pause(target)
    first = process()
    assert first.take() is None
    later = queued(store, method=SYNC).run_id
    elsewhere = queued(store, method=REPORT, queue="short", site="other").run_id
    assert first.take("default", "short") == elsewhere
    assert [*limits.paused()] == [target]
    limits.resume(target)
    assert limits.all() == []
    assert list(all_taken(first)) == [*runs, later]
    assert not broken(store)


def test_a_pause_for_a_while_ends_by_itself(
    store: JobStore, process: Callable[[], Process]
) -> None:
    run = queued(store, method=SYNC).run_id
    until = Limits(store).pause(f"method:{SYNC}", 1)
    first = process()
    assert first.take() is None
    wait_until(lambda: first.take() == run, HANG_SECONDS)
    assert time.time() >= until
    assert not Limits(store).paused()


def test_a_pause_leaves_the_numbers_as_they_are(store: JobStore) -> None:
    limits = Limits(store)
    limits.change("queue:default", running=2)
    limits.pause("queue:default")
    limits.resume("queue:default")
    (limit,) = limits.all()
    assert (limit.rule, limit.paused) == (Rule(running=2), None)


def test_a_pause_that_is_over_leaves_nothing(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.change("site:*", running=1)
    limits.pause(f"site:{SITE}", 0.001)
    run, _ = jobs(store, 2)
    wait_until(lambda: not limits.paused())
    assert [process().take(), process().take()] == [run, None]
    assert [limit.target for limit in limits.all()] == ["site:*"]


@pytest.mark.parametrize("kind", ["site", "queue", "key"])
def test_a_pause_holds_what_has_a_limit_of_its_own(
    store: JobStore, process: Callable[[], Process], kind: str
) -> None:
    limits = Limits(store)
    limits.change(
        {"site": f"site:{SITE}", "queue": "queue:default", "key": "key:a"}[kind], running=9
    )
    limits.pause(f"{kind}:*")
    run = queued(store, limit_key="a").run_id
    assert process().take() is None
    limits.resume(f"{kind}:*")
    assert process().take() == run


def test_what_a_site_s_pause_kept_back_of_one_queue_does_not_wait_for_that_of_another(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.pause(f"site:{SITE}")
    slow = jobs(store, 700)
    quick = jobs(store, 3, queue="short")
    first = process()
    while first.take("short", "default") or limits.kept_back() != {f"site:{SITE}": 703}:
        pass
    limits.resume(f"site:{SITE}")
    taken = [first.take("short", "default") for _ in range(5)]
    assert [run for run in taken if run] == [*quick, *slow[:2]]
    assert [*all_taken(first, "short", "default")] == slow[2:]
    assert limits.kept_back() == {}
    assert not store.client.keys(f"{store.keys.prefix}kept*")
    assert not broken(store)


def test_what_workers_of_before_kept_back_is_let_go(
    store: JobStore, process: Callable[[], Process]
) -> None:
    """They noted no place."""
    limits = Limits(store)
    limits.pause("queue:default")
    runs = jobs(store, 250)
    first = process()
    while limits.kept_back() != {"queue:default": 250}:
        assert first.take() is None
    for key in store.client.keys(f"{store.keys.prefix}kept_*"):
        store.client.delete(key)
    limits.resume("queue:default")
    assert [*all_taken(first)] == runs


def test_what_is_resumed_is_looked_at_by_the_next_fetches_whatever_else_limits_it(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.change("method:myapp.*", running=2)
    limits.pause(f"method:{SYNC}")
    runs = jobs(store, 250, method=SYNC)
    while process().take() or store.client.llen(store.keys.bell_of("default")):
        pass
    assert limits.kept_back() == {f"method:{SYNC}": 250}
    limits.resume(f"method:{SYNC}")
    first, second, third = process(), process(), process()
    assert [first.take(), second.take()] == runs[:2]
    assert [third.take() for _ in range(3)] == [None] * 3
    assert limits.kept_back() == {"method:myapp.*": 248}
    assert list(all_taken(first)) == runs[2:]


def test_what_waits_in_the_line_of_a_queue_that_is_held_up_is_kept_back(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    jobs(store, 3)
    limits.pause("queue:default")
    assert process().take() is None
    assert limits.all()[0].kept_back == 3
    limits.resume("queue:default")
    limits.change("queue:*", running=1)
    assert process().take()
    assert limits.all()[0].kept_back == 2


def test_a_limit_is_removed_and_the_pause_goes_on(store: JobStore) -> None:
    limits = Limits(store)
    limits.change("queue:default", running=2)
    limits.pause("queue:default")
    limits.drop("queue:default")
    (limit,) = limits.all()
    assert (limit.rule, limit.paused) == (Rule(), UNTIL_TOLD)
    with pytest.raises(ConfigError, match="no limit was set for 'queue:default'; set are: none"):
        limits.drop("queue:default")


# -- what else is done with those that are kept back


def kept_back(store: JobStore, process: Process, number: int = 1) -> list[str]:
    Limits(store).pause(f"method:{SYNC}")
    runs = jobs(store, number, method=SYNC)
    assert process.take() is None
    assert waiting(store) == []
    return runs


def test_one_that_is_kept_back_can_be_canceled_deleted_and_asked_for(
    store: JobStore, process: Callable[[], Process]
) -> None:
    canceled, deleted, stays = kept_back(store, process(), 3)
    job = store.fetch_run(stays)
    assert job.is_queued
    assert job.get_position() is None
    assert store.counts()[JobStatus.QUEUED] == 3
    store.fetch_run(canceled).cancel()
    store.fetch_run(deleted).delete()
    assert Limits(store).kept_back() == {f"method:{SYNC}": 1}
    Limits(store).resume(f"method:{SYNC}")
    assert list(all_taken(process())) == [stays]


def test_what_kept_none_back_any_more_is_looked_at_no_more(
    store: JobStore, process: Callable[[], Process]
) -> None:
    """Five are looked at in a turn: those that keep nothing back would stand before the others."""
    for number in range(7):
        Limits(store).change(f"key:customer-{number}", running=1)
        jobs(store, 2, limit_key=f"customer-{number}")
    runs, workers = [], [process() for _ in range(8)]
    for _ in range(9):
        runs += filter(None, (worker.take() for worker in workers))
    assert len(set(runs)) == 14
    wait_until(lambda: all(worker.take() is None for worker in workers), what="they have ended")
    assert not store.client.exists(store.keys.parkings)
    assert not broken(store)


def test_one_behind_many_that_were_canceled_keeps_its_place_before_what_came_later(
    store: JobStore, process: Callable[[], Process]
) -> None:
    *canceled, stays = kept_back(store, process(), 20)
    later = jobs(store, 2, method=SYNC, queue="short")
    assert process().take("short") is None
    for run in canceled:
        store.fetch_run(run).cancel()
    Limits(store).change(f"method:{SYNC}", running=1)
    Limits(store).resume(f"method:{SYNC}")
    assert list(all_taken(process(), "short", "default")) == [stays, *later]


def test_a_duplicate_of_one_that_is_kept_back_is_one(
    store: JobStore, process: Callable[[], Process]
) -> None:
    Limits(store).pause(f"method:{SYNC}")
    assert enqueue(store, "same", method=SYNC)
    assert process().take() is None
    assert enqueue(store, "same", method=SYNC, deduplicate=True) is None


def test_the_sweeper_leaves_them_and_finds_one_whose_list_is_gone(
    store: JobStore, process: Callable[[], Process]
) -> None:
    (run,) = kept_back(store, process())
    assert sweep(store, old=-1, lease=1) == []
    store.client.delete(f"{store.keys.prefix}kept:method:{SYNC}", f"{store.keys.prefix}parkings")
    wait_until(lambda: not store.client.exists(store.keys.sweeping))
    assert sweep(store, old=-1, lease=1) == [run]
    assert waiting(store) == [run]


def test_what_is_let_go_keeps_its_place_before_what_came_later(
    store: JobStore, process: Callable[[], Process]
) -> None:
    runs = kept_back(store, process(), 30)
    later = jobs(store, 2, method=REPORT)
    Limits(store).resume(f"method:{SYNC}")
    assert list(all_taken(process())) == [*runs, *later]


def test_a_message_of_rabbitmqs_whose_run_is_kept_back_is_not_held(store: JobStore) -> None:
    """Else whoever asks again under its tag, after a lost connection, would take it for claimed."""
    Limits(store).pause(f"method:{SYNC}")
    run = queued(store, method=SYNC).run_id
    store.client.zadd(store.keys.consumers, {"worker": store.client.time()[0]})
    keys = (store.keys.in_flight("worker"), store.keys.consumers)
    words = (store.keys.prefix, "worker", "worker:1", repr(time.time()), "w@host", "default", run)
    for _ in range(2):  # RabbitMQ may have it twice
        assert store.run_script("claim", keys, *words) == [b"spent", b"kept back"]
        assert not store.client.exists(keys[0])
    assert Limits(store).kept_back() == {f"method:{SYNC}": 1}


def test_a_run_that_its_caller_runs_itself_is_not_kept_back(store: JobStore) -> None:
    Limits(store).change(f"method:{SYNC}", running=1)
    for _ in range(2):
        one = message(method=SYNC)
        store.enqueue(one, front=-1)
        assert store.start(one.run, "12@host") == "claimed"


# -- what can be wrong


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("myapp.tasks.sync", "is no target of a limit: write site:NAME, queue:NAME"),
        ("sites:a", "is no target of a limit"),
        (f"key:{'k' * 500}", "200 long at most"),
        ("queue:", "is no target of a limit"),
        ("queue:defalt", "there is no queue 'defalt': did you mean default?"),
        ("site:nowhere", "there is no site 'nowhere': known are: site1"),
        ("site:site?", "there is no site 'site[?]': did you mean site1?"),
        ("method:myapp.tasks.[ab]", r"covers no method: of \? \[ \] and \* only \* stands for"),
    ],
)
def test_a_target_that_is_none_is_named(store: JobStore, target: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Limits(store).change(target, running=1)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"queue:long": 2}, r"frappe_celery_limits\['queue:long'\] is 2; write"),
        ({"queue:long": {"runing": 2}}, r"write {\"running\": 2"),
        ({"queue:long": {"running": 0}}, "running is 0; it must be a whole number from 1"),
        ({"queue:long": {"per_minute": 10**6}}, "per_minute is 1000000; it must be"),
        ({"queue:long": {"running": True}}, "running is True; it must be"),
        (
            {"queue:lang": {"running": 1}},
            r"frappe_celery_limits\['queue:lang'\]: there is no queue 'lang': did you mean long\?",
        ),
    ],
)
def test_a_configured_limit_that_is_none_is_named(
    project: Project, limits: dict[str, Any], said: str
) -> None:
    project.configure(frappe_celery_limits=limits)
    settings.use(None)
    with pytest.raises(ConfigError, match=said):
        configured(settings.current())


def test_configured_limits_hold_until_somebody_sets_others(project: Project) -> None:
    project.configure(frappe_celery_limits={"queue:long": {"running": 2, "per_minute": 60}})
    settings.use(None)
    limits = Limits(get_store())
    limits.configure()
    (limit,) = limits.all()
    assert (limit.rule, limit.said_by) == (Rule(2, 60), ("configuration",))
    assert limits.change("queue:long", running=5) == Rule(5, 60)
    limits.configure()
    (limit,) = limits.all()
    assert (limit.rule, limit.said_by) == (Rule(5, 60), ("hand", "configuration"))
    project.configure(frappe_celery_limits={"queue:long": {"per_minute": 30}})
    settings.use(None)
    Limits(get_store()).configure()
    assert limits.all()[0].rule == Rule(5, 30)
    limits.drop("queue:long")
    assert limits.all()[0].rule == Rule(None, 30)
    project.configure(frappe_celery_limits={})
    settings.use(None)
    Limits(get_store()).configure()
    assert limits.all() == []


def test_of_a_number_the_last_word_counts_by_hand_configured_declared(project: Project) -> None:
    target = f"method:{SYNC}"
    project.configure(frappe_celery_limits={target: {"per_minute": 30}})
    settings.use(None)
    limits = Limits(get_store())
    limits.declare({SYNC: {"running": 1, "per_minute": 60, "key": "shop"}})
    assert limits.all()[0].rule == Rule(1, 60)
    limits.configure()
    assert limits.change(target, running=3) == Rule(3, 30)
    assert limits.all()[0].said_by == ("hand", "configuration", "decorator")
    limits.drop(target)
    assert limits.all()[0].rule == Rule(1, 30)
    limits.declare({SYNC: {}})
    assert limits.all()[0].rule == Rule(None, 30)


def test_a_declared_limit_holds_a_scheduled_run_and_its_key_one_whose_call_names_none(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.declare({SYNC: {"running": 1}, REPORT: {"key": "shop"}})
    first, second = (queued(store, method=RUN_SCHEDULED_JOB, name=SYNC).run_id for _ in range(2))
    assert [process().take(), process().take()] == [first, None]
    limits.pause("key:shop")
    queued(store, method=REPORT)
    own = queued(store, method=REPORT, limit_key="another").run_id
    assert process().take() == own
    assert limits.kept_back() == {f"method:{SYNC}": 1, "key:shop": 1}
    assert [limit.target for limit in limits.all()] == ["key:shop", f"method:{SYNC}"]
    assert second


def declares(**kwargs: Any) -> None:
    """Is enqueued as a function: the bench knows its limit before a worker does."""


def test_a_function_that_is_enqueued_has_its_limit_told_first(project: Project) -> None:
    settings.use(None)
    options(running=2, per_minute=5)(declares)
    enqueue_it(declares)
    (limit,) = Limits(get_store()).all()
    assert (limit.target, limit.rule) == (f"method:{__name__}.declares", Rule(2, 5))


def test_numbers_of_one_call_are_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match="are said of a method, not of one call"):
        options(running=2).enqueue(SYNC)
    with pytest.raises(ConfigError, match="per_minute is 0; it must be a whole number from 1"):
        options(per_minute=0)


def test_every_character_but_the_star_stands_for_itself(
    store: JobStore, process: Callable[[], Process]
) -> None:
    limits = Limits(store)
    limits.pause("key:order[1-9]?")
    same, other = (queued(store, limit_key=key).run_id for key in ("order[1-9]?", "order12"))
    assert process().take() == other
    assert process().take() is None
    assert limits.all()[0].kept_back == 1
    limits.resume("key:order[1-9]?")
    assert process().take() == same
