"""What git does not know of is in no wheel."""

from __future__ import annotations

import subprocess

import pytest

from tests.rooms import HERE, PACKAGES


def test_no_file_of_the_packages_is_ignored() -> None:
    """What .gitignore names is in no wheel, though it is in the repository."""
    if not (HERE / ".git").exists():
        pytest.skip("no clone")
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=HERE, capture_output=True, text=True, check=True
    )
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=HERE,
        input=tracked.stdout,
        capture_output=True,
        text=True,
    )
    assert tracked.stdout
    assert ignored.stdout == ""
