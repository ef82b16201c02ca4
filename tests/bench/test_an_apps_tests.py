"""An app's own tests of its jobs, by Frappe's runner: they see the same on RQ and on Celery.

What differs on purpose they do not look at: a job that runs in the test's process is `started` for
those who ask meanwhile, where RQ says `queued`; its `kwargs["is_async"]` is True, so that a worker
can run it once more; its times are known without a `refresh`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.bench.bench import Bench
from tests.bench.conftest import NO_JOB_LEFT

OFF = {"FRAPPE_CELERY_ENABLED": "false"}
FRAPPE = ("python", "-m", "frappe.utils.bench_helper", "frappe")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def on_rq(
    since_15: None, real_bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Any]]:
    """What they see on stock Frappe."""
    return seen(real_bench, tmp_path_factory.mktemp("rq"), *FRAPPE, "worker", **OFF)


def test_on_celery(bench: Bench, on_rq: dict[str, list[Any]], tmp_path: Path) -> None:
    assert seen(bench, tmp_path, "frappe-celery", "worker", "-c", "1") == on_rq
    assert len(on_rq) > 90, "v15 has one kind of test case, later ones two"


def test_while_it_is_armed(armed: Bench, on_rq: dict[str, list[Any]], tmp_path: Path) -> None:
    assert seen(armed, tmp_path, *FRAPPE, "worker") == on_rq


def seen(bench: Bench, folder: Path, *worker: str, **environment: str) -> dict[str, list[Any]]:
    """What the tests note, by its name, beside such a worker."""
    bench.ask(NO_JOB_LEFT)
    notes = folder / "notes"
    beside = bench.start(*worker, "--queue", "short,default", **environment)
    tests = bench.start(
        *(*FRAPPE, "--site", bench.site, "run-tests", "--module", "fc_probe_suite"),
        "--skip-before-tests",
        FC_NOTES=str(notes),
        **environment,
    )
    tests.wait(300)
    beside.popen.terminate()
    beside.wait(30)
    output = tests.output()
    assert "Ran " in output, output
    assert not {"FAIL", "ERROR"} & set(output.split()), output
    found = defaultdict(list)
    for name, value in map(json.loads, notes.read_text().splitlines()):
        found[name].append(value)
    found["left"].append(bench.ask("answer = written('suite-')"))
    bench.ask("frappe.db.delete('ToDo', {'description': ('like', 'suite-%')})")
    return dict(found)
