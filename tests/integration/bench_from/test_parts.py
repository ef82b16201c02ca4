"""`./dev test --bench PATH`: files one at a time, and what has not passed once more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PASSES = "import os\n\ndef test_a(): assert os.environ['FRAPPE_SITE'] == 'b.test'\n"
FAILS = "def test_b(): assert False\n"
SKIPS = "import pytest\n\ndef test_c(): pytest.skip('needs a third site')\n"
BREAKS = "import os\n\ndef test_d(): os._exit(9)\n"


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A bench's files, which is all that is asked here."""
    bench = tmp_path / "bench"
    for site, allowed in (("a.test", False), ("b.test", True)):
        (bench / "sites" / site).mkdir(parents=True)
        config = json.dumps({"allow_tests": allowed})
        (bench / "sites" / site / "site_config.json").write_text(config)
    (bench / "sites" / "common_site_config.json").write_text("{}")
    (bench / "logs").mkdir()
    return bench


def parts(bench: Path, tests: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.bench.parts", "--bench", str(bench), *words, str(tests)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT)
    return done.returncode, done.stdout


def test_each_file_is_told_and_only_what_has_not_passed_runs_again(
    bench: Path, tmp_path: Path
) -> None:
    tests = tmp_path / "files"
    tests.mkdir()
    for name, text in {"a": PASSES, "b": FAILS, "c": SKIPS, "d": BREAKS}.items():
        (tests / f"test_{name}.py").write_text(text)
    code, told = parts(bench, tests)
    assert code == 1
    assert "== failed\ntest_b::test_b\n" in told
    assert "== left out\ntest_c::test_c: needs a third site\n" in told
    assert "== did not end, `--resume` runs them\ntest_d\n" in told
    assert told.endswith("\n1 passed, 1 failed, 1 skipped\n")

    for name in ("b", "d"):
        (tests / f"test_{name}.py").write_text(PASSES)
    code, told = parts(bench, tests, "--resume")
    assert code == 0
    assert "== test_b (1 of 2)" in told
    assert "== test_a" not in told
    assert told.endswith("\n3 passed, 0 failed, 1 skipped\n")


def test_a_name_is_given_to_pytest(bench: Path, tmp_path: Path) -> None:
    file = tmp_path / "test_a.py"
    file.write_text(PASSES + "\n\n" + FAILS)
    code, told = parts(bench, file, "-k", "test_a and not test_b")
    assert (code, told.splitlines()[-1]) == (0, "1 passed, 0 failed, 0 skipped")
