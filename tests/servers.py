"""Real servers for integration tests: instances of our own on ports of our own, with their data
in a folder of the test run. Nothing that already runs on the machine is touched or used.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from redis import Redis

from tests.guard import IN_MEMORY
from tests.ports import LOOPBACK, free_port
from tests.waiting import wait_until

START_SECONDS = 60
STOP_SECONDS = 30

WANTED = os.environ.get("FRAPPE_CELERY_TEST_SERVERS", "")
"""`no`: leave them out (`./dev test --no-servers`); `must`: a missing one is a failure (CI)."""


def find_program(name: str, package: str) -> str:
    """Path of a server's program; a test that asks for a missing one is left out, saying why."""
    postgres = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))[-1:]
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/rabbitmq/bin", *postgres]
    path = shutil.which(name, path=":".join(places))
    if WANTED == "no":
        pytest.skip(f"needs {package}, left out by --no-servers")
    if path is None and WANTED == "must":
        pytest.fail(f"{name} is not installed: apt-get install {package}")
    if path is None:
        pytest.skip(f"needs {name}: apt-get install {package}")
    return path


def folder_for(server: str) -> Path:
    """A new folder for a server's data, in memory where there is room."""
    return Path(tempfile.mkdtemp(prefix=f"{server}_", dir=os.environ.get(IN_MEMORY)))


class Server:
    """One running server. `kill` and `start` again find the data of before on the same port."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.log = folder / "output.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.user: str | None = None
        """Who runs it, where that is not us."""

    def start(self) -> None:
        self.launch()
        wait_until(self._is_ready_or_ended, START_SECONDS, f"{type(self).__name__} is ready")

    def launch(self) -> None:
        """Start it and do not wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,  # where a node that dies leaves its dump
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
            )

    def stop(self) -> None:
        self._end(self.stop_signal)

    def kill(self) -> None:
        """As a crash of the machine would: nothing is written any more."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It stands still and its connections stay open, as when a network drops packets."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def is_ready(self) -> bool:
        raise NotImplementedError

    def _is_ready_or_ended(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            pytest.fail(f"{self.command()[0]} ended:\n{self.log.read_text(errors='replace')}")
        return self.is_ready()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def _end(self, number: signal.Signals) -> None:
        self._signal(number)
        if self.process is not None:
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self.process.wait()


class RedisServer(Server):
    """Redis or Valkey, whichever program it is given; `fsync` as its `appendfsync`."""

    options: tuple[str, ...] = ()
    """More words of its command, for when it is started next."""

    def __init__(self, folder: Path, program: str, fsync: str = "always") -> None:
        super().__init__(folder)
        self.program = program
        self.fsync = fsync

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def command(self) -> list[str]:
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": self.fsync,
        }
        words = (word for k, v in options.items() for word in (f"--{k}", v))
        return [self.program, *words, *self.options]

    def is_ready(self) -> bool:
        return bool(Redis.from_url(self.url, retry=None).ping())


def installed(data: Path, install: Callable[[], Any], kept: Path | None) -> None:
    """Make a server's data by `install`, or copy `kept`, what the first of this run's installed."""
    if kept is None:
        install()
        return
    with kept.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            install()
            subprocess.run(["cp", "-a", data, kept], check=True)
            return
    subprocess.run(["cp", "-a", kept, data], check=True)


class MariaDBServer(Server):
    """MariaDB; `root` needs no password, and every test makes the databases that it uses.

    What it committed survives it, not the machine: nothing waits for the disk.
    """

    options = (
        *("--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2"),
        *("--skip-innodb-doublewrite", "--skip-log-bin", "--skip-performance-schema", "--skip-ssl"),
        *("--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--key-buffer-size=1M"),
        *("--innodb-file-per-table=0", "--innodb-stats-persistent=0"),
        *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"),
    )

    def __init__(self, folder: Path, kept: Path | None = None) -> None:
        super().__init__(folder)
        self.program = find_program("mariadbd", "mariadb-server")
        self.socket = folder / "socket"
        self.scratch = folder / "tmp"
        """Its own: a server that starts deletes all `#sql…` files in its tmpdir, others' too."""
        self.scratch.mkdir(exist_ok=True)
        self._connection: Any = None
        if not (folder / "data").exists():
            program = find_program("mariadb-install-db", "mariadb-server")
            installed(folder / "data", lambda: self._install(program), kept)

    def url(self, database: str) -> str:
        return f"mysql://root@{LOOPBACK}:{self.port}/{database}"

    def sql(self, statement: str) -> str:
        """Run statements as root; gives the last one's rows, a line each, columns between tabs."""
        from pymysql.err import MySQLError

        try:
            with self._connected().cursor() as cursor:
                cursor.execute(statement)
                while cursor.nextset():
                    pass
                rows = cursor.fetchall()
        except (MySQLError, OSError) as error:
            raise ConnectionError(*error.args) from error
        return "".join("\t".join("NULL" if v is None else v for v in row) + "\n" for row in rows)

    def copy(self, pattern: str, name: str) -> None:
        """Make a database that has what another one has."""
        tables = self.sql(f"show tables from {pattern}").splitlines()
        self.sql(
            ";".join(
                [
                    f"create database {name}",
                    *(f"create table {name}.`{t}` like {pattern}.`{t}`" for t in tables),
                    *(f"insert into {name}.`{t}` select * from {pattern}.`{t}`" for t in tables),
                ]
            )
        )

    def drop(self, name: str) -> None:
        self.sql(f"drop database if exists {name}")

    def command(self) -> list[str]:
        return [
            self.program,
            *self._options(),
            f"--port={self.port}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'pid'}",
            f"--bind-address={LOOPBACK}",
        ]

    def is_ready(self) -> bool:
        return self.sql("select 1") == "1\n"

    def _connected(self) -> Any:
        """The connection that is kept, opened anew after the server was."""
        import pymysql
        from pymysql.constants import CLIENT

        if self._connection is None or not self._connection.open:
            self._connection = pymysql.connect(
                unix_socket=str(self.socket),
                user="root",
                autocommit=True,
                client_flag=CLIENT.MULTI_STATEMENTS,
                conv={},  # values stay the texts that they come as
            )
        return self._connection

    def _options(self) -> list[str]:
        """As our own user, root too: another one could not pass pytest's private folders."""
        places = [f"--datadir={self.folder / 'data'}", f"--tmpdir={self.scratch}"]
        return ["--no-defaults", *places, f"--user={getuser()}", *self.options]

    def _install(self, program: str) -> None:
        command = [program, *self._options(), "--skip-test-db"]
        command += ["--auth-root-authentication-method=normal"]
        subprocess.run(command, check=True, capture_output=True)


