"""Within a queue the sites are served in turn, by their shares and by what each occupies."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.queue import shares
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.ghosts import sweep
from tests.integration.benches import worker
from tests.integration.stores import SITE, enqueue, message, queued, started, take, take_all
from tests.project import Project
from tests.waiting import wait_until

BIG, OTHER = "big.example", "other.example"


def served(store: JobStore, takes: int, processes: int = 1) -> Counter[str]:
    """How often each site was served by so many processes whose jobs all take as long."""
    running: list[str] = []
    sites: Counter[str] = Counter()
    for _ in range(takes):
        if len(running) == processes:
            store.finish(running.pop(0), None)
        run = started(store)
        sites[store.fetch_run(run).site] += 1
        running.append(run)
    for run in running:
        store.finish(run, None)
    return sites


def test_a_site_waits_for_one_turn_of_each_other_whatever_they_have(store: JobStore) -> None:
    for _ in range(20):
        queued(store, site=BIG)
    for _ in range(3):
        queued(store, site=OTHER)
    sites = [store.fetch_run(run).site for run in take_all(store)]
    assert sites[:7] == [BIG, OTHER, BIG, OTHER, BIG, OTHER, BIG]
    assert len(sites) == 23


def test_who_occupies_more_processes_comes_later(store: JobStore) -> None:
    for _ in range(6):
        queued(store, site=BIG)
    for _ in range(3):
        started(store)
    jobs = [queued(store, site=OTHER) for _ in range(3)]
    assert [started(store) for _ in range(3)] == [job.run_id for job in jobs]
    assert store.fetch_run(started(store)).site == BIG


def test_the_turns_of_those_that_occupy_many_are_told_apart(store: JobStore) -> None:
    """The one that came first is served first, whatever they are called."""
    for site, _ in itertools.product(("z.example", "a.example"), range(30)):
        queued(store, site=site)
    sites = [store.fetch_run(run).site for run in take_all(store)]
    assert sites == ["z.example", "a.example"] * 30


def test_one_that_has_finished_counts_no_more(store: JobStore) -> None:
    for site, _ in itertools.product((BIG, OTHER), range(9)):
        queued(store, site=site)
    of_big, of_other = started(store), started(store)
    store.finish(of_other, None)
    assert store.fetch_run(started(store)).site == OTHER
    store.finish(of_big, None)
    assert store.fetch_run(started(store)).site == BIG


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_shares_of_1_and_3_come_out(store: JobStore, processes: int) -> None:
    for site, _ in itertools.product((BIG, OTHER), range(130)):
        queued(store, site=site)
    store.client.hset(store.keys.shares, OTHER, 3)
    sites = served(store, 120, processes)
    assert sites[OTHER] / sites[BIG] == pytest.approx(3, rel=0.1)


def test_workers_follow_the_shares_in_the_sites_configurations(project: Project) -> None:
    file = Path(project.root) / "sites" / project.site / "site_config.json"
    file.write_text('{"frappe_celery_share": 2.5}')
    settings.use(None)
    store = get_store()
    store.client.hset(store.keys.shares, "another.machine's", "3.0")
    worker(project)

    def known() -> dict[bytes, bytes]:
        return store.client.hgetall(store.keys.shares)

    others = {b"another.machine's": b"3.0"}
    wait_until(lambda: known() == {project.site.encode(): b"2.5", **others})
    file.write_text("{}")
    wait_until(lambda: known() == others, 30)


@pytest.mark.parametrize("share", ["0", '"2"', "true", "-1", "1000", "null"])
def test_a_share_that_is_none_is_named_and_counts_as_1(project: Project, share: str) -> None:
    file = Path(project.root) / "sites" / project.site / "site_config.json"
    file.write_text(f'{{"frappe_celery_share": {share}}}')
    settings.use(None)
    with pytest.raises(ConfigError, match=f"frappe_celery_share is .* in sites/{project.site}/"):
        settings.current().share(project.site)
    store = get_store()
    store.client.hset(store.keys.shares, project.site, "2.0")
    shares.follow(store)
    assert not store.client.exists(store.keys.shares)


def test_what_is_no_share_is_not_written(project: Project) -> None:
    file = Path(project.root) / "sites" / project.site / "site_config.json"
    before = file.read_text()
    with pytest.raises(ConfigError, match="frappe_celery_share is -1"):
        shares.change(get_store(), project.site, -1)
    assert file.read_text() == before


def test_at_front_is_first_of_its_own_site(store: JobStore) -> None:
    queued(store, site=OTHER)
    waits = queued(store, site=BIG)
    first = queued(store, site=BIG, front=1)
    assert [first.get_position(), waits.get_position()] == [0, 1]
    sites = [store.fetch_run(run).site for run in take_all(store)]
    assert sites[0] == OTHER


def test_a_canceled_job_costs_its_site_no_turn(store: JobStore) -> None:
    gone = [queued(store, site=BIG) for _ in range(2)]
    stays = [queued(store, site=site) for site in (BIG, OTHER)]
    for job in gone:
        job.cancel()
    assert take_all(store) == [job.run_id for job in stays]
    assert not store.client.exists(store.keys.turns("default"))


def test_who_comes_again_and_again_does_not_starve_who_waits(store: JobStore) -> None:
    for _ in range(10):
        queued(store, site="z.example")
    taken = []
    for _ in range(10):
        queued(store, site="a.example")
        taken.append(store.fetch_run(str(take(store))).site)
    assert Counter(taken) == {"a.example": 5, "z.example": 5}


def as_older_versions_did(store: JobStore, number: int, site: str) -> list[str]:
    """Runs that were put into the queue's own list."""
    runs = []
    for _ in range(number):
        one = message(site=site)
        store.enqueue(one, front=-1)
        store.client.lpush(store.keys.queue("default"), one.run)
        runs.append(one.run)
    return runs


