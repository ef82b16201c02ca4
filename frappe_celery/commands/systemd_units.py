"""Text of systemd's units (`templates/systemd.service`, `systemd.target`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from frappe_celery.commands.launch import Launch
from frappe_celery.commands.process_files import processes, written
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError

SERVERS = (
    *("redis-server", "redis", "valkey-server", "valkey", "rabbitmq-server"),
    *("mariadb", "mysql", "mysqld", "postgresql"),
)
"""Units that workers need until their jobs have ended; one that is not there is no error."""


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
    bench, target = config.root.name, target_of(config)
    _check_name("bench", bench, "Rename its folder")
    units = {}
    for process in processes(config, launch):
        _check_name("queue", process.name, f"Rename it in {options_stand_in()}, `workers`")
        output, errors = logs_of(config, process.log)
        name = "beat" if process.is_beat else f"{process.name}-worker"
        units[f"{bench}-celery-{name}.service"] = written(
            "systemd.service",
            config,
            process=process,
            target=target,
            servers=(f"{bench}-redis-queue", f"{bench}-redis-cache", *SERVERS),
            user=user,
            environment=launch.environment,
            command=_command_line(process.exchanged),
            output=output,
            errors=errors,
        )
    return {**units, target: written("systemd.target", config, services=list(units))}


def _command_line(words: list[str]) -> str:
    """The first word is the program, in which `$` begins no variable."""
    if re.search(r"[\"'\\]", words[0]):
        raise ConfigError(
            f"systemd starts no program whose path has a quote or a backslash: {words[0]}. Move the"
            " environment, or have supervisor run the workers"
        )
    program, *others = (word.replace("%", "%%") for word in words)
    return " ".join(f'"{word}"' for word in (program, *(o.replace("$", "$$") for o in others)))


def _check_name(what: str, name: str, way_out: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9:_.@-]+", name):
        raise ConfigError(
            f"the name of {what} {name!r} can be in no systemd unit's, which has letters, digits"
            f" and : _ . @ - alone. {way_out}, or have supervisor run the workers"
        )
