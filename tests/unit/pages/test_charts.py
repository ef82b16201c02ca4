"""The charts' axes: round numbers, of one unit."""

from __future__ import annotations

import pytest

from frappe_pages.charts import Column, stacked


@pytest.mark.parametrize(
    ("highest", "numbers"),
    [
        (0, ["0"]),
        (3, ["0", "1 s", "2 s", "3 s", "4 s"]),
        (100, ["0", "30 s", "60 s", "90 s", "120 s"]),
        (318, ["0", "2 min", "4 min", "6 min", "8 min"]),
        (7100, ["0", "30 min", "60 min", "90 min", "120 min"]),
        (9000, ["0", "1 h", "2 h", "3 h", "4 h"]),
        (190_000, ["0", "1 day", "2 days", "3 days", "4 days"]),
        (500_000, ["0", "2 days", "4 days", "6 days", "8 days"]),
    ],
)
def test_durations(highest: int, numbers: list[str]) -> None:
    chart = stacked([Column("", [0]), Column("", [highest])], are_seconds=True)
    assert [number for _, number in chart.lines] == numbers


def test_counts() -> None:
    numbers = [number for _, number in stacked([Column("", [70_000, 5_000])]).lines]
    assert numbers == ["0", "20,000", "40,000", "60,000", "80,000"]


def test_bars_stand_on_each_other() -> None:
    chart = stacked([Column("", [3, 1]), Column("", [0, 2], "now")])
    assert (chart.most, chart.places[1]) == (4, (50.0, Column("", [0, 2], "now")))
    assert chart.paths == ["M0.1 1h0.8v3h-0.8z", "M0.1 0h0.8v1h-0.8zM1.1 2h0.8v2h-0.8z"]
