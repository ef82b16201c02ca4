"""`frappe-celery setup`: the process files, made from the bench's configuration."""

from __future__ import annotations

import configparser
import json
import os
import pwd
import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from frappe_celery.cli import main
from frappe_celery.commands.bench_programs import path_of, programs
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings

CONFIG = {
    "redis_queue": "redis://127.0.0.1:1",
    "frappe_user": "nobody",
    "background_workers": 3,
    "workers": {
        "exports": {"timeout": 5000, "background_workers": 2},
        "mails": {"timeout": 100},
        "short": {"timeout": 40},
    },
}
PROCFILE = """redis_queue: redis-server config/redis_queue.conf
web: bench serve --port 8000
socketio: /usr/bin/node apps/frappe/socketio.js
# schedule: bench schedule
mine: env/bin/celery -A mycompany worker
schedule: bench schedule
worker: NO_PROXY=* bench worker 1>> logs/worker.log 2>> logs/worker.error.log
worker_exports: bench worker --queue exports
"""
SUPERVISOR = """; the order in which they end
[program:frappe-bench-frappe-web]
command=/home/frappe-bench/env/bin/gunicorn frappe.app:application --preload
priority=4

[program:frappe-bench-frappe-schedule]
command=/usr/local/bin/bench schedule

[program:frappe-bench-frappe-short-worker]
command=/usr/local/bin/bench worker --queue short,default
numprocs=3
process_name=%(program_name)s-%(process_num)d

[program:frappe-bench-frappe-old-worker]
command=/usr/local/bin/bench worker --queue old

[program:listener]
command=/usr/bin/listener

[group:frappe-bench-web]
programs=frappe-bench-frappe-web

[group:frappe-bench-workers]
programs=frappe-bench-frappe-schedule, frappe-bench-frappe-old-worker,listener
"""


