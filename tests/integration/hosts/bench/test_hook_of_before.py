"""A hook that a bench of cc2e079 has in its environment tells today's switch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from frappe_celery.hosts.bench import switch

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


def test_the_hook_has_not_changed_so_that_no_upgrade_needs_enable() -> None:
    """`doctor` compares the copy with ours byte by byte and calls a difference a problem: whoever
    changes a line of the hook has every bench call `enable` anew, and keeps this one beside it."""
    ours = Path(switch.__file__).with_name("hook.py")
    assert ours.read_text() == (WAITING / "hook.txt").read_text()
