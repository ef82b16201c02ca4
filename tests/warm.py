"""A Python that has the libraries imported and is forked for each script: a start takes 20 ms of
processor time instead of 400.

Nothing of ours, of Frappe's or of RQ's is imported in it, so that a script meets what it would meet
in a process of its own. `python tests/warm.py` is that process: a line of JSON in starts a script,
a line out is its exit code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

LIBRARIES = (
    "celery.app.base", "celery.apps.worker", "celery.beat", "celery.worker.components", "click",
    "cloudpickle", "croniter", "kombu.transport.virtual", "psutil", "redis", "redis.sentinel",
    "rich.table", "zoneinfo",
)  # fmt: skip


class WarmPython:
    """The process, for a session of tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str, arguments: tuple[str, ...], **where: Any) -> int:
        """Run `python -c code arguments…` to its end; the exit code, negative for a signal.

        Args:
            where: `folder`, `environment`, and `log`, the file that its output goes to.
        """
        asked = {"code": code, "arguments": ["-c", *arguments], **where}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked, default=str) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def serve() -> None:
    """Fork for each line, one script after the other."""
    for module in LIBRARIES:
        import_module(module)
    own = [path for path in sys.path if path != str(Path(__file__).parent)]
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(asked, own))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(asked: dict[str, Any], own: list[str]) -> int:
    output = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(theirs, ours)
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.path[:] = ["", *os.environ.get("PYTHONPATH", "").split(":"), *own]
    sys.argv[:] = asked["arguments"]
    main = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        exec(compile(asked["code"], "<string>", "exec"), main)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve()
