"""The documentation builds, and a warning (a dead link, a page in no list) is an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    sphinx = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    built = subprocess.run([*sphinx, str(PAGES), str(tmp_path)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    commands = (tmp_path / "commands.html").read_text()
    assert 'id="cmdoption-frappe-celery-jobs-requeue-all-failed"' in commands


def test_the_files_at_the_root_link_to_files_that_there_are() -> None:
    for page in ROOT.glob("*.md"):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
        assert [link for link in links if not (ROOT / link).exists()] == [], page.name
