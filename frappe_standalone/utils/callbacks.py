"""`frappe.utils.CallbackManager`: functions to be called later, in the order of their coming."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any


class CallbackManager:
    """What `frappe.db.after_commit`, `after_rollback` and `frappe.local.job.after_job` are."""

    def __init__(self) -> None:
        self._functions: deque[Callable[[], Any]] = deque()

    def add(self, function: Callable[[], Any]) -> None:
        """Have `function` called at the next `run`."""
        self._functions.append(function)

    __call__ = add

    def run(self) -> None:
        """Call and forget all; one added meanwhile is called too. An exception is the caller's."""
        while self._functions:
            self._functions.popleft()()

    def reset(self) -> None:
        self._functions.clear()
