"""One scheduler leads: its lease is taken, renewed, given up, run out, lost by standing still."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.schedule.leadership import LockTimeoutError, SchedulerLease
from tests.integration.stores import make_store
from tests.servers import RedisServer
from tests.waiting import wait_until


class Monotonic:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def lease(
    own_redis: RedisServer, monotonic: Monotonic, tmp_path: Path
) -> Callable[..., SchedulerLease]:
    def make(name: str, seconds: float = 30) -> SchedulerLease:
        return SchedulerLease(
            make_store(tmp_path, own_redis.url, "bench"), name, seconds, monotonic
        )

    return make


def test_the_first_leads_and_the_others_know_who_does(lease: Callable[..., SchedulerLease]) -> None:
    one, two = lease("one"), lease("two")
    assert one.keep()
    assert not two.keep()
    assert (one.fence, two.fence, two.leader) == (1, 0, "one")


def test_given_up_it_is_free_at_once_and_nobody_died(lease: Callable[..., SchedulerLease]) -> None:
    one, two = lease("one"), lease("two")
    one.keep()
    one.release()
    assert two.keep()
    assert two.leader == ""
    assert two.fence > 1
    one.release()
    assert not one.keep(), "who does not hold it cannot give it up"


def test_a_leader_that_died_is_replaced_and_named(lease: Callable[..., SchedulerLease]) -> None:
    lease("one", seconds=0.2).keep()
    two = lease("two")
    wait_until(two.keep, what="the lease runs out")
    assert (two.leader, two.fence) == ("one", 2)


def test_it_is_asked_for_only_when_a_third_of_it_is_over(
    lease: Callable[..., SchedulerLease], own_redis: RedisServer, monotonic: Monotonic
) -> None:
    one = lease("one")
    one.keep()
    own_redis.kill()
    monotonic.now += 9.9
    assert one.keep()
    monotonic.now += 0.2
    with pytest.raises(BrokerUnreachable, match=str(own_redis.port)):
        one.keep()


def test_renewing_makes_it_last(lease: Callable[..., SchedulerLease], monotonic: Monotonic) -> None:
    one, two = lease("one", seconds=1), lease("two")
    one.keep()
    began = monotonic.now

    def renewed_for_twice_as_long_as_it_lasts() -> bool:
        monotonic.now += 0.4
        assert one.keep()
        assert not two.keep()
        return monotonic.now > began + 10

    wait_until(renewed_for_twice_as_long_as_it_lasts, interval=0.1)


def test_who_stood_still_and_was_replaced_is_told(
    lease: Callable[..., SchedulerLease], monotonic: Monotonic
) -> None:
    one, two = lease("one", seconds=0.2), lease("two")
    one.keep()
    wait_until(two.keep)
    monotonic.now += 600
    with pytest.raises(LockTimeoutError, match="scheduler one stood still for 600 s"):
        one.keep()
    assert not one.keep()
    assert one.leader == "two"


def test_a_redis_that_was_away_is_no_standing_still(
    lease: Callable[..., SchedulerLease], own_redis: RedisServer, monotonic: Monotonic
) -> None:
    one = lease("one", seconds=3)
    one.keep()
    own_redis.kill()
    for _ in range(5):
        monotonic.now += 2
        with pytest.raises(BrokerUnreachable):
            one.keep()
    own_redis.start()
    one._lease.key = "bench:as if it had run out"
    monotonic.now += 2
    assert one.keep()
    assert one.fence == 2
