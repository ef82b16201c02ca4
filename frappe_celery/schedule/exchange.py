"""SIGHUP to beat, which a manager sends to a whole group: it ends, and begins with new code.

The process id stays. With a terminal, whose end is told by the same signal, it just ends.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from typing import Any


def register(**_: Any) -> None:
    """For a beat that starts."""
    if not os.isatty(0):
        signal.signal(signal.SIGHUP, _begin_anew)


def _begin_anew(*_: Any) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    atexit.register(os.execv, sys.executable, [sys.executable, *sys.orig_argv[1:]])
    os.kill(os.getpid(), signal.SIGTERM)  # beat's own way to end