class Bench:
    """A bench's folder, and `frappe-celery setup` run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def configure(self, **config: Any) -> None:
        (self.root / "sites" / "common_site_config.json").write_text(json.dumps(config))
        settings.use(Settings.load(self.root, environ={}))

    def setup(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["setup", *arguments])

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def lines(self, path: str) -> list[str]:
        return (self.root / path).read_text().splitlines()

    def ini(self, path: str) -> configparser.ConfigParser:
        parsed = configparser.ConfigParser(interpolation=None, strict=True)
        parsed.optionxform = str  # type: ignore[assignment]
        parsed.read(self.root / path)
        return parsed


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # outside of a bench it is carried
    bench = Bench(tmp_path / "frappe-bench")
    (bench.root / "sites").mkdir(parents=True)
    bench.configure(**CONFIG)
    yield bench
    settings.use(None)


Section = configparser.SectionProxy


def worker(queues: str, processes: int) -> str:
    return f"{path_of()} worker --queue {queues} --num-workers {processes}"


def supervised(queues: str, processes: int) -> str:
    return f"{path_of()} supervise {worker(queues, processes)}"


def test_each_manager_runs_what_stands_in_the_one_table(bench: Bench) -> None:
    for manager in ("procfile", "supervisor", "systemd"):
        assert bench.setup(manager, "--yes").exit_code == 0
    in_supervisor = bench.ini("config/supervisor.conf")
    listed = in_supervisor["group:frappe-bench-workers"]["programs"].split(",")
    sections = [in_supervisor[f"program:{name}"] for name in listed]
    _, units = units_of(bench)
    table = programs(settings.current())
    assert [line.partition(" 1>> ")[0] for line in bench.lines("Procfile")] == [
        f"{one.name if one.is_beat else f'worker_{one.name}'}: {' '.join(one.command)}"
        for one in table
    ]
    for one, section, unit in zip(table, sections, units, strict=True):
        words = unit["Service"]["ExecStart"].strip('"').split('" "')
        assert section["command"].split() == words == one.supervised
        stops = section["stopwaitsecs"], unit["Service"]["TimeoutStopSec"]
        assert stops == (str(one.stop_seconds),) * 2


def test_a_procfile_keeps_the_lines_that_are_not_rqs(bench: Bench) -> None:
    file = bench.write("Procfile", PROCFILE)
    assert bench.setup("procfile", "--yes").exit_code == 0
    lines = file.read_text().splitlines()
    assert lines[:5] == PROCFILE.splitlines()[:5]
    assert [line.partition(" 1>> ")[0] for line in lines[5:]] == [
        f"beat: {path_of()} beat",
        f"worker_short: {worker('short,default', 3)}",
        f"worker_long: {worker('long,default,short', 3)}",
        f"worker_exports: {worker('exports', 2)}",
        f"worker_mails: {worker('mails', 3)}",
    ]
    again = bench.setup("procfile")
    assert again.exit_code == 0, "nothing would change"
    assert "Up to date" in again.output


def test_supervisor_keeps_the_programs_that_are_not_rqs(bench: Bench) -> None:
    bench.write("config/supervisor.conf", SUPERVISOR)
    assert bench.setup("supervisor", "--yes").exit_code == 0
    parsed = bench.ini("config/supervisor.conf")
    before = configparser.ConfigParser(interpolation=None)
    before.read_string(SUPERVISOR)
    for kept in ("program:frappe-bench-frappe-web", "program:listener", "group:frappe-bench-web"):
        assert dict(parsed[kept]) == dict(before[kept])
    names = ["schedule", "short-worker", "long-worker", "exports-worker", "mails-worker"]
    programs = [f"frappe-bench-frappe-{name}" for name in names]
    assert parsed["group:frappe-bench-workers"]["programs"].split(",") == [*programs, "listener"]
    assert "program:frappe-bench-frappe-old-worker" not in parsed
    assert (bench.root / "config/supervisor.conf").read_text().startswith("; the order in which")
    beat, *workers = (parsed[f"program:{name}"] for name in programs)
    assert beat["command"] == f"{path_of()} beat"
    assert [(w["command"], w["stopwaitsecs"]) for w in workers] == [
        (supervised("short,default", 3), "360"),
        (supervised("long,default,short", 3), "1560"),
        (supervised("exports", 2), "5060"),
        (supervised("mails", 3), "160"),
    ]
    for section in (beat, *workers):
        assert section["user"] == "nobody"
        assert section["directory"] == str(bench.root)
        assert (section["stopsignal"], section["stopasgroup"]) == ("TERM", "false")
        assert "numprocs" not in section
    assert "Up to date" in bench.setup("supervisor").output


def test_supervisor_keeps_settings_of_ones_own(bench: Bench) -> None:
    own = "startretries=10\nenvironment=A=1,\n  B=2\n"
    start = "[program:frappe-bench-frappe-short-worker]\ncommand=bench worker --queue short\n"
    bench.write("config/supervisor.conf", f"{start}numprocs=2\n{own}user=somebody\n")
    for _ in range(2):
        assert bench.setup("supervisor", "--yes").exit_code == 0
        worker = bench.ini("config/supervisor.conf")["program:frappe-bench-frappe-short-worker"]
        assert (worker["startretries"], worker["environment"]) == ("10", "A=1,B=2")
        assert (worker["user"], "numprocs" in worker) == ("nobody", False)


def test_systemd_units_are_those_that_the_target_starts(bench: Bench) -> None:
    bench.write("config/systemd/frappe-bench-frappe-short-worker@.service", "[Unit]\n")
    bench.write("config/systemd/frappe-bench-frappe-web.service", "[Unit]\n")
    result = bench.setup("systemd", "--user", "daemon")
    assert result.exit_code == 0
    folder = "config/systemd/"
    target = bench.ini(f"{folder}frappe-bench-workers.target")
    names = target["Unit"]["Wants"].split()
    assert names == [
        "frappe-bench-celery-beat.service",
        *(f"frappe-bench-celery-{n}-worker.service" for n in ("short", "long", "exports", "mails")),
    ]
    services = [bench.ini(folder + name)["Service"] for name in names]
    assert [service["TimeoutStopSec"] for service in services] == [
        *("10", "360", "1560", "5060", "160")
    ]
    for service in services:
        assert service["KillMode"] == "mixed"
        assert service["User"] == "daemon"
    words = services[3]["ExecStart"].strip('"').split('" "')
    assert words == supervised("exports", 2).split()
    assert [service.get("ExecReload", "") for service in services] == [
        "",
        *["/bin/kill -HUP $MAINPID"] * 4,
    ]
    assert "systemctl enable --now frappe-bench-workers.target" in result.output
    assert "systemctl reload 'frappe-bench-celery-*-worker.service'\n" in result.output
    assert "systemctl disable frappe-bench-frappe-short-worker@.service\n" in result.output


def units_of(bench: Bench) -> tuple[Section, list[configparser.ConfigParser]]:
    """The target's `[Unit]`, and the services that it starts."""
    assert bench.setup("systemd", "--yes").exit_code == 0
    folder = "config/systemd/"
    (path,) = (bench.root / folder).glob("*.target")
    target = bench.ini(f"{folder}{path.name}")["Unit"]
    return target, [bench.ini(folder + name) for name in target["Wants"].split()]


