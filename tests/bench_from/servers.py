"""A bench's MariaDB and its two Redis, on ports of their own, with their data in its folder.

What MariaDB committed survives it, not the machine: nothing waits for the disk.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from getpass import getuser
from pathlib import Path

import click

from tests.bench_from.layout import Layout, run
from tests.ports import LOOPBACK, free_port
from tests.waiting import wait_until

ROOT_PASSWORD = "root"
NAMES = ("mariadb", "redis_queue", "redis_cache")
SECONDS = 300

MARIADB = """[mariadbd]
datadir = {data}
socket = {data}/socket
pid-file = {pids}/mariadb.pid
log-error = {logs}/mariadb.log
user = {user}
bind-address = {host}
port = {port}
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
innodb-flush-log-at-trx-commit = 2
innodb-flush-method = nosync
skip-innodb-doublewrite
init-file = {config}/mariadb.sql
"""
ROOT = "alter user root@localhost identified by '{}';\n"
REDIS = """dir {data}
pidfile {pids}/{name}.pid
logfile {logs}/{name}.log
daemonize no
set-proc-title no
bind {host}
port {port}
save ""
"""
KEPT = "appendonly yes\n"
CACHE = "maxmemory 512mb\nmaxmemory-policy allkeys-lru\n"


def make(bench: Layout) -> None:
    """Their configuration, which the bench's own follows, and an empty database server."""
    ports = {name: free_port() for name in NAMES}
    for name, port in ports.items():
        data = bench.data / name
        data.mkdir()
        text = MARIADB if name == "mariadb" else REDIS + (KEPT if "queue" in name else CACHE)
        _file(bench, name).write_text(
            text.format(
                name=name,
                data=data,
                port=port,
                host=LOOPBACK,
                user=getuser(),
                pids=bench.config / "pids",
                logs=bench.logs,
                config=bench.config,
            )
        )
    (bench.config / "mariadb.sql").write_text(ROOT.format(ROOT_PASSWORD))
    cache = f"redis://{LOOPBACK}:{ports['redis_cache']}"
    bench.configure(
        db_host=LOOPBACK,
        db_port=ports["mariadb"],
        root_login="root",
        root_password=ROOT_PASSWORD,
        redis_queue=f"redis://{LOOPBACK}:{ports['redis_queue']}",
        redis_cache=cache,
        redis_socketio=cache,
        webserver_port=free_port(),
        socketio_port=free_port(),
        background_workers=1,
    )
    options = (f"--defaults-file={_file(bench, 'mariadb')}", "--skip-test-db")
    run(_program("mariadb-install-db"), *options, "--auth-root-authentication-method=normal")


def start(bench: Layout) -> None:
    """Those that do not run; returns when all answer."""
    commands = {
        "mariadb": (_program("mariadbd"), f"--defaults-file={_file(bench, 'mariadb')}"),
        **{
            name: (_program("redis-server"), str(_file(bench, name)))
            for name in ("redis_queue", "redis_cache")
        },
    }
    running = dict(_running(bench))
    for name, command in commands.items():
        if name not in running:
            _refuse_where_another_listens(bench, name)
            _start(command, bench.logs / f"{name}.log")
    wait_until(lambda: _all_answer(bench), SECONDS, f"the servers of {bench.folder} answer")


def stop(bench: Layout) -> None:
    """Returns when all have ended."""
    for _, number in _running(bench):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    wait_until(lambda: not dict(_running(bench)), SECONDS, "the servers have ended")


def is_ours(bench: Layout) -> bool:
    """It was made here, with servers of its own."""
    return _file(bench, "mariadb").exists()


def _refuse_where_another_listens(bench: Layout, name: str) -> None:
    """While the bench was stopped its port was free for everybody."""
    numbers = bench.configuration
    port = str(numbers["db_port" if name == "mariadb" else name]).rpartition(":")[2]
    with socket.socket() as asks:
        if asks.connect_ex((LOOPBACK, int(port))) == 0:
            raise click.ClickException(
                f"another program listens on port {port}, which is {name}'s: stop that, or give"
                f" {name} another in {_file(bench, name)} and sites/common_site_config.json"
            )


def _start(command: tuple[str, ...], log: Path) -> None:
    with log.open("ab") as output:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _all_answer(bench: Layout) -> bool:
    numbers = bench.configuration
    for name in ("redis_queue", "redis_cache"):
        port = numbers[name].rpartition(":")[2]
        done = subprocess.run(["redis-cli", "-p", port, "ping"], capture_output=True)
        if done.stdout.strip() != b"PONG":
            return False
    as_root = ("--no-defaults", f"--host={LOOPBACK}", f"--port={numbers['db_port']}", "-uroot")
    ping = ("mariadb-admin", *as_root, f"-p{ROOT_PASSWORD}", "ping")
    return b"is alive" in subprocess.run(ping, capture_output=True).stdout


def _running(bench: Layout) -> Iterator[tuple[str, int]]:
    """Names and process ids; a file that a crash left counts only while its server is that one."""
    for name in NAMES:
        file = bench.config / "pids" / f"{name}.pid"
        number, command = "", b""
        with suppress(FileNotFoundError, ProcessLookupError):  # it may end, and take its file away
            number = file.read_text().strip()
            command = Path("/proc", number, "cmdline").read_bytes()
        if number and os.fsencode(bench.folder) in command:
            yield name, int(number)
        elif number:
            file.unlink(missing_ok=True)


def _file(bench: Layout, name: str) -> Path:
    return bench.config / (f"{name}.cnf" if name == "mariadb" else f"{name}.conf")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise click.ClickException(f"{name} is not installed: MariaDB and Redis are needed")
    return path
