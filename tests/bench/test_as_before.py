"""What tests leave behind that are broken off."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from tests.bench.as_before import APP, ROWS, Before
from tests.bench.bench import Bench
from tests.bench.test_beat import change
from tests.bench.test_beat import sites as sites  # a fixture


def files(bench: Bench) -> dict[Path, str]:
    folder = bench.root / "sites"
    found = [folder / "apps.txt", *folder.glob("*.json"), *folder.glob("*/site_config.json")]
    return {path: path.read_text() for path in found}


def schedule(bench: Bench, site: str) -> Any:
    return bench.ask(ROWS, site)


def test_the_next_run_puts_the_bench_right(bench: Bench, sites: list[str]) -> None:
    known = Before(bench)
    folder = bench.root / "sites"
    before = {folder / name: text for name, text in known.kept()["files"].items()}
    rows = {site: json.loads(text) for site, text in known.kept()["rows"].items()}
    assert rows.keys() == set(sites)
    assert schedule(bench, sites[1]) != rows[sites[1]], "the fixture stops them"
    left = bench.start("python", "-c", "import time; time.sleep(100)")
    common, apps = (bench.root / "sites" / n for n in ("common_site_config.json", "apps.txt"))
    common.write_text(json.dumps({**bench.config, "scheduler_tick_interval": 1}))
    apps.write_text(f"{before[apps].rstrip()}\n{APP}\n")
    change(bench, sites[1], db_port=1)
    copied = bench.root / "sites" / "fc-left.test"
    copied.mkdir()
    try:
        known.put_right()
        assert left.wait(10) == -signal.SIGKILL
        assert files(bench) == before
        assert not copied.exists()
        assert {site: schedule(bench, site) for site in sites} == rows
    finally:
        bench.run("frappe-celery", "enable")
        known.keep()
