"""Tells, from Python 3.12 on, when jobs run a line that none had run before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

OURS = 4
"""Which of Python's tools this is; 0 to 2 are debuggers, coverage and profilers."""


def tell_of_new_lines(folders: tuple[str, ...], ran: Callable[[str, int], object]) -> None:
    """Call it for each line of code in these folders, once, with its file and number: it costs
    nothing from then on."""
    python: Any = getattr(sys, "monitoring", None)
    if python is None or python.get_tool(OURS) not in (None, __name__):
        return

    def begins(code: CodeType, _: int) -> Any:
        if code.co_filename.startswith(folders):
            python.set_local_events(OURS, code, python.events.LINE)
        return python.DISABLE

    def runs(code: CodeType, line: int) -> Any:
        ran(code.co_filename, line)
        return python.DISABLE

    if python.get_tool(OURS) is None:
        python.use_tool_id(OURS, __name__)
    python.register_callback(OURS, python.events.PY_START, begins)
    python.register_callback(OURS, python.events.LINE, runs)
    python.set_events(OURS, python.events.PY_START)
    python.restart_events()
