"""What is said of two trees' figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.beside import table
from benchmarks.beside.ratio import Ratio
from benchmarks.beside.trees import Tree
from benchmarks.measurements import Measurement, Row

RATE = Row("rate", "no-op jobs", "jobs/s", True)
WORK = Row("work", "processor time", "µs", False)


@pytest.mark.parametrize(
    ("row", "ratio", "verdict"),
    [
        (RATE, Ratio(1.1, 1.05, 1.2), "better"),
        (RATE, Ratio(0.9, 0.8, 0.99), "worse"),
        (WORK, Ratio(1.1, 1.05, 1.2), "worse"),
        (WORK, Ratio(0.9, 0.8, 0.99), "better"),
        (WORK, Ratio(1.1, 0.9, 1.3), ""),
        (WORK, Ratio(1.0, 1.0, 1.0), ""),
        (WORK, None, ""),
    ],
)
def test_better_or_worse_only_where_the_whole_interval_is(
    row: Row, ratio: Ratio | None, verdict: str
) -> None:
    assert table.Line(row, 1, 1, ratio, 5).verdict == verdict


def test_in_a_pipe_each_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [({"rate": 2000.0, "work": 0.0}, {"rate": 1000.0, "work": 0.0})] * 3
    trees = (Tree("abc1234", Path("old"), "python"), Tree("this tree", Path("new"), "python"))
    table.show(trees, {"two": Measurement("throughput", (RATE, WORK))}, {"two": pairs})
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "no-op jobs (jobs/s): abc1234 2,000, this tree 1,000, ratio 0.500 (0.500 to 0.500),"
        " 3 pairs, worse",
        "processor time (µs): abc1234 0.00, this tree 0.00, ratio none (no interval), 3 pairs",
    ]
