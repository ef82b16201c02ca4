"""A short run with chaos; `./dev chaos` runs longer ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import report
from tests.chaos.run import run

SEED = 20_261_124


@pytest.mark.timeout(300)
def test_nothing_is_lost_and_nothing_runs_twice(tmp_path: Path) -> None:
    outcome = run(tmp_path, jobs=400, seconds=20, seed=SEED, longest=2.5, workers=2)
    report(outcome, SEED)
    assert outcome.violations == {}
    assert sum(n for act, n in outcome.acts.items() if act.endswith("killed")) > 5
    assert outcome.evidence.hurt, "a worker or a process of one was killed"
    endings = [record.status for record in outcome.evidence.records.values()]
    assert endings.count("finished") > 150
    assert "canceled" in endings, "since what it depends on had failed"
