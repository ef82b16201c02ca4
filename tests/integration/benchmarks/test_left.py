"""What the next jobs see of what a job left: each way leaves something, and all is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.left.__main__ import write_project

CHECKOUT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "benchmarks" / "apps")])


def test_each_way_leaves_what_its_look_sees(tmp_path: Path) -> None:
    write_project(tmp_path, "redis://127.0.0.1:1/0")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.left.check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": PATH},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_worker_is_measured(tmp_path: Path) -> None:
    output = tmp_path / "left.json"
    words = ["-c", "2", "--only", "names.declared_global", "--next", "20"]
    command = [sys.executable, "-m", "benchmarks.left", *words, "--json", str(output)]
    subprocess.run(command, cwd=CHECKOUT, check=True)
    told = json.loads(output.read_text())
    assert [way["name"] for way in told["ways"]] == [
        "names.declared_global",
        "names.declared_global_once",
        "names.declared_global_in_an_inner_function",
    ]
    calls = [call for way in told["ways"] for call in (way["first"], *way["again"])]
    assert {call["outcome"] for call in calls} == {"put back"}
    assert told["enqueued"] == told["ended"]
    assert all(call["looks"] for call in calls)
