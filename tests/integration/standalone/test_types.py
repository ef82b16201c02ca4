"""mypy knows `import frappe` by what `frappe-celery types` says, and finds what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from frappe_celery.cli import main
from tests.rooms import HERE as ROOT
from tests.stubs import STUBS

TEAM = ROOT / "tests" / "fixtures" / "team.py"


@pytest.mark.timeout(600)
def test_mypy_finds_what_is_wrong_in_a_team_s_code_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["types"]).output
    assert f'extraPaths = ["{STUBS}"]' in said
    (tmp_path / "pyproject.toml").write_text(said.replace("\n", "\nstrict = true\n", 1))
    code = TEAM.read_text()
    (tmp_path / "team.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "team.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    wrong = [n for n, line in enumerate(code.splitlines(), 1) if line.endswith("# wrong")]
    found = [int(n) for n in re.findall(r"^team\.py:(\d+): error:", done.stdout, re.MULTILINE)]
    assert list(dict.fromkeys(found)) == wrong, done.stdout + done.stderr


def test_an_install_puts_the_stubs_where_the_page_says() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    assert '"stubs" = "share/frappe_celery/stubs"' in settings
    page = (ROOT / "docs" / "standalone.md").read_text()
    assert 'mypy_path = ".venv/share/frappe_celery/stubs"' in page
    assert 'extraPaths = [".venv/share/frappe_celery/stubs"]' in page
