"""A configuration file that cannot be read: which file, which line, what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError

BROKEN = [
    ('{"a": 1,\n "b": 2,\n c}', 3),
    ('{"a": 1\n "b": 2}', 2),
    ("", 1),
    ('{"a": 1}\n\n\n{"b": 2}', 4),
    ("{'a': 1}", 1),
    ('{"a": 1 // comment\n}', 1),
    ('\ufeff{"a": 1}', 1),
]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    (tmp_path / "sites" / "site1").mkdir(parents=True)
    (tmp_path / "sites" / "common_site_config.json").write_text("{}")
    (tmp_path / "sites" / "site1" / "site_config.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_broken_json_of_the_bench_names_file_and_line(bench: Path, text: str, line: int) -> None:
    file = bench / "sites" / "common_site_config.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Settings.load(bench, {})
    assert f"{file}, line {line}," in str(error.value)


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_broken_json_of_a_site_names_file_and_line(bench: Path, text: str, line: int) -> None:
    config = Settings.load(bench, {})
    file = bench / "sites" / "site1" / "site_config.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        config.site_config("site1")
    assert f"{file}, line {line}," in str(error.value)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"text"'])
def test_json_that_is_no_object_is_an_error(bench: Path, text: str) -> None:
    file = bench / "sites" / "common_site_config.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match="must be a JSON object") as error:
        Settings.load(bench, {})
    assert str(file) in str(error.value)


def test_bytes_that_are_no_text_are_an_error_with_the_line(bench: Path) -> None:
    file = bench / "sites" / "common_site_config.json"
    file.write_bytes(b'{"a": 1,\n "b": "caf\xe9"}')
    with pytest.raises(ConfigError, match="UTF-8") as error:
        Settings.load(bench, {})
    assert f"{file}, line 2:" in str(error.value)


def test_a_file_that_cannot_be_opened_is_an_error(bench: Path) -> None:
    file = bench / "sites" / "common_site_config.json"
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read") as error:
        Settings.load(bench, {})
    assert str(file) in str(error.value)


def test_text_is_utf_8_whatever_the_locale(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda *_: "ascii")
    file = bench / "sites" / "common_site_config.json"
    file.write_bytes(json.dumps({"company": "Café"}, ensure_ascii=False).encode())
    assert Settings.load(bench, {}).site_config("site1")["company"] == "Café"


def test_a_mended_file_is_read(bench: Path) -> None:
    config = Settings.load(bench, {})
    file = bench / "sites" / "site1" / "site_config.json"
    file.write_text("{")
    with pytest.raises(ConfigError):
        config.site_config("site1")
    file.write_text('{"mended": true}')
    assert config.site_config("site1")["mended"] is True


def test_a_site_that_comes_or_goes_is_noticed(bench: Path) -> None:
    config = Settings.load(bench, {})
    sites = bench / "sites"
    os.utime(sites, (0, 0))  # long unchanged: listed once, then remembered
    assert config.sites() == ["site1"]
    (sites / "site2").mkdir()
    os.utime(sites, (1, 1))
    assert config.sites() == ["site1"]
    (sites / "site2" / "site_config.json").write_text("{}")  # the folder of sites stays as it was
    assert config.sites() == ["site1", "site2"]
    assert config.site_folder("site2")
    (sites / "site1" / "site_config.json").unlink()
    assert config.sites() == ["site2"]
    assert not config.site_folder("site1")
