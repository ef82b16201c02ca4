"""`doctor` says when every user of the machine can read the key that signs jobs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.watch.doctor.installation import check_configuration
from frappe_celery.watch.doctor.report import Section


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every user can enter, as no `tmp_path` is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


def warnings(folder: Path) -> list[tuple[str, str]]:
    config = Settings.load(folder, {})
    assert config.signer
    return said(config)


def said(config: Settings) -> list[tuple[str, str]]:
    found = Section("configuration")
    check_configuration(found, config)
    return [(finding.text, finding.advice) for finding in found.findings]


def test_in_the_configuration_of_a_bench(open_folder: Path) -> None:
    common = open_folder / "sites" / "common_site_config.json"
    common.parent.mkdir()
    common.write_text(json.dumps({"frappe_celery_key": "k" * 40}))
    common.chmod(0o644)
    ((text, advice),) = warnings(open_folder)
    assert f"every user of this machine can read the key that signs jobs, in {common}" in text
    assert advice.startswith(f"chmod o-r {common}")
    assert "frappe-celery key rotate" in advice

    common.chmod(0o640)
    assert not warnings(open_folder)
    common.chmod(0o644)
    open_folder.chmod(0o750)  # nobody else gets there
    assert not warnings(open_folder)


def test_in_a_file_of_its_own(open_folder: Path) -> None:
    assert not warnings(open_folder)  # as it is made
    key = open_folder / ".frappe_celery" / "key"
    key.chmod(0o644)
    key.parent.chmod(0o755)
    ((text, _),) = warnings(open_folder)
    assert str(key) in text


def test_without_a_key_in_it_the_configuration_may_be_read(open_folder: Path) -> None:
    (open_folder / "sites").mkdir()
    (open_folder / "sites" / "common_site_config.json").write_text("{}")
    config = Settings.load(open_folder, {"FRAPPE_CELERY_KEY": "k" * 40})
    assert not said(config)
