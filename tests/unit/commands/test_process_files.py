"""What `setup` writes and has process managers told, to the byte, on benches of several kinds."""

from __future__ import annotations

import json
import shlex
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.commands import bench_programs
from frappe_celery.commands.process_managers import (
    ProcessManager,
    Procfile,
    Supervisor,
    Systemd,
    manager_of,
)
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import hosts

EXPECTED = Path(__file__).parents[2] / "fixtures" / "process_files"
ROUTES = {"rules": [["", "", True]], "schedule": "celery"}
WORKERS = {
    "exports": {"timeout": 5000, "background_workers": 3},
    "short": {"background_workers": 2},
}
RQS = {
    "Procfile": """\
# bench's own
redis_queue: redis-server config/redis_queue.conf
web: bench serve --port 8000
schedule: bench schedule
worker: bench worker 1>> logs/worker.log 2>> logs/worker.error.log
mine: python mine.py
""",
    "config/supervisor.conf": """\
; bench's own
[program:b-frappe-schedule]
command=/usr/bin/bench schedule
startretries=10

[program:b-frappe-long-worker]
command=/usr/bin/bench worker --queue long
numprocs=2
process_name=%(program_name)s-%(process_num)d
environment=MINE="a,b",
    OTHER=c

[program:mine]
command=python mine.py

[group:b-workers]
programs=b-frappe-schedule,b-frappe-long-worker,mine
""",
    "config/systemd/b-frappe-long-worker@.service": "[Service]\n",
    "config/systemd/b-frappe-schedule.service": "[Service]\n",
}
BENCHES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "new": ({}, {}),
    "from_rq": ({"background_workers": 4}, RQS),
    "armed": ({"frappe_celery_routes": ROUTES}, RQS),
    "queues": ({"workers": WORKERS, "shutdown_seconds": 900}, {}),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: f"{tmp_path}/b/env/bin")
    monkeypatch.setattr(hosts, "is_bench", lambda: True)
    (tmp_path / "b" / "logs").mkdir(parents=True)
    return tmp_path / "b"


def made(root: Path, options: dict[str, Any], files: dict[str, str]) -> Settings:
    files = {"sites/common_site_config.json": json.dumps(options), **files}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Settings.load(root, environ={})


def lines(kind: type[ProcessManager], config: Settings) -> Iterator[str]:
    """The files, what a person is told next, and what is called in a guided switch."""
    manager = kind(config)
    for path, text in manager.files("root").items():
        yield f"== {path}\n{text}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for what, commands in manager.written("root").items():
        yield from (f"-- {what}", *map(shlex.join, commands))
    after = kind(config)
    for name in ("add", "restart", "end_celerys"):
        yield from (f"-- {name}", *map(shlex.join, getattr(after, name, ())))
    yield f"-- look\n{shlex.join(after.look)}"


def shown(config: Settings) -> str:
    parts = [
        line
        for kind in (Procfile, Supervisor, Systemd)
        for line in (f"#### {kind.kind}", *lines(kind, config))
    ]
    logs = sorted(path.name for path in config.log_path.iterdir())
    text = "\n".join([*parts, f"-- logs\n{' '.join(logs)}", manager_of(config).kind, ""])
    return text.replace(str(config.root.parent), "/home/frappe")


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_s_files_and_commands(root: Path, name: str) -> None:
    assert shown(made(root, *BENCHES[name])) == (EXPECTED / f"{name}.txt").read_text()


def test_a_project_s_with_an_app_of_its_own(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "is_bench", lambda: False)
    monkeypatch.setattr(bench_programs, "own_app", lambda _: ("team", ("team", "mails")))
    for variable in bench_programs.NEEDED:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FRAPPE_CELERY_WORKERS", '{"a b%": {"$x": "it\'s"}}')
    monkeypatch.setenv("DATABASE_URL", "mysql://user:word@there/name")
    assert shown(made(root, {}, {})) == (EXPECTED / "project.txt").read_text()


def test_written_a_second_time_they_stay_as_they_are(root: Path) -> None:
    config = made(root, *BENCHES["from_rq"])
    for kind in (Procfile, Supervisor, Systemd):
        [*lines(kind, config)]
        for path, text in kind(config).files("root").items():
            assert path.read_text() == text
