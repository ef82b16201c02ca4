"""A reaper that was cut off judges nobody for a while: the others were cut off too."""

from __future__ import annotations

from frappe_celery.worker.reaper import (
    CUT_OFF_SECONDS,
    DEAD_AFTER_SECONDS,
    PATIENCE_SECONDS,
    Patience,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def over_after(patience: Patience, clock: Clock, seconds: float) -> bool:
    clock.now += seconds
    return patience.is_over()


def test_one_that_looks_again_and_again_judges_at_once() -> None:
    clock = Clock()
    patience = Patience(clock)
    assert all(over_after(patience, clock, 2) for _ in range(50))


def test_one_that_was_cut_off_is_patient_for_longer_than_the_others_need() -> None:
    clock = Clock()
    patience = Patience(clock)
    assert not over_after(patience, clock, CUT_OFF_SECONDS + 1)
    waited = 0
    while not over_after(patience, clock, 2):
        waited += 2
    assert PATIENCE_SECONDS - 2 <= waited <= PATIENCE_SECONDS + 2
    assert PATIENCE_SECONDS >= DEAD_AFTER_SECONDS  # each other one had its time
    assert over_after(patience, clock, 2)


def test_each_time_it_begins_anew() -> None:
    clock = Clock()
    patience = Patience(clock)
    assert not over_after(patience, clock, 60)
    assert not over_after(patience, clock, PATIENCE_SECONDS)  # cut off for all that time again
    assert not over_after(patience, clock, 2)
