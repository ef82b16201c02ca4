"""A bench whose sites are copies of some of its sites, so that real jobs may write to them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import server
from benchmarks.bench import sites
from benchmarks.bench.database import NAME, WorkingCopy, working_copy
from benchmarks.bench.turns import Turns

KEPT_SECONDS = 24 * 60 * 60
"""A finished job's record is kept until it was counted."""
KEPT_FAILED = 10**9
"""So is a failed one's, of which a site's own configuration may keep few."""


@contextmanager
def in_a_copy(
    bench: Path, site: str, user: str, password: str
) -> Iterator[tuple[Turns, WorkingCopy]]:
    """Turns there, with a Redis of its own for queues, cache and realtime, and no network."""
    with in_copies(bench, (site,), user, password) as (turns, copies):
        yield turns, copies[site]


@contextmanager
def in_copies(
    bench: Path, names: Sequence[str], user: str, password: str, **common: Any
) -> Iterator[tuple[Turns, dict[str, WorkingCopy]]]:
    """The same with several sites, and more of the configuration that they share."""
    of_all = sites.read(bench / "sites" / sites.COMMON)
    copies = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(server.private_server(Path(folder)))
        for number, name in enumerate(names):
            config = {**of_all, **sites.read(bench / "sites" / name / sites.OWN)}
            copy = working_copy(config, user, password, f"{NAME}_{number}")
            copies[name] = stack.enter_context(copy)
        common |= {f"redis_{name}": url for name in ("queue", "cache", "socketio")}
        common["rq_results_ttl"] = KEPT_SECONDS
        own = {
            n: {**copy.config, "rq_failed_jobs_limit": KEPT_FAILED} for n, copy in copies.items()
        }
        shadow = sites.emptied(bench, Path(folder), common, own)
        yield Turns(bench, shadow, url, catch_network=True), copies
