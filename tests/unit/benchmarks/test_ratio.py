"""Of two trees' figures: the ratio and the interval that it lies in."""

from __future__ import annotations

import math
import random

import pytest

from benchmarks.beside.ratio import Ratio, ratio


def test_the_interval_is_students_of_the_logarithms() -> None:
    found = ratio([(100, 100), (100, 100 * math.exp(0.02)), (100, 100 * math.exp(0.04))])
    assert found
    margin = 4.303 * 0.02 / math.sqrt(3)
    assert found.value == pytest.approx(math.exp(0.02))
    assert (found.low, found.high) == pytest.approx(
        (math.exp(0.02 - margin), math.exp(0.02 + margin))
    )
    assert found.width == pytest.approx(math.exp(2 * margin) - 1)


def test_pairs_are_compared_not_sides() -> None:
    """A slow minute slows both of a pair."""
    found = ratio([(100, 110), (10, 11), (50, 55), (1000, 1100)])
    assert found
    assert (found.value, found.low, found.high) == pytest.approx((1.1, 1.1, 1.1))


def test_the_other_way_round_it_is_the_inverse() -> None:
    pairs = [(3.0, 4.0), (5.0, 6.5), (2.0, 3.1)]
    there, back = ratio(pairs), ratio([(ours, theirs) for theirs, ours in pairs])
    assert there
    assert back
    assert (back.value, back.low, back.high) == pytest.approx(
        (1 / there.value, 1 / there.high, 1 / there.low)
    )


def test_one_pair_says_nothing_about_the_interval() -> None:
    found = ratio([(2, 4)])
    assert found == Ratio(pytest.approx(2), 0, math.inf)
    assert found.width == math.inf


@pytest.mark.parametrize("pairs", [[], [(0, 0)], [(1, 2), (0, 1)], [(1, 0), (1, 1)]])
def test_of_nothing_there_is_no_ratio(pairs: list[tuple[float, float]]) -> None:
    assert ratio(pairs) is None


@pytest.mark.parametrize("number", [2, 3, 5, 10, 40])
def test_the_truth_lies_within_it_nineteen_times_of_twenty(number: int) -> None:
    chance, within, tries = random.Random(number), 0, 2000
    for _ in range(tries):
        found = ratio([(1.0, 1.1 * math.exp(chance.gauss(0, 0.05))) for _ in range(number)])
        assert found
        within += found.low <= 1.1 <= found.high
    assert within / tries == pytest.approx(0.95, abs=0.015)
