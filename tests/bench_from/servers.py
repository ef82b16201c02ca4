"""A bench's database server and two Redis, on ports of their own, with their data in its folder.

What MariaDB or PostgreSQL committed survives it, not the machine: nothing waits for the disk.
PostgreSQL refuses to run as root: it is then nobody's, who must be let into the bench's folder.
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
DATABASES = ("mariadb", "postgres", "sqlite")
"""As Frappe's `db_type` has them; SQLite has no server."""
NAMES = ("mariadb", "postgres", "redis_queue", "redis_cache")
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
POSTGRES = """listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
fsync = off
full_page_writes = off
max_connections = 300
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


def make(bench: Layout, database: str = "mariadb") -> None:
    """Their configuration, which the bench's own follows, and an empty database server."""
    names = [name for name in NAMES if name == database or name not in DATABASES]
    ports = {name: free_port() for name in names}
    for name, port in ports.items():
        data = bench.data / name
        data.mkdir()
        text = {"mariadb": MARIADB, "postgres": POSTGRES}.get(
            name, REDIS + (KEPT if "queue" in name else CACHE)
        )
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
    cache = f"redis://{LOOPBACK}:{ports['redis_cache']}"
    bench.configure(
        root_login="postgres" if database == "postgres" else "root",
        root_password=ROOT_PASSWORD,
        redis_queue=f"redis://{LOOPBACK}:{ports['redis_queue']}",
        redis_cache=cache,
        redis_socketio=cache,
        webserver_port=free_port(),
        socketio_port=free_port(),
        background_workers=1,
    )
    if database in ports:
        bench.configure(db_host=LOOPBACK, db_port=ports[database])
        {"mariadb": _install_mariadb, "postgres": _install_postgres}[database](bench)


def _install_mariadb(bench: Layout) -> None:
    (bench.config / "mariadb.sql").write_text(ROOT.format(ROOT_PASSWORD))
    options = (f"--defaults-file={_file(bench, 'mariadb')}", "--skip-test-db")
    run(program("mariadb-install-db"), *options, "--auth-root-authentication-method=normal")


def _install_postgres(bench: Layout) -> None:
    data, user = bench.data / "postgres", _user_of("postgres")
    if user:
        shutil.chown(data, user)
    how = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    run(program("initdb"), "-D", str(data), *how, cwd=data, user=user)


def start(bench: Layout) -> None:
    """Those that do not run; returns when all answer."""
    running = dict(_running(bench))
    for name in _made(bench):
        if name not in running:
            _refuse_where_another_listens(bench, name)
            _start(_command(bench, name), bench.logs / f"{name}.log", _user_of(name))
    wait_until(lambda: _all_answer(bench), SECONDS, f"the servers of {bench.folder} answer")


def stop(bench: Layout) -> None:
    """Returns when all have ended."""
    for name, number in _running(bench):
        with suppress(ProcessLookupError):  # at SIGTERM PostgreSQL waits until its last client left
            os.kill(number, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    wait_until(lambda: not dict(_running(bench)), SECONDS, "the servers have ended")


def is_ours(bench: Layout) -> bool:
    """It was made here, with servers of its own."""
    return bool(_made(bench))


def program(name: str) -> str:
    """Its path, or an error that says what to install."""
    postgres = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))[-1:]
    path = shutil.which(name, path=":".join([os.environ.get("PATH", ""), *postgres]))
    if path is None:
        raise click.ClickException(
            f"{name} is not installed: Redis, and MariaDB or PostgreSQL are needed"
        )
    return path


def _made(bench: Layout) -> list[str]:
    return [name for name in NAMES if _file(bench, name).exists()]


def _user_of(name: str) -> str | None:
    """Who runs it, where that is not us."""
    return "nobody" if name == "postgres" and os.getuid() == 0 else None


def _command(bench: Layout, name: str) -> tuple[str, ...]:
    file = _file(bench, name)
    if name == "mariadb":
        return program("mariadbd"), f"--defaults-file={file}"
    if name == "postgres":
        return program("postgres"), "-D", str(bench.data / name), f"--config-file={file}"
    return program("redis-server"), str(file)


def _refuse_where_another_listens(bench: Layout, name: str) -> None:
    """While the bench was stopped its port was free for everybody."""
    numbers = bench.configuration
    port = str(numbers["db_port" if name in DATABASES else name]).rpartition(":")[2]
    with socket.socket() as asks:
        if asks.connect_ex((LOOPBACK, int(port))) == 0:
            raise click.ClickException(
                f"another program listens on port {port}, which is {name}'s: stop that, or give"
                f" {name} another in {_file(bench, name)} and sites/common_site_config.json"
            )


def _start(command: tuple[str, ...], log: Path, user: str | None) -> None:
    with log.open("ab") as output:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=user,
        )


def _all_answer(bench: Layout) -> bool:
    numbers = bench.configuration
    for name in ("redis_queue", "redis_cache"):
        port = numbers[name].rpartition(":")[2]
        done = subprocess.run(["redis-cli", "-p", port, "ping"], capture_output=True)
        if done.stdout.strip() != b"PONG":
            return False
    return all(_answers(name, numbers["db_port"]) for name in _made(bench) if name in DATABASES)


def _answers(database: str, port: int) -> bool:
    where = (f"--host={LOOPBACK}", f"--port={port}")
    if database == "postgres":
        return not subprocess.run([program("pg_isready"), *where], capture_output=True).returncode
    ping = ("mariadb-admin", "--no-defaults", *where, "-uroot", f"-p{ROOT_PASSWORD}", "ping")
    return b"is alive" in subprocess.run(ping, capture_output=True).stdout


def _running(bench: Layout) -> Iterator[tuple[str, int]]:
    """Names and process ids; a file that a crash left counts only while its server is that one."""
    for name in NAMES:
        file = bench.config / "pids" / f"{name}.pid"
        if name == "postgres":
            file = bench.data / name / "postmaster.pid"
        number, command = "", b""
        with suppress(FileNotFoundError, ProcessLookupError):  # it may end, and take its file away
            number = file.read_text().partition("\n")[0].strip()
            command = Path("/proc", number, "cmdline").read_bytes()
        if number and os.fsencode(bench.folder) in command:
            yield name, int(number)
        elif number:
            file.unlink(missing_ok=True)


def _file(bench: Layout, name: str) -> Path:
    return bench.config / (f"{name}.cnf" if name == "mariadb" else f"{name}.conf")
