"""A terminal of so many columns, and what a command writes on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def on_terminal(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 80
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """A command at work on one, and what it has written so far, its control sequences included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    parts: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the other end is closed
            while part := os.read(ours, 4096):
                parts.append(part)

    sizes = {"COLUMNS", "LINES"}  # before which the terminal's own does not count
    kept = {name: value for name, value in environment.items() if name not in sizes}
    environment = {"TERM": "xterm", **kept}
    ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **ends)
    os.close(theirs)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield process, lambda: b"".join(parts).decode(errors="replace").replace("\r\n", "\n")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        reader.join()
        os.close(ours)


def shown_on_terminal(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 80
) -> list[str]:
    """The lines that it leaves there, in plain text, when it has ended."""
    with on_terminal(command, folder, environment, columns) as (process, written):
        process.wait(120)
    return CONTROLS.sub("", written()).splitlines()
