"""Log files that many processes write, and that are put aside when they have grown."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.logs import files
from frappe_celery.watch.logs.output import JSONFormatter, Output
from frappe_celery.watch.logs.files import LogFile, opened


def test_a_large_file_is_put_aside_and_other_processes_go_on_in_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 100)
    monkeypatch.setattr(files, "_LOOK_AFTER", 1)
    path = tmp_path / "logs" / "worker.log"
    one, other = LogFile(path), LogFile(path)
    for number in range(files.KEPT * 2 + 4):
        one.write(f"{number} " + "x" * 60 + "\n")
    other.write("last\n")
    assert path.read_text().endswith("last\n")
    assert path.stat().st_size < 200
    kept = sorted(path.parent.glob("worker.log.*"))
    assert len(kept) == files.KEPT
    assert (path.parent / "worker.log.1").read_text().count("\n") == 2, "the newest is .1"


def test_no_line_is_lost_when_a_file_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1000)
    monkeypatch.setattr(files, "_LOOK_AFTER", 1)
    file = LogFile(tmp_path / "worker.log")
    for number in range(100):
        file.write(f"line {number} ".ljust(50) + "\n")
    lines = [ln for path in tmp_path.glob("worker.log*") for ln in path.read_text().splitlines()]
    assert sorted(int(line.split()[1]) for line in lines) == list(range(100))


def test_a_file_that_cannot_be_written_is_said_and_does_not_stop_the_worker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOOK_SECONDS", 0)
    (tmp_path / "logs").write_text("a file where the folder should be")
    file = opened(tmp_path / "logs" / "worker.log")
    assert "worker.log cannot be written" in caplog.text
    file.write("lost\n")
    (tmp_path / "logs").unlink()
    file.write("kept\n")
    number = file.descriptor
    (tmp_path / "logs" / "worker.log").rename(tmp_path / "rotated")
    file.write("anew\n")
    assert file.path.read_text() == "anew\n"
    assert (tmp_path / "rotated").read_text() == "kept\n"
    assert file.descriptor == number, "faulthandler knows no other"


def test_text_that_is_no_utf8_is_written(tmp_path: Path) -> None:
    LogFile(tmp_path / "a.log").write("\udc80\n")
    assert (tmp_path / "a.log").read_text() == "\\udc80\n"


def test_a_record_as_json() -> None:
    record = logging.makeLogRecord(
        {"msg": "%(name)s took %(runtime)s", "args": ({"id": "r1", "name": "m", "runtime": 0.5},)}
    )
    record.args = {"id": "r1", "name": "m", "runtime": 0.5}
    entry = json.loads(JSONFormatter().format(record))
    assert entry["message"] == "m took 0.5"
    assert (entry["run"], entry["method"], entry["runtime"]) == ("r1", "m", 0.5)
    assert entry["process"].endswith(str(os.getpid()))
    assert entry["timestamp"].endswith("+00:00")


def test_a_record_as_json_is_one_line_whatever_is_in_it() -> None:
    record = logging.makeLogRecord({"msg": "a\nb %s", "args": (object(),)})
    text = JSONFormatter().format(record)
    assert "\n" not in text
    assert json.loads(text)["message"].startswith("a\nb <object")


def test_an_unknown_value_of_logs_is_named() -> None:
    with pytest.raises(ConfigError, match="logs is 'syslog'; it must be one of files, output"):
        Settings(root=Path("/"), logs="syslog")


def test_a_line_with_half_a_character_is_written_escaped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_json, shown in ((False, r"caf\udce9"), (True, r"caf\\udce9")):
        monkeypatch.setattr(sys, "__stdout__", sys.stdout)
        output = Output(is_json)
        if is_json:
            output.setFormatter(JSONFormatter())
        output.handle(logging.makeLogRecord({"msg": "caf\udce9", "levelno": logging.INFO}))
        printed = capsys.readouterr()
        assert (shown in printed.out, printed.err) == (True, "")
