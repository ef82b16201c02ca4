"""Keeps the process id that a process manager knows, while the worker below it is exchanged.

`frappe-celery supervise` runs this file by its path: nothing of the package or of an app is loaded,
so that it is small and a new worker has new code. A worker says that it is ready as services tell
systemd: `READY=1`, to the socket that $NOTIFY_SOCKET names.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

HANDED_ON = (signal.SIGUSR1, signal.SIGUSR2)
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
HEARD = (*HANDED_ON, *STOPS, signal.SIGHUP, signal.SIGCHLD)
AGAIN_SECONDS = 1.0
"""How soon another worker is started for one that died while the one before it ends its jobs."""
PR_SET_PDEATHSIG = 1
OWN_PID = "{pid}"
"""In a command: the worker's process id, so that the one that comes has a name of its own."""


@dataclass
class Worker:
    """A worker's process, and where it says that it is ready.

    Also one that has ended takes signals, until it is buried.
    """

    pid: int
    line: socket.socket


@dataclass
class Supervisor:
    """One command's.

    SIGHUP starts another worker; when that is ready, the one before is told to stop (SIGTERM) and
    ends its jobs. Signals to stop go to all, SIGUSR1 and SIGUSR2 to the one that serves.
    """

    command: list[str]
    serving: Worker | None = None
    coming: Worker | None = None
    """Started, and has not yet said that it is ready."""
    leaving: list[Worker] = field(default_factory=list)
    stopping: bool = False
    code: int = 0
    """The exit code of the last worker that served."""

    def run(self) -> int:
        """Until no worker is left; its exit code, or 128 and the number of its signal."""
        self.had_terminal = os.isatty(0)
        signals, writes = os.pipe()
        for end in (signals, writes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writes)
        for number in HEARD:
            signal.signal(number, lambda *_: None)
        self.coming = self.start()
        while self.workers():
            lines = {worker.line.fileno(): worker for worker in self.workers()}
            ready = select.select([signals, *lines], [], [])[0]
            for line in lines.keys() & ready:  # before SIGCHLD closes one
                self.heard(lines[line])
            for byte in os.read(signals, 100) if signals in ready else b"":
                self.obey(signal.Signals(byte))
        return self.code

    def workers(self) -> list[Worker]:
        return [worker for worker in (self.serving, self.coming, *self.leaving) if worker]

    def start(self) -> Worker:
        """Fork one; it dies with its supervisor."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        line.bind("")  # the kernel chooses an abstract name
        address = line.getsockname().decode().replace("\0", "@")
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return Worker(pid, line)
        try:
            os.setpgid(0, 0)  # else Ctrl-C tells it twice, which to Celery means: at once
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(os.EX_TEMPFAIL)
            signal.set_wakeup_fd(-1)
            for number in HEARD:
                signal.signal(number, signal.SIG_DFL)
            command = [word.replace(OWN_PID, str(os.getpid())) for word in self.command]
            before = str(self.serving.pid) if self.serving else ""
            about = {"NOTIFY_SOCKET": address, "SERVING_WORKER": before}
            os.execvpe(command[0], command, {**os.environ, **about})
        except OSError as exc:
            say(f"{self.command[0]}: {exc.strerror}")
        os._exit(os.EX_UNAVAILABLE)

    def heard(self, worker: Worker) -> None:
        """Once the coming worker is ready, it serves, and the one before it leaves."""
        if b"READY=1" not in worker.line.recv(4096).split(b"\n") or worker is not self.coming:
            return
        before, self.serving, self.coming = self.serving, worker, None
        tell_service_manager()
        if before is not None:
            say(f"worker {worker.pid} is ready, {before.pid} ends its jobs")
            self.leaving.append(before)
            os.kill(before.pid, signal.SIGTERM)

    def obey(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and self.had_terminal and not os.isatty(0):
            number = signal.SIGTERM  # the terminal is gone
        if number == signal.SIGCHLD:
            self.bury()
        elif number in STOPS:
            self.stopping = True
            for worker in self.workers():
                os.kill(worker.pid, number)
        elif number == signal.SIGHUP:
            self.exchange()
        else:
            for worker in self.workers()[:1]:
                os.kill(worker.pid, number)

    def exchange(self) -> None:
        """Start another; one that is not ready yet makes room for it."""
        if self.stopping:
            return
        if self.coming is not None:
            say(f"worker {self.coming.pid}, which is not ready yet, is told to stop")
            os.kill(self.coming.pid, signal.SIGTERM)
            self.leaving.append(self.coming)
        self.coming = self.start()
        say(f"worker {self.coming.pid} is started")

    def bury(self) -> None:
        """Collect the exit codes of all workers that have ended."""
        for worker in self.workers():
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                worker.line.close()
                self.ended(worker, os.waitstatus_to_exitcode(status))

    def ended(self, worker: Worker, code: int) -> None:
        """Go on without it: another is started while an earlier one still finishes its jobs."""
        if worker in self.leaving:
            self.leaving.remove(worker)
            return
        if worker is self.coming:
            self.coming = None
            if self.serving is not None:
                say(f"worker {worker.pid} ended with {code} before it was ready:"
                    f" {self.serving.pid} goes on")  # fmt: skip
                return
        else:
            self.serving = None
        self.code = code if code >= 0 else 128 - code
        if self.leaving and self.coming is None and not self.stopping:
            time.sleep(AGAIN_SECONDS)
            self.coming = self.start()
            say(f"worker {worker.pid} ended with {code}: {self.coming.pid} is started")


def tell_service_manager() -> None:
    """That this service is ready, where systemd waits for it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(b"READY=1", address.replace("@", "\0", 1))


def say(text: str) -> None:
    """To the log of whoever started this, with the time as Celery's workers write it."""
    now = time.time()
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    print(f"[{at},{int(now % 1 * 1000):03}: supervisor] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(Supervisor(sys.argv[1:]).run())
