"""A reaper that was cut off judges nobody for a while: the others were cut off too."""

from __future__ import annotations

from types import SimpleNamespace

from frappe_celery.worker.reaper import (
    CUT_OFF_SECONDS,
    DEAD_AFTER_SECONDS,
    PATIENCE_SECONDS,
    Reaper,
)

START = 1000.0


def a_reaper() -> Reaper:
    """One that has looked once."""
    reaper = Reaper(SimpleNamespace())
    assert reaper.may_judge(START), "one that has only just started judges at once"
    return reaper


def test_one_that_looks_again_and_again_judges_at_once() -> None:
    reaper = a_reaper()
    assert all(reaper.may_judge(START + 2 * look) for look in range(1, 50))


def test_one_that_was_cut_off_is_patient_for_longer_than_the_others_need() -> None:
    reaper, back = a_reaper(), START + CUT_OFF_SECONDS + 1
    assert not reaper.may_judge(back)
    waited = 2
    while not reaper.may_judge(back + waited):
        waited += 2
    assert PATIENCE_SECONDS - 2 <= waited <= PATIENCE_SECONDS + 2
    assert PATIENCE_SECONDS >= DEAD_AFTER_SECONDS  # each other one had its time
    assert reaper.may_judge(back + waited + 2)


def test_each_time_it_begins_anew() -> None:
    reaper, back = a_reaper(), START + 60
    assert not reaper.may_judge(back)
    again = back + PATIENCE_SECONDS  # cut off for all that time again
    assert not reaper.may_judge(again)
    assert not reaper.may_judge(again + 2)
