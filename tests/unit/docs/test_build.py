"""The documentation builds, and a warning (a dead link, a page in no list) is an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).parents[3] / "docs"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    sphinx = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    built = subprocess.run([*sphinx, str(PAGES), str(tmp_path)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    commands = (tmp_path / "commands.html").read_text()
    assert 'id="cmdoption-frappe-celery-jobs-requeue-all-failed"' in commands
