"""Text of the files by which process managers run a bench's workers and beat.

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
import platform
import re
import shlex
import sysconfig
from collections.abc import Mapping
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from frappe_celery.commands.launch import Launch
from frappe_celery.commands.supervisor import OWN_PID
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.settings import Settings
from frappe_celery.config.timeouts import GRACE_SECONDS
from frappe_celery.errors import ConfigError

BENCHS_WORKERS = {"short": ("short", "default"), "long": ("long", "default", "short")}
BEAT_STOP_SECONDS = 10
CELERYS_OPTIONS = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
ABOUT_NUMBERS = {"numprocs", "numprocs_start", "process_name"}
"""Of a program in supervisor's file: ours is one process, with as many children."""
REPLACED = re.compile(
    r"(^|[\s/'])(bench|frappe-celery|bench_helper frappe)\s(.*\s)?"
    r"(celery-)?(worker|worker-pool|schedule|beat)($|[\s'])"
)
"""Commands of bench's workers and scheduler, and of an earlier file of ours."""
OURS = re.compile(r"(^|[\s/'])frappe-celery'?\s(.*\s)?(worker|beat)($|[\s'])")
"""Those of ours alone."""
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
        """Its program and arguments."""
        queues, number = ",".join(self.queues), str(self.processes)
        if app is None:
            return [program(), "worker", "--queue", queues, "--num-workers", number]
        own = ["--queues", queues, "--concurrency", number, "--hostname", f"{self.name}@%h"]
        return [program("celery"), "-A", app, "worker", *own, *CELERYS_OPTIONS]


def _beat(app: str | None) -> list[str]:
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
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ConfigError(
            f"background_workers is {count!r}; it must be a whole number above 0."
            f" It stands in {options_stand_in()}"
        )
    return count


def _is_replaced(config: Settings, command: str) -> bool:
    patterns = (OURS if config.is_armed else REPLACED, OURS_OF_AN_APP)
    return any(pattern.search(command) for pattern in patterns)


def program(name: str = "frappe-celery") -> str:
    """Path of a program in this environment."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _exchanged(command: list[str]) -> list[str]:
    """A worker has a supervisor, so that SIGHUP exchanges it; two of one name were one worker."""
    named = [word.replace("@%h", f"-{OWN_PID}@%h") for word in command]
    return [program(), "supervise", *named]


# -- Procfile (bench start, honcho)


def procfile(config: Settings, launch: Launch, existing: str = "") -> str:
    """A Procfile's text: `existing` with our lines in place of those of RQ's processes."""
    kept = [
        line
        for line in existing.splitlines()
        if line.startswith("#") or not _is_replaced(config, line.partition(":")[2])
    ]
    prefix = "celery_" if config.is_armed else ""
    variables = [f"{name}={shlex.quote(value)}" for name, value in launch.environment.items()]

    def line(name: str, command: list[str], log: str) -> str:
        path = Path(command[0])
        own = path.relative_to(config.root) if path.is_relative_to(config.root) else path
        words = " ".join([*variables, shlex.join([str(own), *command[1:]])])
        return f"{prefix}{name}: {words} 1>> logs/{log}.log 2>> logs/{log}.error.log"

    lines = [line("beat", _beat(launch.app), "schedule")]
    lines += [
        line(f"worker_{worker.name}", worker.command(launch.app), "worker")
        for worker in workers(config, launch.own_queues)
    ]
    return "\n".join([*kept, *lines]) + "\n"


# -- supervisor


def supervisor(config: Settings, launch: Launch, user: str, existing: str = "") -> str:
    """A supervisor file's text: `existing` with our programs in place of those of RQ."""
    bench = config.root.name
    start = f"{bench}-frappe{'-celery' if config.is_armed else ''}"
    environment = launch.environment
    programs = {
        f"{start}-schedule": _program(config, user, _beat(launch.app), "schedule", environment)
    }
    for worker in workers(config, launch.own_queues):
        command = _exchanged(worker.command(launch.app))
        programs[f"{start}-{worker.name}-worker"] = _program(
            config, user, command, "worker", environment, worker.stop_seconds
        )
    sections, gone = [], set(programs)
    for header, body in _sections(existing):
        kind, _, name = header.partition(":")
        if kind == "program" and (name in gone or _is_replaced(config, _value(body, "command"))):
            gone.add(name)
            if name in programs:
                programs[name] = _with_settings_of_ones_own(body, programs[name])
        else:
            sections.append((header, body))
    group, beside = f"group:{supervisor_group(config)}", f"group:{bench}-celery-workers"
    members = list(programs)
    for header, body in sections:
        if header == group:
            members += [name for name in _names(_value(body, "programs")) if name not in gone]
    dropped = {group, beside}
    text = "".join(
        f"[{header}]\n{body}" if header else body
        for header, body in sections
        if header not in dropped
    )
    own = "".join(f"[program:{name}]\n{lines}\n" for name, lines in programs.items())
    before = text.rstrip("\n") + "\n\n" if text.strip() else ""
    return f"{before}{own}[{group}]\nprograms={','.join(members)}\n"


