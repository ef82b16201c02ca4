"""A fork of this warm process for one job, as `fresh_process` of a queue says.

What the job leaves in modules, caches and threads is gone with it. Its worker's parent knows the
process that took the job, and kills that at a limit: the fork dies with it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable

from celery import platforms

logger = logging.getLogger(__name__)


def in_fork(job: Callable[[], None]) -> None:
    """Call `job` in a fork and wait for its end. If that dies, this process ends in the same way,
    so that its parent sees what became of the job."""
    parent, child = os.getpid(), os.fork()
    if child == 0:
        _be_the_fork(job, parent)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    if code:
        os._exit(code)


def _be_the_fork(job: Callable[[], None], parent: int) -> None:
    code = 1
    try:
        platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # celery-types lacks it
        if os.getppid() == parent:  # else it died before that was set
            job()
            code = 0
    except BaseException:
        logger.exception("a fork for one job ended")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
