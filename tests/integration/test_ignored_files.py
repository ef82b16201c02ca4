"""What git does not know of is in no wheel."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import frappe_celery

PACKAGE = Path(frappe_celery.__file__).parent


def test_no_file_of_the_package_is_ignored() -> None:
    """What .gitignore names is in no wheel, though it is in the repository."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        pytest.skip("no clone")
    tracked = subprocess.run(
        ["git", "ls-files", PACKAGE.name], cwd=root, capture_output=True, text=True, check=True
    )
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=root,
        input=tracked.stdout,
        capture_output=True,
        text=True,
    )
    assert tracked.stdout
    assert ignored.stdout == ""