def supervisor_group(config: Settings) -> str:
    """Celery's; `bench restart` restarts `<bench>-workers`, which RQ's keep in an armed bench."""
    return f"{config.root.name}-{'celery-' if config.is_armed else ''}workers"


def _program(
    config: Settings,
    user: str,
    command: list[str],
    log: str,
    environment: Mapping[str, str],
    stop: int = BEAT_STOP_SECONDS,
) -> str:
    lines = {
        "command": shlex.join(command),
        "directory": config.root,
        "user": user,
        "priority": 4 if log == "worker" else 3,
        "autostart": "true",
        "autorestart": "true",
        "stdout_logfile": config.log_path / f"{log}.log",
        "stderr_logfile": config.log_path / f"{log}.error.log",
        "stopsignal": "TERM",
        "stopwaitsecs": stop,
        "stopasgroup": "false",
        "killasgroup": "true",
    }
    if environment:
        lines["environment"] = ",".join(map(_supervisors_variable, environment.items()))
    return "".join(f"{key}={str(value).replace('%', '%%')}\n" for key, value in lines.items())


def supervised(bench: str, text: str) -> list[str]:
    """The bench's processes as `supervisorctl status` shows them, the web's first."""
    file = RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))  # as supervisor's own
    file.read_string(text)
    return [
        f"{group}:{name}"
        for group in (f"{bench}-{kind}" for kind in ("web", "workers", "celery-workers"))
        for program in _names(file.get(f"group:{group}", "programs", fallback=""))
        for name in _processes_of(file, program, group)
    ]


def _processes_of(file: RawConfigParser, program: str, group: str) -> list[str]:
    def value(key: str, default: str) -> str:
        return file.get(f"program:{program}", key, fallback=default)

    about = {"program_name": program, "group_name": group, "host_node_name": platform.node()}
    start = int(value("numprocs_start", "0"))
    return [
        value("process_name", "%(program_name)s") % {**about, "process_num": number}
        for number in range(start, start + int(value("numprocs", "1")))
    ]


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _supervisors_variable(variable: tuple[str, str]) -> str:
    name, value = variable
    quote = "'" if '"' in value else '"'  # supervisor knows no way to write a quote
    return f"{name}={quote}{value}{quote}"


def _with_settings_of_ones_own(body: str, ours: str) -> str:
    """And the lines of a program that ours say nothing of: `startretries`, other variables."""
    lines = dict(line.partition("=")[::2] for line in ours.splitlines())
    entries = re.findall(r"^([\w.]+)\s*=(.*\n?(?:[ \t].*\n?)*)", body, re.MULTILINE)
    for key, value in entries:
        if key == "environment" and key in lines:
            lines[key] = _with_variables_of_ones_own(value, lines[key])
        elif key not in lines and key not in ABOUT_NUMBERS:
            lines[key] = value.rstrip()
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _with_variables_of_ones_own(theirs: str, ours: str) -> str:
    known = set(re.findall(r"(\w+)=", ours))
    variables = re.findall(r"""(\w+)=("[^"]*"|'[^']*'|[^,\s]*)""", theirs)
    return ",".join([ours, *(f"{name}={value}" for name, value in variables if name not in known)])


