"""Forks for one job each, as the process sees them that gives them jobs."""

import subprocess
import sys

IN_TURN = """
import os
from frappe_celery.worker.forks import Forks

def run(megabytes):
    global held
    held = bytearray(b"1") * (megabytes << 20)  # which the system takes back after the answer
    return os.getpid()

forks = Forks(run)
processes = [forks.run(megabytes) for megabytes in (300, 0, 300, 0, 0)]
print(len(set(processes)))
"""


def test_a_fork_that_takes_long_to_end_is_not_taken_for_the_next_one() -> None:
    """A process ends as its fork does: in one of its own."""
    ran = subprocess.run([sys.executable, "-c", IN_TURN], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("5\n", "")
