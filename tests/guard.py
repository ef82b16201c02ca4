"""Whatever a run of tests started ends with it: servers, workers, browsers, and what these forked.

`guard` leaves two processes above the one that goes on. The outer one is who was started, and is
told to end; the inner one has a session of its own, inherits each process that lost its parent
(Linux: PR_SET_CHILD_SUBREAPER), and kills its children until it has none when the run has ended or
the outer one has died. Each of the two does that work for the other.

`python tests/guard.py SECONDS COMMAND…` runs a command so, for at most so many seconds (0: ever).
Where there is no Linux, nothing is above it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PARENT_DIED = signal.SIGUSR1
END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Each is SIGINT to the run: pytest shows its summary then."""
GRACE_SECONDS = 60
"""For that summary, and for servers to stop."""
KILLED = 128 + signal.SIGKILL
SHARED_MEMORY, ROOM = "/dev/shm", 4 << 30
IN_MEMORY = "FRAPPE_CELERY_TEST_MEMORY"
"""Variable with a folder for databases."""


def guard(limit: int = 0) -> None:
    """Go on as the guarded run, with temporary files in a folder that is removed after it.

    Args:
        limit: seconds after which the run is interrupted as by Ctrl-C; 0 is none.
    """
    if sys.platform != "linux":
        return
    sys.stdout.flush()
    sys.stderr.flush()
    folders = (tempfile.mkdtemp(prefix="fc_"), *_in_memory())  # room for paths of sockets
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*END, PARENT_DIED})
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    outer = os.getpid()
    if inner := os.fork():
        for number in END:
            signal.signal(number, lambda *_: os.kill(inner, signal.SIGTERM))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, END)
        _end(_wait_for(inner), folders)
    os.setsid()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_PDEATHSIG, PARENT_DIED)
    if os.getppid() != outer:  # it died before that was set
        _end(KILLED, folders)
    if run := os.fork():
        _watch(run, limit, folders)
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _use(*folders)


def _in_memory() -> Iterator[str]:
    """A folder for databases, of which each test makes hundreds of files, in that of a guard above;
    none where there is no room."""
    place = os.environ.get(IN_MEMORY, SHARED_MEMORY)
    with suppress(OSError):
        if shutil.disk_usage(place).free > ROOM:
            yield tempfile.mkdtemp(prefix="fc_", dir=place)


def _use(folder: str, in_memory: str | None = None) -> None:
    """pytest's own folder, where each SQLite file and each test's own Redis is synced to, outlives
    a run that failed."""
    kept = Path(in_memory).parent if in_memory else tempfile.gettempdir()
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(kept))
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    os.environ[IN_MEMORY] = in_memory or folder
    for each in (folder, os.environ[IN_MEMORY]):
        os.chmod(each, 0o711)  # PostgreSQL passes as the user nobody


def _watch(run: int, limit: int, folders: tuple[str, ...]) -> NoReturn:
    """What the inner process does until the run has ended, or shall have."""

    def interrupt(number: int, _: Any) -> None:
        if number == signal.SIGALRM:
            print(f"\n== after {limit} seconds: interrupted", file=sys.stderr, flush=True)
        signal.signal(signal.SIGALRM, lambda *_: _end(KILLED, folders))
        signal.alarm(GRACE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(run, signal.SIGINT)

    with suppress(OSError):  # the run did so itself, and is another program already
        os.setpgid(run, run)
    for number in (*END, signal.SIGALRM):
        signal.signal(number, interrupt)
    signal.signal(PARENT_DIED, lambda *_: _end(KILLED, folders))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*END, PARENT_DIED})
    signal.alarm(limit)
    _end(_wait_for(run), folders)


def _wait_for(pid: int) -> int:
    """Its exit code as a shell has it. Whatever else ends meanwhile was inherited."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _end(code: int, folders: tuple[str, ...]) -> NoReturn:
    """End with that code, once every process below is gone: a killed one's children come to us."""
    with suppress(ChildProcessError):
        while True:
            for pid in _children():
                os.kill(pid, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.01)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(code)


def _children() -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                yield int(stat.parent.name)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


if __name__ == "__main__":
    guard(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else a script's background has it ignored
    os.execvp(sys.argv[2], sys.argv[2:])
