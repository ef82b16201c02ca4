"""Files, programs and the terminal, as `frappe.utils` reaches them."""

from __future__ import annotations

import gzip
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from frappe_standalone.exceptions import CommandFailedError
from frappe_standalone.missing import required

gzip_compress, gzip_decompress = gzip.compress, gzip.decompress


def execute_in_shell(
    cmd: str | list[str],
    verbose: bool = False,
    low_priority: bool = False,
    check_exit_code: bool = False,
) -> tuple[bytes, bytes]:
    """Run a command in bash: what it wrote on its error output, and what on its output.

    Raises:
        CommandFailedError: with `check_exit_code`, when it ended with another code than 0.
    """
    line = shlex.join(cmd) if isinstance(cmd, list) else cmd
    if low_priority:
        line = f"renice -n 10 $$ >/dev/null; {line}"
    shell = shutil.which("bash") or "/bin/bash"
    done = subprocess.run(line, shell=True, executable=shell, capture_output=True)
    failed = check_exit_code and done.returncode
    if verbose or failed:
        for output in filter(None, (done.stderr, done.stdout)):
            print(output)
    if failed:
        texts = (output.decode(errors="replace") for output in (done.stdout, done.stderr))
        raise CommandFailedError("Command failed", *texts)
    return done.stderr, done.stdout


def create_folder(path: str, with_init: bool = False) -> None:
    """Make a folder where there is none; with `with_init` as a package."""
    if not os.path.exists(path):
        os.makedirs(path)
        if with_init:
            (Path(path) / "__init__.py").touch()


def update_progress_bar(txt: str, i: int, l: int, absolute: bool = False) -> None:  # noqa: E741
    """Show on the terminal how far a loop of `l` rounds is; `i` counts from 0."""
    done = (i + 1) / l
    status = f"{i} of {l}" if absolute else f"{int(done * 100)}%"
    sys.stdout.write(f"\r{txt:<36}: [{'=' * int(done * 40):<40}] {status}")
    sys.stdout.flush()


def get_request_session(max_retries: int = 5) -> Any:
    """A session of `requests` that tries again what the server failed. Needs `requests`."""
    requests = required("requests", "get_request_session")
    adapters = requests.adapters
    session = requests.Session()
    retry = adapters.Retry(total=max_retries, status_forcelist=[500])
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapters.HTTPAdapter(max_retries=retry))
    return session
