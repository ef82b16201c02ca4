"""FC205: task code that writes environment variables."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check import process
from frappe_check.findings import Hit, Rule, hit
from frappe_check.syntax import targets
from frappe_check.tasks import TaskCode

_CALLS = {
    *("os.putenv", "os.unsetenv", "os.environ.update", "os.environ.setdefault"),
    *("os.environ.pop", "os.environ.clear"),
}


def find(code: TaskCode) -> Iterator[Hit]:
    """Assignments to `os.environ[…]`, and the calls that change it."""
    yield from process.calls(code, _CALLS, "the environment")
    for function in code.reached:
        for node in function.nodes:
            for target in targets(node):
                of = target.value if isinstance(target, ast.Subscript) else target
                if of is not target and function.module.full(of) == "os.environ":
                    what = f"The environment is changed in {code.why(function)}."
                    yield hit(function.module, node, what)


RULE = Rule(
    code="FC205",
    title="Environment variables that task code writes",
    happens=process.PUT_BACK,
    instead=(
        'Give the value to what needs it: `subprocess.run(…, env={**os.environ, "NAME": value})`,'
        " a parameter, a client's setting."
    ),
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.export"]}

# tasks.py
import os
import subprocess

def export():
    os.environ["LANG"] = "de_DE.UTF-8"  # FC205
    subprocess.run(["export"])
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.export"]}

# tasks.py
import os
import subprocess

def export():
    subprocess.run(["export"], env={**os.environ, "LANG": "de_DE.UTF-8"})
""",
    find=find,
)
