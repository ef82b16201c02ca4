"""`python -m benchmarks.counting MODULE ARGUMENTS…` runs a program whose forks count their calls.

How often a process has called a Python function is the same on a busy machine and on a quiet one.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from cProfile import Profile


class Calls:
    """Of the thread that begins to count, from then on."""

    def __init__(self) -> None:
        self._profile: Profile | None = None

    def begin(self) -> None:
        """Also in a fork of a process that counts."""
        self.end()
        self._profile = Profile(builtins=False)
        self._profile.enable()

    def end(self) -> None:
        if self._profile:
            self._profile.disable()

    def count(self) -> int:
        """How many there were."""
        assert self._profile, "nothing is counted"
        return sum(entry.callcount for entry in self._profile.getstats())


of_this_process = Calls()


def counted(work: Callable[[], object]) -> int:
    """How many calls `work` makes."""
    calls = Calls()
    calls.begin()
    try:
        work()
    finally:
        calls.end()
    return calls.count()


def main() -> None:
    from benchmarks import counting  # as jobs import it, which is not `__main__`

    os.register_at_fork(after_in_child=counting.of_this_process.begin)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
