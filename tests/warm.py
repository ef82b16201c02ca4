"""A Python that has the libraries and our modules imported and is forked for each process of a
test, which spares each start half a second of processor time.

What it has imported is out of the garbage collector's sight, so that its forks share it to their
ends, and our own code is compiled before the first of them reads it: they keep no bytecode.

Nothing of Frappe's (the stand-alone `frappe` neither) or of RQ's is imported in it, and ours has
done nothing yet, so that what runs meets what it would meet in a process begun anew. Who looks at
what is imported, or when, starts one (`Project.warm` = None) or has a `bare` one, without ours. It
ends as such a one does (threads, `atexit`, exit code), but that no module is taken apart, which
would copy all that it shares. `python -u tests/warm.py` is that process: a line of JSON in starts
one, a line out says its process id, another its exit code.
"""

from __future__ import annotations

import atexit
import compileall
import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
OURS = ("frappe_celery", "frappe_bridge", "frappe_pages", "frappe_standalone", "frappe_check")
LIBRARIES = (
    "billiard.popen_fork", "celery.app.amqp", "celery.app.base", "celery.app.control",
    "celery.app.events", "celery.app.log", "celery.app.routes", "celery.apps.worker",
    "celery.beat", "celery.bin.celery", "celery.concurrency.prefork", "celery.concurrency.solo",
    "celery.concurrency.thread", "celery.fixups.django", "celery.worker.components",
    "celery.worker.consumer", "celery.worker.heartbeat", "celery.worker.loops",
    "celery.worker.pidbox", "celery.worker.strategy", "click", "cloudpickle", "croniter",
    "django.core.mail", "django.core.management", "django.core.serializers.json",
    "django.db.backends.sqlite3.base", "django.db.models", "django.http", "django.urls",
    "django.views.defaults",
    "kombu.transport.redis", "kombu.transport.virtual", "logging.config",
    "multiprocessing.connection", "psutil", "redis", "redis.sentinel", "rich.table",
    "tzdata.zoneinfo", "zoneinfo",
)  # fmt: skip
MODULES = (
    "frappe_celery.batches", "frappe_celery.brokers.redis.transport", "frappe_celery.celery_app",
    "frappe_celery.job_options", "frappe_celery.schedule.scheduler",
    "frappe_celery.worker.consumer", "frappe_celery.worker.lifecycle",
    "frappe_celery.worker.perform",
    "frappe_standalone.database.database", "frappe_standalone.host",
)  # fmt: skip
"""Of ours: with what they import what most workers, schedulers and scripts have."""
THEIRS = {"frappe", "frappe_celery_hook", "rq"}


class WarmPython:
    """The process, for a session of tests."""

    def __init__(self, *words: str, program: str = __file__) -> None:
        command = [sys.executable, "-u", program, *words]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._told = self._process.stdin, self._process.stdout.fileno()
        self._heard = b""
        self._started: list[int] = []
        self.codes: dict[int, int] = {}
        """Of what has ended, by process id; negative for a signal."""

    def start(self, *arguments: str, **where: Any) -> WarmProcess:
        """Start `python arguments…`, a `-c` or `-m` first, in a session of its own.

        Args:
            where: `folder`, `environment`, and `log`, the file that its output goes to.
        """
        asked = {"arguments": arguments, **where}
        self._asked.write(json.dumps(asked, default=str).encode() + b"\n")
        self._asked.flush()
        while not self._started:
            self.hear(None)
        return WarmProcess(self, self._started.pop())

    def hear(self, timeout: float | None) -> None:
        """Take in what the process has said, or says within so many seconds (None: ever)."""
        if select.select([self._told], [], [], timeout)[0]:
            if not (said := os.read(self._told, 65536)):
                raise EOFError("the warm Python has ended")
            *lines, self._heard = (self._heard + said).split(b"\n")
            for line in lines:
                pid, *code = map(int, line.split())
                if code:
                    self.codes[pid] = code[0]
                else:
                    self._started.append(pid)

    def close(self) -> None:
        """End it; what it started goes on."""
        self._process.kill()
        self._process.wait()


class WarmProcess:
    """What a `subprocess.Popen` is for one that a warm Python started."""

    def __init__(self, warm: WarmPython, pid: int) -> None:
        self._warm = warm
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._within(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _within(self, timeout: float | None) -> int | None:
        until = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None and self.pid not in self._warm.codes:
            left = None if until is None else max(0, until - time.monotonic())
            self._warm.hear(left)
            if left == 0:
                break
        if self.returncode is None:
            self.returncode = self._warm.codes.pop(self.pid, None)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def serve() -> dict[str, Any]:
    """What a fork of this process is to be; this process itself ends with those who ask it."""
    gc.collect()
    gc.freeze()  # else each fork copies all of this process when it ends
    ended, says_ended = os.pipe()
    os.set_blocking(says_ended, False)
    signal.set_wakeup_fd(says_ended)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    heard = b""
    while True:
        ready, _, _ = select.select([0, ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            tell_who_ended()
        if 0 not in ready:
            continue
        if not (data := os.read(0, 65536)):
            sys.exit()
        *lines, heard = (heard + data).split(b"\n")
        for line in lines:
            if not (pid := os.fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(ended)
                os.close(says_ended)
                return dict(json.loads(line))
            print(pid)


def tell_who_ended() -> None:
    """Of several that end at once there may be one signal."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        print(pid, os.waitstatus_to_exitcode(status))


def become(asked: dict[str, Any]) -> None:
    """Do as `python arguments…` does."""
    output = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(theirs, ours)
        os.set_inheritable(ours, True)
    os.close(nothing)
    os.close(output)
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    own = [path for path in sys.path if path != str(Path(__file__).parent)]
    option, what, *arguments = asked["arguments"]
    sys.path[:] = [
        os.getcwd() if option == "-m" else "",
        *os.environ["PYTHONPATH"].split(":"),
        *own,
    ]
    sys.argv[:] = [option, *arguments]
    sys.orig_argv[:] = [sys.executable, option, what, *arguments]
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
        return
    sys.modules["__main__"] = main = ModuleType("__main__")
    exec(compile(what, "<string>", "exec"), vars(main))


class End:
    """Of a fork: at once, after whatever else is to be done at its exit."""

    def __init__(self) -> None:
        self.code: int | None = None
        atexit.register(self.leave)

    def leave(self) -> None:
        if self.code is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)

    def is_that_of(self, program: Callable[[], None]) -> None:
        """Run it. Where it ends otherwise than by `sys.exit`, Python has the last word."""
        try:
            program()
            self.code = 0
        except SystemExit as exc:
            if isinstance(exc.code, int | None):
                self.code = (exc.code or 0) & 255
            raise


def compile_ours() -> None:
    """Where it has changed since."""
    for package in OURS:
        compileall.compile_dir(ROOT / package, quiet=1)


if __name__ == "__main__":
    end = End()  # before anything that is imported wants to be told of an exit
    compile_ours()
    for module in LIBRARIES if "bare" in sys.argv else (*LIBRARIES, *MODULES):
        import_module(module)
    assert THEIRS.isdisjoint(sys.modules)
    asked = serve()
    end.is_that_of(lambda: become(asked))
