"""Settings in a bench: where it is, and what Frappe itself decides."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from frappe_celery.config.option_checks import FOR_EVER
from frappe_celery.config.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "bench"
    (root / "sites").mkdir(parents=True)
    (root / "sites" / "common_site_config.json").write_text('{"redis_queue": "redis://one"}')
    (root / "apps" / "frappe" / "frappe").mkdir(parents=True)
    (root / "env").mkdir()
    return root


def test_a_script_started_anywhere_finds_the_bench_of_its_environment(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.load(environ={}).root == tmp_path
    monkeypatch.setattr(sys, "prefix", str(root / "env"))
    assert Settings.load(environ={}).root == root
    (tmp_path / "sites").mkdir()  # a project or another bench
    assert Settings.load(environ={}).root == tmp_path
    monkeypatch.chdir(root / "sites")
    assert Settings.load(environ={}).root == root


@pytest.mark.parametrize(
    ("version", "followed"), [("15.55.1", 15), ("16.0.0-dev", 16), ("18.1.0", 17), (None, 15)]
)
def test_the_version_is_that_of_the_frappe_in_the_bench(
    root: Path, version: str | None, followed: int
) -> None:
    source = root / "apps" / "frappe" / "frappe" / "__init__.py"
    source.write_text(f'import os\n\n__version__ = "{version}"\n')
    assert Settings.load(root, environ={}).frappe_version == followed
    forced = {"FRAPPE_CELERY_FRAPPE_VERSION": "14"}
    assert Settings.load(root, environ=forced).frappe_version == 14


def test_frappes_own_variables_win_over_the_file_and_ours_over_them(root: Path) -> None:
    frappes = {"FRAPPE_REDIS_QUEUE": "redis://two", "FRAPPE_REDIS_CACHE": "redis://cache"}
    assert Settings.load(root, environ={}).redis_queue == "redis://one"
    assert Settings.load(root, environ=frappes).redis_queue == "redis://two"
    assert Settings.load(root, environ=frappes).redis_cache == "redis://cache"
    ours = {**frappes, "FRAPPE_CELERY_REDIS_QUEUE": "redis://three"}
    assert Settings.load(root, environ=ours).redis_queue == "redis://three"


@pytest.mark.parametrize("option", ["rq_results_ttl", "rq_job_failure_ttl"])
def test_rqs_minus_one_keeps_records_for_ever(root: Path, option: str) -> None:
    (root / "sites" / "common_site_config.json").write_text(f'{{"{option}": -1}}')
    assert getattr(Settings.load(root, environ={}), option) == FOR_EVER
