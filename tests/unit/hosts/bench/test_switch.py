"""Who switches a bench goes on with what it has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.hosts.bench import switch


def test_settings_are_read_anew_once_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "common_site_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    settings.use(None)
    assert not settings.current().frappe_celery_enabled
    with switch.writing("switch on"):
        switch.edit(lambda values: values.update({switch.KEY: True}))
    assert settings.current().frappe_celery_enabled
    settings.use(None)
