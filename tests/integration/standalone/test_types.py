"""mypy knows `import frappe` by what `frappe-celery types` says, and finds what is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from frappe_celery.cli import main
from hatch_build import STUBS, stubs, write
from tests.rooms import HERE as ROOT

SHARE = "share/frappe_celery/stubs"
TEAM = ROOT / "tests" / "fixtures" / "team.py"


@pytest.mark.timeout(600)
def test_mypy_finds_what_is_wrong_in_a_team_s_code_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
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


def in_folder(folder: Path) -> dict[Path, str]:
    return {path.relative_to(folder): path.read_text() for path in folder.rglob("*.pyi")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the build needs of a clone, in which no stubs are."""
    clone = tmp_path / "clone"
    for folder in (
        "frappe_celery",
        "frappe_bridge",
        "frappe_pages",
        "frappe_standalone",
        "frappe_check",
        "examples",
    ):
        shutil.copytree(ROOT / folder, clone / folder)
    for file in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / file, clone / file)
    return clone


def python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wheel_from_the_source_distribution_has_the_stubs(clone: Path) -> None:
    python("-m", "build", "--no-isolation", str(clone))
    (wheel,) = (clone / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(clone / "wheel")
    (found,) = (clone / "wheel").glob(f"*.data/data/{SHARE}")
    assert in_folder(found) == stubs()


def test_an_editable_install_has_them_in_the_clone(clone: Path, tmp_path: Path) -> None:
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--ignore-installed")
    where = ("--no-build-isolation", "--prefix", str(tmp_path), "--editable", str(clone))
    python(*pip, *where)
    assert in_folder(clone / "stubs") == in_folder(tmp_path / SHARE) == stubs()


def test_the_page_says_where_an_install_puts_them() -> None:
    page = (ROOT / "docs" / "standalone.md").read_text()
    assert 'mypy_path = ".venv/share/frappe_celery/stubs"' in page
    assert 'extraPaths = [".venv/share/frappe_celery/stubs"]' in page
