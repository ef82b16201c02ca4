"""A process that is no terminal's says that it starts a server of its own, or may not."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parents[3]
ASK = "from frappe_celery.config.settings import current; print(current().store_url)"
STARTED = "no broker is configured: an embedded server is started"


def ask(folder: Path, stderr: int = subprocess.PIPE, **environment: str) -> tuple[int, str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FRAPPE_")}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(HERE), **environment},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr or ""


def test_outside_of_a_terminal_the_process_that_starts_it_warns(tmp_path: Path) -> None:
    code, url, errors = ask(tmp_path)
    assert (code, url[:8]) == (0, "redis://")
    assert STARTED in errors
    assert "FRAPPE_CELERY_REDIS_QUEUE" in errors


def test_in_a_terminal_it_does_not(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    assert ask(tmp_path, theirs)[0] == 0
    os.close(theirs)
    os.set_blocking(ours, False)
    said = b""
    with suppress(OSError):  # nothing was written
        said = os.read(ours, 9999)
    os.close(ours)
    assert STARTED not in said.decode()
    assert (tmp_path / ".frappe_celery").exists(), "it was started"


def test_it_can_be_forbidden(tmp_path: Path) -> None:
    code, _, errors = ask(tmp_path, FRAPPE_CELERY_EMBEDDED_SERVER="false")
    assert code == 1
    assert "no broker is configured, and embedded_server is false. Name a server" in errors
    assert not (tmp_path / ".frappe_celery").exists()
