"""A sample; `python -m tests.fuzz --cases 100000` has them all."""

from __future__ import annotations

import pytest

from tests.brokers import both_brokers
from tests.fuzz.arena import arena, fuzz
from tests.project import Project

CASES, AT_ONCE = 150, 50
SEED = 20_261_201


@both_brokers
@pytest.mark.timeout(300)
def test_whatever_comes_ends_no_process_and_keeps_nobody_from_honest_work(project: Project) -> None:
    with arena(project) as made:
        assert fuzz(made, CASES, SEED, AT_ONCE) == CASES