def test_systemd_stops_workers_before_the_servers_that_their_jobs_need(bench: Bench) -> None:
    """Else a job that has ended cannot be recorded, and is taken for abandoned."""
    _, services = units_of(bench)
    for service in services:
        after = service["Unit"]["After"].split()
        assert {"frappe-bench-redis-queue.service", "frappe-bench-redis-cache.service"} < {*after}
        assert {"redis-server.service", "valkey-server.service"} < {*after}
        assert {"mariadb.service", "postgresql.service", "rabbitmq-server.service"} < {*after}
        assert not {"Requires", "BindsTo"} & {*service["Unit"]}, "a restart of Redis stops no job"


def test_systemd_starts_a_worker_again_however_often_it_ended(bench: Bench) -> None:
    _, services = units_of(bench)
    for service in services:
        assert service["Unit"]["StartLimitIntervalSec"] == "0"
        assert (service["Service"]["Restart"], service["Service"]["RestartSec"]) == ("always", "2")


def test_systemd_ends_no_worker_for_a_job_that_was_out_of_memory(bench: Bench) -> None:
    _, services = units_of(bench)
    assert {service["Service"]["OOMPolicy"] for service in services} == {"continue"}


def test_systemd_waits_for_a_worker_before_a_reload_but_not_at_the_machines_start(
    bench: Bench,
) -> None:
    target, (beat, *workers) = units_of(bench)
    assert {(w["Service"]["Type"], w["Service"]["TimeoutStartSec"]) for w in workers} == {
        ("notify", "infinity")
    }
    assert not {"Type", "TimeoutStartSec"} & {*beat["Service"]}
    assert target["Before"] == target["Wants"], "Redis may be away"


def logs_of(bench: Bench) -> list[Path]:
    """What the services write to, beat's first."""
    _, services = units_of(bench)
    named = (s["Service"][f"Standard{kind}"] for s in services for kind in ("Output", "Error"))
    return list(dict.fromkeys(Path(name.removeprefix("append:")) for name in named))


def test_in_an_armed_bench_systemd_writes_to_files_that_are_not_rqs(bench: Bench) -> None:
    """RQ's units write with `file:`, over what is there."""
    names = [f"{kind}{end}.log" for kind in ("schedule", "worker") for end in ("", ".error")]
    assert [path.name for path in logs_of(bench)] == names
    bench.configure(**CONFIG, frappe_celery_routes={})
    shutil.rmtree(bench.root / "config")
    assert [path.name for path in logs_of(bench)] == [f"celery-{name}" for name in names]


def test_logs_are_made_for_the_user_whom_the_processes_run_as(bench: Bench) -> None:
    """Those that systemd makes are root's."""
    (bench.root / "logs").mkdir()
    (there := bench.root / "logs" / "worker.log").touch()
    owner = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert {path.stat().st_uid for path in logs_of(bench) if path != there} == {owner}
    assert there.stat().st_uid == os.geteuid()


