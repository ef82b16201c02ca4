"""`R` in a cron expression is the same in every process."""

from __future__ import annotations

import subprocess
import sys


def test_random_is_drawn_once_for_an_expression_in_every_process() -> None:
    module = "frappe_celery.schedule.cron_expression"
    read = f"from {module} import read_field as r; print(r('{{}}', 'minute', 'R'))"
    drawn = {
        subprocess.check_output([sys.executable, "-c", read.format(expression)])
        for expression in ("R 1 * * *", "R 1 * * *", "R 2 * * *", "R 3 * * *")
    }
    assert len(drawn) == 3