def _sections(text: str) -> list[tuple[str, str]]:
    """Headers and what follows each; the first, without a header, is what comes before."""
    parts = re.split(r"^\[([^\]]+)\][^\n]*\n", text, flags=re.MULTILINE)
    return [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def _value(body: str, key: str) -> str:
    found = re.search(rf"^{key}\s*=\s*(.*)$", body, re.MULTILINE)
    return found[1] if found else ""


# -- systemd

SERVERS = (
    *("redis-server", "redis", "valkey-server", "valkey", "rabbitmq-server"),
    *("mariadb", "mysql", "mysqld", "postgresql"),
)
"""Units that workers need until their jobs have ended; one that is not there is no error."""
EXCHANGED = """Type=notify
TimeoutStartSec=infinity
ExecReload=/bin/kill -HUP $MAINPID
"""
"""Of a worker: it says when it takes jobs, and before that a reload waits."""


def systemd_target(config: Settings) -> str:
    """The one that `bench restart` restarts; RQ's keep it in an armed bench."""
    return f"{config.root.name}-{'celery' if config.is_armed else 'workers'}.target"


def systemd_logs(config: Settings, kind: str) -> tuple[Path, Path]:
    """What a worker (`worker`) or beat (`schedule`) prints, and its errors.

    In an armed bench RQ's units overwrite theirs from the beginning.
    """
    name = f"{'celery-' if config.is_armed else ''}{kind}"
    return config.log_path / f"{name}.log", config.log_path / f"{name}.error.log"


def systemd(config: Settings, launch: Launch, user: str) -> Mapping[str, str]:
    """Text of each unit, by the file's name.

    Raises:
        ConfigError: the name of the bench or of a queue, or the program's path, can be in no unit.
    """
    bench = config.root.name
    _check_name("bench", bench, "Rename its folder")
    target = systemd_target(config)
    units = {
        f"{bench}-celery-beat.service": _service(
            config, launch, user, _beat(launch.app), "schedule", BEAT_STOP_SECONDS
        )
    }
    for worker in workers(config, launch.own_queues):
        _check_name("queue", worker.name, f"Rename it in {options_stand_in()}, `workers`")
        units[f"{bench}-celery-{worker.name}-worker.service"] = _service(
            config,
            launch,
            user,
            _exchanged(worker.command(launch.app)),
            "worker",
            worker.stop_seconds,
            ",".join(worker.queues),
        )
    services = " ".join(units)
    units[target] = f"""[Unit]
Description={bench}: workers and beat on Celery
After=network.target
# Before: where Redis is away, the machine starts all the same
Before={services}
Wants={services}

[Install]
WantedBy=multi-user.target
"""
    return units


def _service(
    config: Settings,
    launch: Launch,
    user: str,
    command: list[str],
    log: str,
    stop: int,
    queues: str = "",
) -> str:
    output, errors = (_unit_text(path) for path in systemd_logs(config, log))
    own = (f"{config.root.name}-redis-{kind}" for kind in ("queue", "cache"))
    after = " ".join(f"{server}.service" for server in (*own, *SERVERS))
    variables = "".join(map(_units_variable, launch.environment.items()))
    return f"""[Unit]
Description={config.root.name}: {f"worker --queue {queues}" if queues else "beat"}
PartOf={systemd_target(config)}
After=network.target {after}
StartLimitIntervalSec=0

[Service]
{EXCHANGED if log == "worker" else ""}User={user}
WorkingDirectory={_unit_text(config.root)}
{variables}ExecStart={_command_line(command)}
StandardOutput=append:{output}
StandardError=append:{errors}
Restart=always
RestartSec=2
KillMode=mixed
OOMPolicy=continue
TimeoutStopSec={stop}
"""


def _command_line(words: list[str]) -> str:
    """The first word is the program, in which `$` begins no variable."""
    if re.search(r"[\"'\\]", words[0]):
        raise ConfigError(
            f"systemd starts no program whose path has a quote or a backslash: {words[0]}. Move the"
            " environment, or have supervisor run the workers"
        )
    program, *others = map(_unit_text, words)
    return " ".join(f'"{word}"' for word in (program, *(o.replace("$", "$$") for o in others)))


def _units_variable(variable: tuple[str, str]) -> str:
    text = "=".join(variable).replace("\\", "\\\\").replace('"', '\\"')
    return f'Environment="{_unit_text(text)}"\n'


def _unit_text(text: str | Path) -> str:
    return os.fspath(text).replace("%", "%%")


def _check_name(what: str, name: str, way_out: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9:_.@-]+", name):
        raise ConfigError(
            f"the name of {what} {name!r} can be in no systemd unit's, which has letters, digits"
            f" and : _ . @ - alone. {way_out}, or have supervisor run the workers"
        )
