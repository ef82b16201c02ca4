"""Tells, from Python 3.12 on, that jobs ran a line of an app which none had run before."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

OURS = 4
"""Which of Python's tools this is; 0 to 2 are debuggers, coverage and profilers."""


class NewLines:
    """Each is told once, and costs nothing from then on.

    Args:
        folders: of the apps.
    """

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._ran = False
        python: Any = getattr(sys, "monitoring", None)
        if python is None or not folders or python.get_tool(OURS) not in (None, __name__):
            return
        if python.get_tool(OURS) is None:
            python.use_tool_id(OURS, __name__)

        def begins(code: CodeType, _: int) -> Any:
            if code.co_filename.startswith(self._folders):
                python.set_local_events(OURS, code, python.events.LINE)
            return python.DISABLE

        def runs(_: CodeType, line: int) -> Any:
            self._ran = True
            return python.DISABLE

        python.register_callback(OURS, python.events.PY_START, begins)
        python.register_callback(OURS, python.events.LINE, runs)
        python.set_events(OURS, python.events.PY_START)
        python.restart_events()

    def ran(self) -> bool:
        """Whether one did since this was asked before."""
        ran, self._ran = self._ran, False
        return ran
