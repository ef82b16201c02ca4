"""A hook that a bench of cc2e079 has in its environment tells today's switch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

WAITING = Path(__file__).parents[3] / "fixtures" / "waiting"


HOOKED = """
import sys
sys.path.insert(0, {folder!r})
from frappe_celery.hosts.bench import switch
switch.imported = lambda name: print("told of", name)
exec(compile(open({hook!r}).read(), "frappe_celery_hook.py", "exec"))
import frappe.utils.background_jobs
"""


def test_a_hook_that_was_copied_then_tells_the_switch(tmp_path: Path) -> None:
    for package in ("frappe", "frappe/utils"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "frappe/utils/background_jobs.py").write_text("")
    program = HOOKED.format(folder=str(tmp_path), hook=str(WAITING / "hook.txt"))
    ran: Any = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("told of frappe.utils.background_jobs\n", "")
