"""`./dev test --bench PATH`: the tests of this folder on a bench, a file at a time.

What came of each file is kept in the bench, so that a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tests.bench_from import servers
from tests.bench_from.layout import Layout

HERE = Path(__file__).parent
NO_TESTS = 5
"""How pytest ends where a `-k` leaves nothing of a file."""


class Part(NamedTuple):
    """What came of a file's tests."""

    passed: int
    failed: list[str]
    skipped: dict[str, str]
    """Why each was left out."""


def main() -> int:
    """Run the files that were asked for, then say what came of them; 1 where one failed."""
    asked, words = _arguments()
    bench = Layout(asked.bench.resolve())
    if servers.is_ours(bench):
        servers.start(bench)
    environment = {**os.environ, **_of_the_bench(bench)}
    kept = bench.logs / "frappe_celery_tests"
    kept.mkdir(exist_ok=True)
    files = asked.files or _files_of(HERE)
    to_run = [file for file in files if not (asked.resume and _has_passed(_result(kept, file)))]
    for file in to_run:
        _result(kept, file).unlink(missing_ok=True)
    for number, file in enumerate(to_run, 1):
        print(f"\n== {file.stem} ({number} of {len(to_run)})", flush=True)
        try:
            _run(file, _result(kept, file), words, environment)
        except KeyboardInterrupt:
            break
    return _tell(files, kept)


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    """Ours, and the words for pytest."""
    parser = argparse.ArgumentParser(prog="./dev test", allow_abbrev=False)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--resume", action="store_true", help="only files that have not passed")
    asked, words = parser.parse_known_args()
    paths = [Path(word) for word in words if Path(word).exists()]
    asked.files = [file.resolve() for path in paths for file in _files_of(path)]
    return asked, [word for word in words if not Path(word).exists()]


def _files_of(path: Path) -> list[Path]:
    return sorted(path.glob("test_*.py")) if path.is_dir() else [path]


def _of_the_bench(bench: Layout) -> dict[str, str]:
    """What tests are told of it: what its own files say, unless the caller does."""
    configuration = bench.configuration
    trial = (
        path.parent.name
        for path in sorted(bench.sites.glob("*/site_config.json"))
        if json.loads(path.read_text()).get("allow_tests")
    )
    told = {
        "FRAPPE_BENCH": str(bench.folder),
        "FRAPPE_SITE": os.environ.get("FRAPPE_SITE") or next(trial, ""),
        "FRAPPE_DB_ROOT_PASSWORD": os.environ.get("FRAPPE_DB_ROOT_PASSWORD")
        or configuration.get("root_password", ""),
    }
    return {name: value for name, value in told.items() if value}


def _result(kept: Path, file: Path) -> Path:
    return kept / f"{file.stem}.xml"


def _run(file: Path, result: Path, words: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "--quiet", f"--junitxml={result}"]
    process = subprocess.Popen([*command, *words, str(file)], env=environment)
    try:
        process.wait()
    except KeyboardInterrupt:
        process.wait()  # it ends its processes, and puts the bench as it was
        result.unlink(missing_ok=True)
        raise
    if process.returncode not in (0, 1, NO_TESTS):
        result.unlink(missing_ok=True)


def _read(result: Path) -> Part:
    passed, failed, skipped = 0, [], {}
    for case in ElementTree.parse(result).iter("testcase"):
        name = f"{result.stem}::{case.get('name')}"
        reason = case.find("skipped")
        if reason is not None:
            skipped[name] = reason.get("message", "")
        elif case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        else:
            passed += 1
    return Part(passed, failed, skipped)


def _has_passed(result: Path) -> bool:
    return result.exists() and not _read(result).failed


def _tell(files: list[Path], kept: Path) -> int:
    results = [_result(kept, file) for file in files]
    parts = [_read(result) for result in results if result.exists()]
    not_run = [
        file.stem for file, result in zip(files, results, strict=True) if not result.exists()
    ]
    failed = [name for part in parts for name in part.failed]
    skipped = {name: why for part in parts for name, why in part.skipped.items()}
    for title, lines in {
        "failed": failed,
        "left out": [f"{name}: {why}" for name, why in skipped.items()],
        "did not end, `--resume` runs them": not_run,
    }.items():
        if lines:
            print(f"\n== {title}", *lines, sep="\n")
    passed = sum(part.passed for part in parts)
    print(f"\n{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return int(bool(failed or not_run))


if __name__ == "__main__":
    sys.exit(main())
