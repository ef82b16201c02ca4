"""What process managers run of a bench: its workers and beat, and the texts that tell them so.

The workers are bench's own: `short` also takes what waits in `default`, `long` also in `default`
and `short`, each custom queue has one, with as many processes as `background_workers` says. A
manager sends SIGTERM to the parent process alone, and waits as long as its queues let a job run;
supervisor and systemd start `frappe-celery supervise`, which exchanges the worker on SIGHUP.

Where the project has a Celery app of its own, `celery -A` starts them, and one more for its queues.

In a bench that is not armed they take the place of RQ's; in an armed one both run, under names of
their own.
"""

from __future__ import annotations

import os
import re
import shlex
import sysconfig
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import Celery
from celery.app.utils import find_app

from frappe_celery.commands.supervisor import OWN_PID
from frappe_celery.config.files import DJANGO_SETTINGS, make_importable, options_stand_in, variable
from frappe_celery.config.installed import is_there
from frappe_celery.config.numbers import GRACE_SECONDS, is_whole, require
from frappe_celery.config.option_defaults import OPTIONS
from frappe_celery.config.secrets import is_secret, masked_text
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.worker.readiness import Readiness

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
CELERYS_APP = "APP"
"""The variable that Celery's own commands take for `-A`."""
NEEDED = (
    *(DJANGO_SETTINGS, "DJANGO_CONFIGURATION", "CELERY_CONFIG_MODULE", "PYTHONPATH"),
    *("FRAPPE_SITE", "DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"),
    *map(variable, OPTIONS),
)


def manager(config: Settings) -> str:
    """Whose files the bench has, as `setup` names it."""
    folder = config.root / "config"
    if (folder / "supervisor.conf").exists():
        return "supervisor"
    return "systemd" if (folder / "systemd").exists() else "procfile"


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
class Process:
    """A worker, or beat, that a process manager starts."""

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
    def log(self) -> str:
        """The file in `logs/` that it writes to, without its ending."""
        return "schedule" if self.is_beat else "worker"

    @property
    def exchanged(self) -> list[str]:
        """A worker with a supervisor, so that SIGHUP exchanges it; two of one name were one."""
        if self.is_beat:
            return self.command
        named = [word.replace("@%h", f"-{OWN_PID}@%h") for word in self.command]
        return [program(), "supervise", *named]


def processes(config: Settings) -> list[Process]:
    """Beat, the workers that the configuration asks for, and one for queues of an app's own.

    Raises:
        ConfigError: `background_workers` is no number of processes.
    """
    app, own_queues = own_app(config)
    served: dict[str, tuple[str, ...]] = dict(BENCHS_WORKERS)
    served |= {name: (name,) for name in config.workers if name not in BENCHS_WORKERS}
    served |= dict.fromkeys(own_queues[:1], own_queues)
    celery = [program("celery"), "-A", app or ""]
    beat = [program(), "beat"] if app is None else [*celery, "beat", "--loglevel", "INFO"]
    found = [Process("beat", beat, BEAT_STOP_SECONDS)]
    for name, queues in served.items():
        listed, number = ",".join(queues), str(_number_of_processes(config, name))
        if app is None:
            command = [program(), "worker", "--queue", listed, "--num-workers", number]
        else:
            own = ("--queues", listed, "--concurrency", number, "--hostname", f"{name}@%h")
            command = [*celery, "worker", *own, *CELERYS_OPTIONS]
        stop_seconds = config.ending_seconds(queues) + GRACE_SECONDS
        found.append(Process(name, command, stop_seconds, queues))
    return found


def _number_of_processes(config: Settings, name: str) -> int:
    common = config.site_config("").get("background_workers") or 1
    count = config.workers.get(name, {}).get("background_workers") or common
    words = f"a whole number above 0. It stands in {options_stand_in()}"
    require(is_whole(count) and count > 0, "background_workers", count, words)
    return int(count)


def is_replaced(config: Settings, command: str) -> bool:
    """Whether a command is one of those whose place ours take."""
    patterns = (OURS if config.is_armed else REPLACED, OURS_OF_AN_APP)
    return any(pattern.search(command) for pattern in patterns)


def program(name: str = "frappe-celery") -> str:
    """Path of a program in this environment."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def written(template: str, config: Settings, **values: Any) -> str:
    """A file's text, from `templates/`.

    Filters there: `shell` joins words for a shell, `literal` doubles the signs that supervisor and
    systemd would replace, `quoted` is for what stands in systemd's quotes, `relative` names a
    program in the bench's own folder by its path there.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    def relative(command: list[str]) -> list[str]:
        path = Path(command[0])
        own = path.relative_to(config.root) if path.is_relative_to(config.root) else path
        return [str(own), *command[1:]]

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "shell": shlex.join,
        "literal": lambda value: str(value).replace("%", "%%"),
        "quoted": lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),
        "relative": relative,
    }
    here = {"bench": config.root.name, "root": config.root}
    return environment.get_template(template).render(**here, **values)


def procfile(config: Settings, existing: str = "") -> str:
    """For `bench start` or honcho: `existing` with our lines in place of RQ's processes'."""
    kept = [
        line
        for line in existing.splitlines()
        if line.startswith("#") or not is_replaced(config, line.partition(":")[2])
    ]
    return written(
        "Procfile",
        config,
        kept=kept,
        processes=processes(config),
        prefix="celery_" if config.is_armed else "",
        variables="".join(f"{n}={shlex.quote(v)} " for n, v in variables(config).items()),
    )