def test_what_older_versions_enqueued_is_taken_in_turn_with_the_lines(store: JobStore) -> None:
    old = as_older_versions_did(store, 3, BIG)
    new = [queued(store, site=OTHER).run_id for _ in range(3)]
    assert store.queue_length("default") == 6
    assert store.position(store.fetch_run(old[1])) == 1
    taken = take_all(store)
    assert sorted(taken) == sorted(old + new)
    assert [run for run in taken if run in old] == old
    assert [run for run in taken if run in new] == new
    assert taken[:2] != old[:2]


def test_a_line_into_which_an_older_worker_gave_back_is_served_again(store: JobStore) -> None:
    job = queued(store, site=BIG)
    store.client.delete(store.keys.turns("default"))  # it knows of none
    assert take(store, consumer="new") is None
    sweep(store, old=60, lease=1)
    assert take(store, consumer="new") == job.run_id


def test_a_run_for_which_nobody_was_woken_is_rung_for(store: JobStore) -> None:
    """As where the process that its bell woke has died: each worker looks every second."""
    queued(store, site=BIG)
    store.client.delete(store.keys.bell_of("default"))
    promote(store)
    assert store.client.llen(store.keys.bell_of("default")) == 1
    assert store.queue_length("default") == 1


def test_a_queues_length_is_that_of_all_its_lines(store: JobStore) -> None:
    for number in range(30):
        enqueue(store, site=f"site{number % 7}.example")
    as_older_versions_did(store, 2, BIG)
    assert store.queue_length("default") == 32
    assert sum(map(len, store.standing("default"))) == 32


def test_what_was_canceled_in_a_long_line_is_passed_over(store: JobStore) -> None:
    """Its place in the list is not looked for, which takes Redis longer the more wait."""
    jobs = [queued(store) for _ in range(1_300)]
    canceled, rest = jobs[:500], jobs[500:]
    for job in canceled:
        job.cancel()
    assert store.client.llen(store.keys.lane(f"{SITE}|default")) == len(jobs)
    assert store.queue_length("default") == store.waiting("default") == len(rest)
    looks = []  # each passes over a part of them, so that no take holds up Redis
    while not looks or looks[-1] is None:
        looks.append(take(store))
        assert store.client.llen(store.keys.bell_of("default")) == 1  # another is woken
    assert looks == [None, None, rest[0].run_id]


def test_a_long_line_of_canceled_jobs_is_gone_after_some_takes(store: JobStore) -> None:
    for job in [queued(store) for _ in range(1_010)]:
        job.delete()
    assert store.queue_length("default") == store.waiting("default") == 0
    assert [take(store) for _ in range(6)] == [None] * 6
    assert not store.client.exists(store.keys.lane(f"{SITE}|default"), store.keys.turns("default"))
