"""A process whose job has too much in memory is killed for that job, and for no other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from frappe_celery.worker import pool
from frappe_celery.worker.crew import Crew
from frappe_celery.worker.member import Doing, Member, Slot, shared_slots


class Killing(pool.Pool):
    """Of one process, which it kills for `reasons`."""

    def __init__(self, slot: Slot) -> None:
        Crew.__init__(self)
        self.each = [Member(slot, process=SimpleNamespace(pid=1))]
        self.reasons: list[str] = []

    def kill(self, child: Member, reason: str, *, again: bool = True) -> None:
        self.reasons.append(reason)


@pytest.mark.parametrize("next_run", ["run", "another"])
def test_a_process_that_has_gone_on_to_another_job_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, next_run: str
) -> None:
    (slot,) = shared_slots(1)
    slot.write(Doing.RUNS, run="run", most_memory=500)

    def resident(_: int) -> int:
        slot.write(Doing.RUNS, run=next_run)
        return 600 << 20

    monkeypatch.setattr(pool, "children_by_parent", dict)
    monkeypatch.setattr(pool, "resident", resident)
    killing = Killing(slot)
    killing.kill_too_large()
    is_the_same = next_run == "run"
    assert killing.reasons == ["it had 600 MiB in memory, its max_memory is 500 MiB"] * is_the_same
