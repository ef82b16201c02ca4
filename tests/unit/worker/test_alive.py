"""When a worker touches the file by which a probe sees that it lives."""

from __future__ import annotations

from pathlib import Path

from frappe_celery.worker.alive import STALLED_SECONDS, Alive


def test_a_loop_that_stands_still_lets_the_file_grow_old_and_one_that_rests_does_not(
    tmp_path: Path,
) -> None:
    now, file = [1000.0], tmp_path / "alive"
    worker = Alive(clock=lambda: now[0])

    def is_touched() -> bool:
        file.unlink(missing_ok=True)
        worker.touch(file)
        return file.exists()

    assert is_touched(), "it connects to its broker"
    worker.goes_round()
    now[0] += STALLED_SECONDS - 1
    assert is_touched()
    now[0] += 2
    assert not is_touched()
    worker.goes_round()
    assert is_touched()
    now[0] += 10 * STALLED_SECONDS
    worker.rests()
    assert is_touched(), "it connects anew, or waits for its last jobs"
