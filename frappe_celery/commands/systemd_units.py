"""Text of systemd's units."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from frappe_celery.commands.launch import Launch
from frappe_celery.commands.process_files import (
    BEAT_STOP_SECONDS,
    beat,
    exchanged,
    workers,
)
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError

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


def target_of(config: Settings) -> str:
    """The one that `bench restart` restarts; RQ's keep it in an armed bench."""
    return f"{config.root.name}-{'celery' if config.is_armed else 'workers'}.target"


def logs_of(config: Settings, kind: str) -> tuple[Path, Path]:
    """What a worker (`worker`) or beat (`schedule`) prints, and its errors.

    In an armed bench RQ's units overwrite theirs from the beginning.
    """
    name = f"{'celery-' if config.is_armed else ''}{kind}"
    return config.log_path / f"{name}.log", config.log_path / f"{name}.error.log"


def units_of(config: Settings, launch: Launch, user: str) -> Mapping[str, str]:
    """Text of each unit, by the file's name.

    Raises:
        ConfigError: the name of the bench or of a queue, or the program's path, can be in no unit.
    """
    bench = config.root.name
    _check_name("bench", bench, "Rename its folder")
    target = target_of(config)
    units = {
        f"{bench}-celery-beat.service": _service(
            config, launch, user, beat(launch.app), "schedule", BEAT_STOP_SECONDS
        )
    }
    for worker in workers(config, launch.own_queues):
        _check_name("queue", worker.name, f"Rename it in {options_stand_in()}, `workers`")
        units[f"{bench}-celery-{worker.name}-worker.service"] = _service(
            config,
            launch,
            user,
            exchanged(worker.command(launch.app)),
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
    output, errors = (_unit_text(path) for path in logs_of(config, log))
    own = (f"{config.root.name}-redis-{kind}" for kind in ("queue", "cache"))
    after = " ".join(f"{server}.service" for server in (*own, *SERVERS))
    variables = "".join(map(_units_variable, launch.environment.items()))
    return f"""[Unit]
Description={config.root.name}: {f"worker --queue {queues}" if queues else "beat"}
PartOf={target_of(config)}
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
