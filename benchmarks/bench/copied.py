"""A bench whose site is a copy of one of its sites, so that real jobs may write to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import server
from benchmarks.bench import sites
from benchmarks.bench.database import WorkingCopy, working_copy
from benchmarks.bench.turns import Turns

KEPT_SECONDS = 24 * 60 * 60
"""A finished job's record is kept until it was counted."""


@contextmanager
def in_a_copy(
    bench: Path, site: str, user: str, password: str
) -> Iterator[tuple[Turns, WorkingCopy]]:
    """Turns there, with a Redis of its own for queues, cache and realtime, and no network."""
    config = {
        **sites.read(bench / "sites" / sites.COMMON),
        **sites.read(bench / "sites" / site / sites.OWN),
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        server.private_server(Path(folder)) as url,
        working_copy(config, user, password) as copy,
    ):
        common: dict[str, Any] = {f"redis_{name}": url for name in ("queue", "cache", "socketio")}
        common["rq_results_ttl"] = KEPT_SECONDS
        shadow = sites.emptied(bench, site, Path(folder), common, copy.config)
        yield Turns(bench, shadow, url, catch_network=True), copy