@pytest.mark.parametrize(
    ("manager", "path", "text"),
    [
        ("procfile", "Procfile", PROCFILE),
        ("supervisor", "config/supervisor.conf", SUPERVISOR),
        ("systemd", "config/systemd/frappe-bench-workers.target", "[Unit]\nWants=mine.service\n"),
    ],
)
def test_a_file_that_exists_is_shown_and_left_alone(
    bench: Bench, manager: str, path: str, text: str
) -> None:
    file = bench.write(path, text)
    files = sorted(bench.root.rglob("*"))
    result = bench.setup(manager)
    assert result.exit_code == 1
    assert f"{file} would change. --yes writes it" in result.output
    assert "+" in result.output
    assert file.read_text() == text
    assert sorted(bench.root.rglob("*")) == files


def test_a_percent_sign_in_the_path_is_no_variable(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "100%n" / "frappe-bench")
    (bench.root / "sites").mkdir(parents=True)
    bench.configure(**CONFIG)
    try:
        assert bench.setup("supervisor").exit_code == 0
        assert bench.setup("systemd").exit_code == 0
    finally:
        settings.use(None)
    supervisor = (bench.root / "config/supervisor.conf").read_text()
    assert f"directory={tmp_path}/100%%n/frappe-bench\n" in supervisor
    unit = (bench.root / "config/systemd/frappe-bench-celery-beat.service").read_text()
    assert f"WorkingDirectory={tmp_path}/100%%n/frappe-bench\n" in unit


def test_systemd_reads_the_programs_path_as_it_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%` begins a specifier, `$` a variable but in the first word."""
    monkeypatch.setattr(sysconfig, "get_path", lambda name: "/a b/$g/%h")
    _, (beat, short, *_) = units_of(bench)
    written, again = '"/a b/$g/%%h/frappe-celery"', '"/a b/$$g/%%h/frappe-celery"'
    assert beat["Service"]["ExecStart"] == f'{written} "beat"'
    assert short["Service"]["ExecStart"].startswith(f'{written} "supervise" {again} "worker"')


@pytest.mark.parametrize("path", ['/a"b', "/a'b", r"/a\b"])
def test_a_path_from_which_systemd_starts_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: path)
    result = bench.setup("systemd")
    said = f"whose path has a quote or a backslash: {path}/frappe-celery. Move the environment"
    assert (result.exit_code, said in result.output) == (1, True), result.output


@pytest.mark.parametrize("name", ["a/b", "50%", "größe", "a\\b"])
def test_a_queue_that_no_unit_can_be_named_after(bench: Bench, name: str) -> None:
    bench.configure(frappe_user="nobody", workers={name: {}})
    result = bench.setup("systemd")
    assert result.exit_code == 1
    assert f"the name of queue {name!r} can be in no systemd unit's" in result.output
    assert "Rename it in sites/common_site_config.json, `workers`" in result.output
    assert not (bench.root / "config").exists()


def test_a_bench_that_no_unit_can_be_named_after(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "my bench")
    (bench.root / "sites").mkdir(parents=True)
    bench.configure(**CONFIG)
    try:
        result = bench.setup("systemd")
    finally:
        settings.use(None)
    assert (result.exit_code, "the name of bench 'my bench'" in result.output) == (1, True)


@pytest.mark.parametrize("arguments", [["--user", "frape"], []])
def test_systemd_runs_nothing_as_a_user_whom_the_machine_does_not_know(
    bench: Bench, arguments: list[str]
) -> None:
    bench.configure(frappe_user="frape")
    result = bench.setup("systemd", *arguments)
    assert result.exit_code == 1
    assert (
        "user 'frape', whom this machine does not know: name another with --user" in result.output
    )
    assert not (bench.root / "config").exists()


@pytest.mark.parametrize("count", ["four", -1, True])
def test_a_number_of_processes_that_is_none(bench: Bench, count: object) -> None:
    bench.configure(background_workers=count)
    result = bench.setup("procfile")
    assert result.exit_code == 1
    assert f"background_workers is {count!r}" in result.output
    assert not (bench.root / "Procfile").exists()


def test_without_a_configured_number_each_worker_has_one_process(bench: Bench) -> None:
    bench.configure(background_workers=0)
    assert "--queue short,default --num-workers 1 " in bench.setup("procfile").output
