"""FC209: task code that changes the locale, the decimal context or the time zone of the process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check import process
from frappe_check.findings import Hit, Rule, hit
from frappe_check.syntax import targets
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """The calls, and assignments to what `getcontext()` gives."""
    yield from process.calls(code, {"locale.setlocale"}, "the locale")
    yield from process.calls(code, {"decimal.setcontext"}, "the decimal context")
    yield from process.calls(code, {"time.tzset"}, "the time zone")
    for function in code.reached:
        for node in function.nodes:
            for target in targets(node):
                of = target.value if isinstance(target, ast.Attribute) else None
                if isinstance(of, ast.Name):
                    of = function.made.get(of.id)
                if isinstance(of, ast.Call) and process.name_of(function, of) == _CONTEXT:
                    what = f"The decimal context is changed in {code.why(function)}."
                    yield hit(function.module, node, what)


_CONTEXT = "decimal.getcontext"

RULE = Rule(
    code="FC209",
    title="Locale, decimal context, time zone",
    happens=f"How numbers and dates are written and rounded changes. {process.PUT_BACK}",
    instead=(
        "Format with babel or `frappe.utils.fmt_money`, which are told the language; compute in"
        " `with decimal.localcontext() as context:`; use zones by name (`zoneinfo`)."
    ),
    bad="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.interest"]}

# tasks.py
import decimal

def interest():
    decimal.getcontext().prec = 6  # FC209
""",
    good="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.interest"]}

# tasks.py
import decimal

def interest():
    with decimal.localcontext() as context:
        context.prec = 6
""",
    find=find,
)
