"""Keeps the process id that a process manager knows, while the worker below it is exchanged.

`frappe-celery supervise` runs this file by its path: nothing of the package or of an app is loaded,
so that it is small and a new worker has new code. A worker says that it is ready as services tell
systemd: `READY=1`, to the socket that $NOTIFY_SOCKET names.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
HEARD = (*STOPS, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGCHLD)
AGAIN_SECONDS = 1.0
"""How soon another worker is started for one that died while the one before it ends its jobs."""
PR_SET_PDEATHSIG = 1
OWN_PID = "{pid}"
"""In a command: the worker's process id, so that the one that comes has a name of its own."""


@dataclass
class Supervisor:
    """One command's. A worker is its process id, 0 where there is none; one that has ended takes
    signals too, until it is buried.

    SIGHUP starts another worker; when that is ready, the one before is told to stop (SIGTERM) and
    ends its jobs. Signals to stop go to all, SIGUSR1 and SIGUSR2 to the one that serves.
    """

    command: list[str]
    serving: int = 0
    coming: int = 0
    """Started, and has not yet said that it is ready."""
    leaving: list[int] = field(default_factory=list)
    stopping: bool = False
    code: int = 0
    """The exit code of the last worker that served."""

    def run(self) -> int:
        """Until no worker is left; its exit code, or 128 and the number of its signal."""
        self.had_terminal = os.isatty(0)
        line, signals = (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # who sends is told by the kernel
        line.bind("")  # which chooses an abstract name, too
        self.address = line.getsockname()
        signals.connect(self.address)
        signals.setblocking(False)
        signal.set_wakeup_fd(signals.fileno())
        for number in HEARD:
            signal.signal(number, lambda *_: None)
        self.coming = self.start()
        while self.workers():
            text, ((*_, credentials),), *_ = line.recvmsg(4096, socket.CMSG_SPACE(12))
            sender = int.from_bytes(credentials[:4], sys.byteorder)
            if sender == os.getpid():
                self.obey(signal.Signals(text[0]))
            elif b"READY=1" in text.split(b"\n") and sender not in self.leaving:
                self.is_ready()
        return self.code

    def workers(self) -> list[int]:
        return [pid for pid in (self.serving, self.coming, *self.leaving) if pid]

    def start(self) -> int:
        """Fork one; it dies with its supervisor."""
        parent = os.getpid()
        if pid := os.fork():
            return pid
        try:
            os.setpgid(0, 0)  # else Ctrl-C tells it twice, which to Celery means: at once
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(os.EX_TEMPFAIL)
            signal.set_wakeup_fd(-1)
            for number in HEARD:
                signal.signal(number, signal.SIG_DFL)
            command = [word.replace(OWN_PID, str(os.getpid())) for word in self.command]
            address = self.address.decode().replace("\0", "@")
            about = {"NOTIFY_SOCKET": address, "SERVING_WORKER": str(self.serving or "")}
            os.execvpe(command[0], command, {**os.environ, **about})
        except OSError as exc:
            say(f"{self.command[0]}: {exc.strerror}")
        os._exit(os.EX_UNAVAILABLE)

    def is_ready(self) -> None:
        """The coming worker is: it serves, and the one before it leaves."""
        if not self.coming:
            return
        before, self.serving, self.coming = self.serving, self.coming, 0
        tell_service_manager()
        if before:
            say(f"worker {self.serving} is ready, {before} ends its jobs")
            self.leaving.append(before)
            os.kill(before, signal.SIGTERM)

    def obey(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and self.had_terminal and not os.isatty(0):
            number = signal.SIGTERM  # the terminal is gone
        if number == signal.SIGCHLD:
            self.bury()
        elif number == signal.SIGHUP:
            self.exchange()
        else:
            self.stopping |= number in STOPS
            for pid in self.workers() if number in STOPS else self.workers()[:1]:
                os.kill(pid, number)

    def exchange(self) -> None:
        """Start another; one that is not ready yet makes room for it."""
        if self.stopping:
            return
        if self.coming:
            say(f"worker {self.coming}, which is not ready yet, is told to stop")
            os.kill(self.coming, signal.SIGTERM)
            self.leaving.append(self.coming)
        self.coming = self.start()
        say(f"worker {self.coming} is started")

    def bury(self) -> None:
        """Collect the exit codes of all workers that have ended."""
        for worker in self.workers():
            pid, status = os.waitpid(worker, os.WNOHANG)
            if pid:
                self.ended(pid, os.waitstatus_to_exitcode(status))

    def ended(self, worker: int, code: int) -> None:
        """Go on without it: another is started while an earlier one still finishes its jobs."""
        if worker in self.leaving:
            self.leaving.remove(worker)
            return
        if worker == self.coming:
            self.coming = 0
            if self.serving:
                say(f"worker {worker} ended with {code} before it was ready:"
                    f" {self.serving} goes on")  # fmt: skip
                return
        else:
            self.serving = 0
        self.code = code if code >= 0 else 128 - code
        if self.leaving and not self.coming and not self.stopping:
            time.sleep(AGAIN_SECONDS)
            self.coming = self.start()
            say(f"worker {worker} ended with {code}: {self.coming} is started")


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
