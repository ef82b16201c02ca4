"""A job's time limit leaves other timers alone."""

from __future__ import annotations

import signal
import time

from frappe_celery.worker.time_limit import time_limit


def test_a_tests_own_timer_goes_on_after_a_job_that_it_runs() -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        with time_limit(5):
            assert signal.getitimer(signal.ITIMER_REAL)[0] <= 5
            began = time.monotonic()
            while (ran := time.monotonic() - began) < 0.05:  # what the job takes
                pass
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 5 < left <= 100 - ran
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer)
        signal.signal(signal.SIGALRM, before)
