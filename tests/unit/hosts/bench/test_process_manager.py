"""What supervisor and systemd are told while a bench moves over."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_celery.commands import supervisor_file
from frappe_celery.commands.switch import Manager, manager_of
from frappe_celery.config.settings import Settings

BENCHS = """
[program:v15.55-frappe-web]
command=/home/frappe/v15.55/env/bin/gunicorn -b 127.0.0.1:8000 -w 4 frappe.app:application --preload
priority=4
stopwaitsecs=40
killasgroup=true

[program:v15.55-frappe-schedule]
command=/usr/local/bin/bench schedule
priority=3

[program:v15.55-frappe-short-worker]
command=/usr/local/bin/bench worker --queue short,default
priority=4
stopwaitsecs=360
numprocs=1
process_name=%(program_name)s-%(process_num)d
startretries=10

[program:v15.55-frappe-long-worker]
command=/usr/local/bin/bench worker --queue long,default,short
numprocs=2
process_name=%(program_name)s-%(process_num)d
startretries=10

[program:v15.55-node-socketio]
command=/usr/local/bin/bench socketio

[group:v15.55-web]
programs=v15.55-frappe-web ,v15.55-node-socketio

[group:v15.55-workers]
programs=v15.55-frappe-schedule,v15.55-frappe-short-worker,v15.55-frappe-long-worker
"""
"""What `bench setup supervisor` writes, as far as it is about names."""


def supervisor_of(bench: Path, text: str) -> Manager:
    (bench / "config").mkdir(parents=True)
    (bench / "config" / "supervisor.conf").write_text(text)
    manager = manager_of(Settings.load(bench, environ={}))
    assert manager is not None
    return manager


def test_supervisors_processes_are_named_as_its_status_shows_them(tmp_path: Path) -> None:
    """Else `supervisorctl restart` knows none of RQ's workers."""
    celerys = "[group:v15.55-celery-workers]\nprograms=v15.55-frappe-celery-schedule\n"
    manager = supervisor_of(tmp_path / "v15.55", BENCHS + celerys)
    assert [command[-1] for command in manager.restart] == [
        "v15.55-web:v15.55-frappe-web",
        "v15.55-web:v15.55-node-socketio",
        "v15.55-workers:v15.55-frappe-schedule",
        "v15.55-workers:v15.55-frappe-short-worker-0",
        "v15.55-workers:v15.55-frappe-long-worker-0",
        "v15.55-workers:v15.55-frappe-long-worker-1",
        "v15.55-celery-workers:v15.55-frappe-celery-schedule",
    ]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("", ["one"]),
        ("process_name=mine ; since 2020", ["mine"]),
        ("process_name=%(group_name)s_%(process_num)02d\nnumprocs = 2", ["b-web_00", "b-web_01"]),
        ("process_name=%(process_num)d\nnumprocs=2\nnumprocs_start=5", ["5", "6"]),
    ],
)
def test_numbers_and_names_go_by_supervisors_rules(lines: str, names: list[str]) -> None:
    text = f"[program:one]\ncommand=x\n{lines}\n[group:b-web]\nprograms=one\n"
    assert supervisor_file.supervised("b", text) == [f"b-web:{name}" for name in names]
