"""An import that an exception or a time limit interrupted: the next job does not find its half."""

from __future__ import annotations

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import all_ended, ended, worker
from tests.project import Project

PACKAGE = """
import time
from pathlib import Path

import {name}.part

VALUE = {name}.part.VALUE

if Path("slow.mark").exists():
    time.sleep(600)
if Path("broken.mark").exists():
    raise OSError("no licence")

import {name}.core
"""
IMPORTS = """
from importlib import import_module
from pathlib import Path


def use(package, mark):
    Path(f"{package}.mark").touch() if mark else Path(f"{package}.mark").unlink()
    return import_module(package).core.VALUE


def have_orphans():
    import alone.inner
    import sys

    del sys.modules["alone"]
    import os

    return os.getpid()


def fail():
    raise ValueError("on purpose")


def where():
    import os

    return os.getpid()
"""

pytestmark = pytest.mark.usefixtures("_worker")


@pytest.fixture(scope="module")
def _worker(bench: Project) -> None:
    for name in ("slow", "broken"):
        bench.write(f"{name}/__init__.py", PACKAGE.format(name=name))
        bench.write(f"{name}/part.py", "VALUE = 1\n")
        bench.write(f"{name}/core.py", f"from {name} import part\n\nVALUE = part.VALUE + 1\n")
    bench.write("alone/__init__.py", "")
    bench.write("alone/inner.py", "")
    bench.write("myapp/imports.py", IMPORTS)
    worker(bench)


@pytest.mark.parametrize(("how", "why"), [("slow", "JobTimeoutExc"), ("broken", "no licence")])
def test_what_an_interrupted_import_left_the_next_job_does_not_find(
    bench_store: JobStore, how: str, why: str
) -> None:
    for _ in range(2):
        failed = ended(enqueue("myapp.imports.use", package=how, mark=True, timeout=3))
        assert failed.status == JobStatus.FAILED
        assert why in str(failed.exc_info)
    worked = ended(enqueue("myapp.imports.use", package=how, mark=False))
    assert (worked.result, worked.exc_info) == (2, None)


def test_orphans_of_a_job_that_did_not_fail_are_no_reason(bench_store: JobStore) -> None:
    """Libraries have some from the start."""
    process = ended(enqueue("myapp.imports.have_orphans")).result
    assert all_ended([enqueue("myapp.imports.fail")]) == [JobStatus.FAILED]
    assert ended(enqueue("myapp.imports.where")).result == process
