"""FC206: task code that changes the working directory or the umask."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check import process
from frappe_check.findings import Hit, Rule
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    yield from process.calls(code, {"os.chdir", "os.fchdir"}, "the working directory")
    yield from process.calls(code, {"os.umask"}, "the umask")


RULE = Rule(
    code="FC206",
    title="The working directory or the umask",
    happens=f"Frappe's own paths are relative to `sites`. {process.PUT_BACK}",
    instead=(
        "Give whole paths, or `subprocess.run(…, cwd=folder)`; give a file its mode with"
        " `os.open(path, flags, mode)` or `os.chmod`."
    ),
    bad="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.pack"]}

# tasks.py
import os
import subprocess

def pack():
    os.chdir("/tmp")  # FC206
    subprocess.run(["tar", "cf", "all.tar", "."])
""",
    good="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.pack"]}

# tasks.py
import subprocess

def pack():
    subprocess.run(["tar", "cf", "all.tar", "."], cwd="/tmp")
""",
    find=find,
)
