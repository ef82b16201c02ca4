"""The table of commits."""

from __future__ import annotations

from benchmarks.beside.measurements import MEASUREMENTS
from benchmarks.releases import MEASURED, table

KEYS = [f"{name}.{row.key}" for name in MEASURED for row in MEASUREMENTS[name].rows]


def test_each_commit_has_a_line_and_its_ratio_to_the_first() -> None:
    slow, fast = dict.fromkeys(KEYS, 1000.0), dict.fromkeys(KEYS, 2000.0)
    figures = {"abc1234": [slow, slow], "def5678": [fast, fast]}
    head, rule, first, second = table(figures, {"abc1234": "abc1234 old", "def5678": "def5678 new"})
    assert head.count("|") == rule.count("|") == len(KEYS) + 2
    assert first == "| abc1234 old |" + " 1,000 |" * len(KEYS)
    assert second == "| def5678 new |" + " 2,000 (2.000, 2.000 to 2.000) |" * len(KEYS)
