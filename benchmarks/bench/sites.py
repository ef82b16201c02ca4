"""A `sites` folder of the harness's own, in which the bench's code runs.

It shows the bench's, with values of ours in its configuration: the bench's own files are not
written, so there is nothing to restore when a run is interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

COMMON = "common_site_config.json"
OWN = "site_config.json"

OUT_OF_THE_WAY: dict[str, Any] = {
    "max_queued_jobs": 10**9,  # v16 refuses a backlog of more than 500 and 50 a site
    "scheduler_tick_interval": 24 * 60 * 60,  # a pool of RQ's workers brings a scheduler
    "workers": {"fresh": {"timeout": 300, "fresh_process": True}},
}


def shown(bench: Path, site: str, folder: Path, common: Mapping[str, Any] = {}) -> Path:
    """`folder/sites`, with this site of the bench as it is."""
    sites = _bench_without_sites(bench, [site], folder, common)
    for entry in (bench / "sites" / site).iterdir():
        (sites / site / entry.name).symlink_to(entry)
    return sites


def emptied(
    bench: Path, folder: Path, common: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]]
) -> Path:
    """The same with none of the sites' files, and other values in the configuration of each."""
    sites = _bench_without_sites(bench, own, folder, common)
    for site, values in own.items():
        for name in ("private/files", "private/backups", "public/files", "locks", "logs"):
            (sites / site / name).mkdir(parents=True)
        _write(sites / site / OWN, {**read(bench / "sites" / site / OWN), **values})
    return sites


def read(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _bench_without_sites(
    bench: Path, names: Iterable[str], folder: Path, common: Mapping[str, Any]
) -> Path:
    sites = folder / "sites"
    for site in names:
        (sites / site).mkdir(parents=True)
    for name in ("logs", "config"):
        (folder / name).mkdir()
    (folder / "apps").symlink_to(bench / "apps")
    for entry in (bench / "sites").iterdir():
        if entry.name != COMMON and not (entry / OWN).exists():
            (sites / entry.name).symlink_to(entry)
    values = {**read(bench / "sites" / COMMON), **OUT_OF_THE_WAY, **common}
    _write(sites / COMMON, values)
    return sites


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")