class PostgresServer(Server):
    """PostgreSQL; `root` needs no password, and every test makes the databases that it uses.

    What it committed survives it, not the machine: nothing waits for the disk. It refuses to run
    as root, and another user could not pass pytest's private folders.
    """

    stop_signal = signal.SIGINT  # at SIGTERM it waits until its last client has left
    options = (
        *("fsync=off", "full_page_writes=off", "autovacuum=off"),
        *("wal_level=minimal", "max_wal_senders=0", "max_logical_replication_workers=0"),
        "dynamic_shared_memory_type=mmap",  # in its folder
    )

    def __init__(self, kept: Path | None = None) -> None:
        super().__init__(folder_for("postgres"))
        self.program = find_program("postgres", "postgresql")
        self.user = "nobody" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self._connection: Any = None
        installed(self.folder / "data", self._install, kept)

    def url(self, database: str) -> str:
        return f"postgres://root@{LOOPBACK}:{self.port}/{database}"

    def sql(self, statement: str) -> str:
        """Run statements as root; gives the last one's rows, a line each, columns between `|`."""
        from psycopg import OperationalError
        from psycopg.pq import ConnStatus, ExecStatus, PGconn

        if self._connection is None or self._connection.status != ConnStatus.OK:
            self._connection = PGconn.connect(self.url("postgres").encode())
        try:
            result = self._connection.exec_(statement.encode())
        except OperationalError as error:
            raise ConnectionError(*error.args) from error
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise ConnectionError(self._connection.get_error_message())
        return "".join(
            "|".join(
                (result.get_value(row, column) or b"").decode() for column in range(result.nfields)
            )
            + "\n"
            for row in range(result.ntuples)
        )

    def copy(self, pattern: str, name: str) -> None:
        """Make a database that has what another one has, to which nobody is connected."""
        self.sql(f"create database {name} template {pattern} strategy file_copy")

    def drop(self, name: str) -> None:
        self.sql(f"drop database if exists {name} with (force)")

    def command(self) -> list[str]:
        where = ["-p", str(self.port), "-c", f"listen_addresses={LOOPBACK}", "-k", ""]
        options = [word for option in self.options for word in ("-c", option)]
        return [self.program, "-D", str(self.folder / "data"), *options, *where]

    def is_ready(self) -> bool:
        return self.sql("select 1") == "1\n"

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _install(self) -> None:
        program = Path(self.program).resolve().with_name("initdb")
        how = ["-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        command = [str(program), "-D", str(self.folder / "data"), *how]
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd=self.folder)


class RabbitMQServer(Server):
    """RabbitMQ with a node name, cookie, data and port mapper (epmd) of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.program = find_program("rabbitmq-server", "rabbitmq-server")
        real_program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        if real_program.exists():  # Debian's wrapper on the PATH becomes the user rabbitmq
            self.program = str(real_program)
        self.epmd_port, self.distribution_port = free_port(), free_port()
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\ndisk_free_limit.absolute = 50MB\n"
        )
        (folder / "enabled_plugins").write_text("[].\n")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}//"

    def command(self) -> list[str]:
        return [self.program]

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),  # where the cookie is
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
        }

    def is_ready(self) -> bool:
        """As a client asks: rabbitmqctl is an Erlang of its own, and takes minutes under load."""
        with Connection(self.url, connect_timeout=START_SECONDS) as connection:
            try:
                return bool(connection.connect())
            except connection.connection_errors:
                return False

    def ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run rabbitmqctl against this node."""
        command = [str(Path(self.program).with_name("rabbitmqctl")), *arguments]
        environment = {**os.environ, **self.environment()}
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def stop(self) -> None:
        super().stop()
        epmd = shutil.which("epmd")
        if epmd:  # which refuses until it has seen that its node died
            command = [epmd, "-port", str(self.epmd_port), "-kill"]
            wait_until(
                lambda: (
                    b"Killed" in (done := subprocess.run(command, capture_output=True)).stdout
                    or b"Cannot connect" in done.stdout + done.stderr
                ),
                what="epmd has ended",
            )
