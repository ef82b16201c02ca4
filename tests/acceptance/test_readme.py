"""The README, followed by a newcomer: block by block, as printed, in an empty folder.

Nothing is put before a block, and nothing beside it. A Python block is the file that its first
line names, a shell block is typed into a fresh login's shell, in whose PATH is what `pip install`
of this clone put there. README_PYTHON names the Python of another environment that has it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.documentation import DOCS, Block, blocks

README = DOCS.parent / "README.md"
SECONDS = 300
"""Only a hang takes so long."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty one; what was started in it is ended."""
    folder = tmp_path / "new"
    folder.mkdir()
    yield folder
    for process in psutil.process_iter(["cmdline"]):
        if str(folder) in " ".join(process.info["cmdline"] or ()):
            process.terminate()


def test_each_block_runs_as_it_is_printed(folder: Path) -> None:
    ran = 0
    for block in blocks(README):
        if block.not_run:
            continue
        if block.language == "python":
            assert block.file, f"{block.line}: a block that is no file needs something around it"
            (folder / block.file).parent.mkdir(exist_ok=True)
            (folder / block.file).write_text(block.text)
            continue
        assert block.language == "sh", f"{block.line}: it is neither run nor said why not"
        printed = typed(block, folder)
        missing = [text for text in block.prints if text not in printed]
        assert not missing, f"{block.line}: does not print {missing}, but\n{printed}"
        ran += 1
    assert ran, "no shell block was run"


def typed(block: Block, folder: Path) -> str:
    """What a shell prints into which it is typed; each of its commands ends well."""
    python = Path(os.environ.get("README_PYTHON", sys.executable))
    path = f"{python.parent}:/usr/local/bin:/usr/bin:/bin"
    command = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder.parent), "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert command.returncode == 0, f"{block.line}: {command.stdout}"
    return command.stdout


def test_it_shows_no_more_than_eight_lines_of_python() -> None:
    code = [
        line
        for block in blocks(README)
        if block.language == "python"
        for line in block.text.splitlines()
    ]
    assert len([line for line in code if line and not line.startswith("#")]) == 8


def test_what_it_links_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README.read_text())
    missing = {
        target for target in targets if "://" not in target and not (DOCS.parent / target).exists()
    }
    assert not missing
