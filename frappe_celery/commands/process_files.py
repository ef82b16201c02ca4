"""What process managers run of a bench, its workers and beat, and a Procfile's text.

The workers are bench's own: `short` also takes what waits in `default`, `long` also in `default`
and `short`, each custom queue has one, with as many processes as `background_workers` says. A
manager sends SIGTERM to the parent process alone, and waits as long as its queues let a job run;
supervisor and systemd start `frappe-celery supervise`, which exchanges the worker on SIGHUP.

Where the project has a Celery app of its own, `celery -A` starts them, and one more for its queues.

In a bench that is not armed they take the place of RQ's; in an armed one both run, under names of
their own.
"""

from __future__ import annotations

import re
import shlex
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from frappe_celery.commands.launch import Launch
from frappe_celery.commands.supervisor import OWN_PID
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.numbers import is_whole
from frappe_celery.config.settings import Settings
from frappe_celery.config.timeouts import GRACE_SECONDS
from frappe_celery.errors import ConfigError

BENCHS_WORKERS = {"short": ("short", "default"), "long": ("long", "default", "short")}
BEAT_STOP_SECONDS = 10
CELERYS_OPTIONS = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
REPLACED = re.compile(
    r"(^|[\s/'])(bench|frappe-celery|bench_helper frappe)\s(.*\s)?"
    r"(celery-)?(worker|worker-pool|schedule|beat)($|[\s'])"
)
"""Commands of bench's workers and scheduler, and of an earlier file of ours."""
OURS = re.compile(r"(^|[\s/'])frappe-celery'?\s(.*\s)?(worker|beat)($|[\s'])")
"""Commands of ours alone: workers and scheduler by `frappe-celery`."""
OURS_OF_AN_APP = re.compile(
    r"(^|[\s/'])celery'? -A \S+ (worker --queues \S+ --concurrency \d+ --hostname \S+@%h|beat --l)"
)
"""Those by a project's own app."""


@dataclass(frozen=True)
class WorkerProcess:
    """One worker that a process manager starts."""

    name: str
    queues: tuple[str, ...]
    processes: int
    stop_seconds: int
    """How long it may take to end once it was told to."""

    def command(self, app: str | None) -> list[str]:
        queues, number = ",".join(self.queues), str(self.processes)
        if app is None:
            return [program(), "worker", "--queue", queues, "--num-workers", number]
        own = ["--queues", queues, "--concurrency", number, "--hostname", f"{self.name}@%h"]
        return [program("celery"), "-A", app, "worker", *own, *CELERYS_OPTIONS]


def beat(app: str | None) -> list[str]:
    if app is None:
        return [program(), "beat"]
    return [program("celery"), "-A", app, "beat", "--loglevel", "INFO"]


def workers(config: Settings, own_queues: tuple[str, ...] = ()) -> list[WorkerProcess]:
    """The workers that the configuration asks for, and one for the queues of an app of one's own.

    Raises:
        ConfigError: `background_workers` is no number of processes.
    """
    served: dict[str, tuple[str, ...]] = dict(BENCHS_WORKERS)
    served |= {name: (name,) for name in config.workers if name not in BENCHS_WORKERS}
    served |= dict.fromkeys(own_queues[:1], own_queues)
    return [
        WorkerProcess(
            name,
            queues,
            _processes(config, name),
            config.ending_seconds(queues) + GRACE_SECONDS,
        )
        for name, queues in served.items()
    ]


def _processes(config: Settings, name: str) -> int:
    common = config.site_config("").get("background_workers") or 1
    count = config.workers.get(name, {}).get("background_workers") or common
    if not is_whole(count) or count < 1:
        raise ConfigError(
            f"background_workers is {count!r}; it must be a whole number above 0."
            f" It stands in {options_stand_in()}"
        )
    return count


def is_replaced(config: Settings, command: str) -> bool:
    """Whether a command is one of those whose place ours take."""
    patterns = (OURS if config.is_armed else REPLACED, OURS_OF_AN_APP)
    return any(pattern.search(command) for pattern in patterns)


def program(name: str = "frappe-celery") -> str:
    """Path of a program in this environment."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def exchanged(command: list[str]) -> list[str]:
    """A worker has a supervisor, so that SIGHUP exchanges it; two of one name were one worker."""
    named = [word.replace("@%h", f"-{OWN_PID}@%h") for word in command]
    return [program(), "supervise", *named]


def procfile(config: Settings, launch: Launch, existing: str = "") -> str:
    """For `bench start` or honcho: `existing` with our lines in place of RQ's processes'."""
    kept = [
        line
        for line in existing.splitlines()
        if line.startswith("#") or not is_replaced(config, line.partition(":")[2])
    ]
    prefix = "celery_" if config.is_armed else ""
    variables = [f"{name}={shlex.quote(value)}" for name, value in launch.environment.items()]

    def line(name: str, command: list[str], log: str) -> str:
        path = Path(command[0])
        own = path.relative_to(config.root) if path.is_relative_to(config.root) else path
        words = " ".join([*variables, shlex.join([str(own), *command[1:]])])
        return f"{prefix}{name}: {words} 1>> logs/{log}.log 2>> logs/{log}.error.log"

    lines = [line("beat", beat(launch.app), "schedule")]
    lines += [
        line(f"worker_{worker.name}", worker.command(launch.app), "worker")
        for worker in workers(config, launch.own_queues)
    ]
    return "\n".join([*kept, *lines]) + "\n"
