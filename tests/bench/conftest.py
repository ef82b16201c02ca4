"""Tests against a real bench: FRAPPE_BENCH=/path/to/bench FRAPPE_SITE=site ./dev test tests/bench

The site is a trial one: Frappe's own tests run in it. No other worker may run in the bench. The
package is installed in its environment (`env/bin/pip install -e .`). The bench is switched on for
the tests and afterwards as it was before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.bench import Bench


@pytest.fixture(scope="session")
def real_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The bench, switched on."""
    folder, site = os.environ.get("FRAPPE_BENCH"), os.environ.get("FRAPPE_SITE")
    if not folder or not site:
        pytest.skip("needs a real bench: FRAPPE_BENCH=/path/to/bench FRAPPE_SITE=a-trial-site")
    bench = Bench(Path(folder), site, tmp_path_factory.mktemp("bench"))
    was_on = bench.config.get("frappe_celery_enabled")
    try:
        bench.run("frappe-celery", "enable")
        yield bench
    finally:
        if not was_on:
            bench.run("frappe-celery", "disable")
        bench.close()


@pytest.fixture
def bench(real_bench: Bench, tmp_path: Path) -> Iterator[Bench]:
    """The bench, for one test: its queues are empty, its processes end with the test."""
    bench = Bench(real_bench.root, real_bench.site, tmp_path / "logs")
    try:
        bench.ask("from frappe.utils.doctor import purge_pending_jobs; purge_pending_jobs()")
        yield bench
        sites = [site for site in (bench.site, bench.other_site) if site]
        for site in sites:
            bench.ask("frappe.db.delete('ToDo', {'description': ('like', '%|%|%')})", site)
    finally:
        bench.close()
