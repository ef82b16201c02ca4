"""The programs that a bench runs on Celery, as one table: its workers and beat.

The workers are bench's own: `short` also takes what waits in `default`, `long` also in `default`
and `short`, each custom queue has one, with as many processes as `background_workers` says. Who
runs them sends SIGTERM to the parent process alone, and waits as long as its queues let a job run;
supervisor and systemd start `frappe-celery supervise`, which exchanges the worker on SIGHUP.

Where the project has a Celery app of its own, `celery -A` starts them, and one more for its queues.

In a bench that is not armed they take the place of RQ's; in an armed one both run, under names of
their own.
"""

from __future__ import annotations

import os
import re
import sysconfig
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from celery import Celery
from celery.app.utils import find_app

from frappe_celery.commands.supervisor import OWN_PID
from frappe_celery.config.files import DJANGO_SETTINGS, make_importable, options_stand_in, variable
from frappe_celery.config.installed import is_there
from frappe_celery.config.numbers import GRACE_SECONDS, is_whole, require
from frappe_celery.config.option_defaults import KEYS
from frappe_celery.config.secrets import is_secret, masked_text
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.worker.readiness import Readiness

BENCHS_WORKERS = {"short": ("short", "default"), "long": ("long", "default", "short")}
BEAT_STOP_SECONDS = 10
CELERYS_OPTIONS = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
REPLACED = re.compile(
    r"(^|[\s/'])((?P<rqs>bench|bench_helper frappe)|frappe-celery)'?\s(.*\s)?"
    r"(celery-)?(worker|worker-pool|schedule|beat)($|[\s'])"
    r"|(^|[\s/'])celery'? -A \S+ (worker --queues \S+ --concurrency \d+ --hostname \S+@%h|beat --l)"
)
"""Commands of bench's workers and scheduler, and of an earlier file of ours."""
CELERYS_APP = "APP"
"""The variable that Celery's own commands take for `-A`."""
NEEDED = (
    *(DJANGO_SETTINGS, "DJANGO_CONFIGURATION", "CELERY_CONFIG_MODULE", "PYTHONPATH"),
    *("FRAPPE_SITE", "DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"),
    *map(variable, KEYS),
)


def own_app(config: Settings) -> tuple[str | None, tuple[str, ...]]:
    """What `celery -A` is given for the app that `frappe_celery.setup` was called on, and those of
    its queues that are not Frappe's. In a bench there is none.

    Raises:
        ConfigError: the module of the app is there and cannot be imported.
    """
    if hosts.is_bench():
        return None, ()
    make_importable(config.root)
    package = os.environ.get(DJANGO_SETTINGS, "").partition(".")[0]
    for name in (os.environ.get(CELERYS_APP), package):
        if not name or not is_there(name):
            continue
        try:
            if is_there(f"{name}.celery"):
                import_module(f"{name}.celery")  # whose ImportError Celery passes over
            app = find_app(name)
        except (AttributeError, ValueError):  # a package without an app
            continue
        except Exception as exc:
            raise ConfigError(f"the Celery app of {name} cannot be imported: {exc}") from exc
        if isinstance(app, Celery) and Readiness in app.steps["worker"]:
            return name, tuple(queue for queue in app.amqp.queues if queue not in config.queues)
    return None, ()


def variables(config: Settings, secret: bool = False) -> dict[str, str]:
    """Those that this process was started with and the others need: what goes into their files, or
    what is secret and does not. In a bench all that they need is in its own files.
    """
    if hosts.is_bench():
        return {}
    own_app(config)  # whose module may set some
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if value and name in NEEDED
        if (is_secret(name) or masked_text(value) != value) is secret
    }


@dataclass(frozen=True)
class Program:
    """A worker, or beat."""

    name: str
    command: list[str]
    stop_seconds: int
    """How long it may take to end once it was told to."""
    queues: tuple[str, ...] = ()
    """The queues of a worker, in order; beat has none."""

    @property
    def is_beat(self) -> bool:
        return not self.queues

    @property
    def unit(self) -> str:
        """Its name, in which a queue is none of the bench's other words."""
        return self.name if self.is_beat else f"{self.name}-worker"

    @property
    def log(self) -> str:
        """The file in `logs/` that it writes to, without its ending."""
        return "schedule" if self.is_beat else "worker"

    @property
    def supervised(self) -> list[str]:
        """A worker with a supervisor, so that SIGHUP exchanges it; two of one name were one."""
        if self.is_beat:
            return self.command
        named = [word.replace("@%h", f"-{OWN_PID}@%h") for word in self.command]
        return [path_of(), "supervise", *named]


def programs(config: Settings) -> list[Program]:
    """Beat, the workers that the configuration asks for, and one for queues of an app's own.

    Raises:
        ConfigError: `background_workers` is no number of processes.
    """
    app, own_queues = own_app(config)
    served: dict[str, tuple[str, ...]] = dict(BENCHS_WORKERS)
    served |= {name: (name,) for name in config.workers if name not in BENCHS_WORKERS}
    served |= dict.fromkeys(own_queues[:1], own_queues)
    celery = [path_of("celery"), "-A", app or ""]
    beat = [path_of(), "beat"] if app is None else [*celery, "beat", "--loglevel", "INFO"]
    found = [Program("beat", beat, BEAT_STOP_SECONDS)]
    for name, queues in served.items():
        listed, number = ",".join(queues), str(_number_of_processes(config, name))
        if app is None:
            command = [path_of(), "worker", "--queue", listed, "--num-workers", number]
        else:
            own = ("--queues", listed, "--concurrency", number, "--hostname", f"{name}@%h")
            command = [*celery, "worker", *own, *CELERYS_OPTIONS]
        stop_seconds = config.ending_seconds(queues) + GRACE_SECONDS
        found.append(Program(name, command, stop_seconds, queues))
    return found


def _number_of_processes(config: Settings, name: str) -> int:
    common = config.site_config("").get("background_workers") or 1
    count = config.workers.get(name, {}).get("background_workers") or common
    words = f"a whole number above 0. It stands in {options_stand_in()}"
    require(is_whole(count) and count > 0, "background_workers", count, words)
    return int(count)


def is_replaced(config: Settings, command: str) -> bool:
    """Whether a command is one of those whose place ours take."""
    found = REPLACED.search(command)
    return found is not None and not (config.is_armed and found["rqs"])


def path_of(program: str = "frappe-celery") -> str:
    """Where a program is in this environment."""
    return str(Path(sysconfig.get_path("scripts")) / program)
