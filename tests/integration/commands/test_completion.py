"""What the Tab key offers, as docs/commands.md sets it up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("frappe-celery")


def test_a_shell_completes_commands_and_options() -> None:
    script = subprocess.run(
        ["bash", "--norc", "-c", f'eval "$({PROGRAM})" && complete -p frappe-celery'],
        env={**os.environ, "_FRAPPE_CELERY_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "_frappe_celery_completion" in script.stdout, script.stderr
    for words, offered in (
        (("frappe-celery", "swi"), "switch"),
        (("frappe-celery", "jobs", "list", "--sta"), "--status"),
        (("frappe-celery", "jobs", "list", "--status", "fai"), "failed"),
    ):
        told = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        environ = {**os.environ, **told, "_FRAPPE_CELERY_COMPLETE": "bash_complete"}
        answer = subprocess.run([PROGRAM], env=environ, capture_output=True, text=True, timeout=60)
        assert f"plain,{offered}" in answer.stdout.split(), answer.stderr
