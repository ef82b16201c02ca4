"""Which processes began before a bench was armed."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from frappe_bridge.armed.older_processes import exactly


def test_a_process_began_when_it_did_and_no_second_before() -> None:
    before = time.time()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        found = exactly(psutil.Process(process.pid).create_time())
        process.kill()
    assert before - 0.02 <= found <= time.time() + 0.02
