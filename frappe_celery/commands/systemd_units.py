"""What systemd is told of a bench: its units (`templates/systemd.service`, `systemd.target`), and
commands for `systemctl`, each a list of words.

A name with a * stands for those units of it that systemd has loaded; none is no error.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from frappe_celery.commands.process_files import processes, variables, written
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError

SERVERS = (
    *("redis-server", "redis", "valkey-server", "valkey", "rabbitmq-server"),
    *("mariadb", "mysql", "mysqld", "postgresql"),
)
"""Units that workers need until their jobs have ended; one that is not there is no error."""
CTL = ("systemctl",)
"""How it is called, unless somebody says otherwise."""
TO_MAIN = "--kill-who=main"
"""For RQ's worker to end its job; its units would send SIGTERM to the job too. From systemd 252 on
it is `--kill-whom`, which still takes this."""


def target_of(config: Settings) -> str:
    """The one that `bench restart` restarts; RQ's keep it in an armed bench."""
    return f"{config.root.name}-{'celery' if config.is_armed else 'workers'}.target"


def logs_of(config: Settings, kind: str) -> tuple[Path, Path]:
    """What a worker (`worker`) or beat (`schedule`) prints, and its errors.

    In an armed bench RQ's units overwrite theirs from the beginning.
    """
    name = f"{'celery-' if config.is_armed else ''}{kind}"
    return config.log_path / f"{name}.log", config.log_path / f"{name}.error.log"


def units_of(config: Settings, user: str) -> Mapping[str, str]:
    """Text of each unit, by the file's name.

    Raises:
        ConfigError: the name of the bench or of a queue, or the program's path, can be in no unit.
    """
    bench, target = config.root.name, target_of(config)
    _check_name("bench", bench, "Rename its folder")
    units = {}
    for process in processes(config):
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
            environment=variables(config),
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


# -- what systemctl is told


def take_over(config: Settings, ctl: Sequence[str] = CTL) -> list[list[str]]:
    """Start Celery's units, or have systemd read them anew."""
    folder = _folder(config)
    units = [str(folder / name) for name in units_of(config, "root")]
    return [
        [*ctl, "link", "--force", *units],
        [*ctl, "daemon-reload"],
        [*ctl, "enable", "--now", target_of(config)],
    ]


def restart(config: Settings, ctl: Sequence[str] = CTL) -> list[list[str]]:
    """Every process of the bench, none of which waits for another's jobs; RQ's come again."""
    bench = config.root.name
    schedulers = f"{bench}-frappe-schedule*.service", f"{bench}-celery-beat*.service"
    return [
        [*ctl, "restart", f"{bench}-web.target"],
        [*ctl, "kill", TO_MAIN, _rqs_workers(config)],
        [*ctl, "try-restart", *schedulers],
        exchange(config, ctl),
    ]


def exchange(config: Settings, ctl: Sequence[str] = CTL) -> list[str]:
    """Celery's workers for others with new code."""
    return [*ctl, "reload", f"{config.root.name}-celery-*-worker.service"]


def end_rqs(config: Settings) -> list[list[str]]:
    """RQ's units, whose jobs end first; none that is forgotten is started again."""
    bench = config.root.name
    names = [
        path.name
        for pattern in (f"{bench}-frappe-*-worker@.service", f"{bench}-frappe-schedule.service")
        for path in sorted(_folder(config).glob(pattern))
    ]
    if not names:
        return []
    running = (_rqs_workers(config), f"{bench}-frappe-schedule*.service")
    return [[*CTL, "disable", *names], [*CTL, "kill", TO_MAIN, *running]]


def end_celerys(config: Settings) -> list[list[str]]:
    """Celery's units, whose jobs end first, in a bench that is on RQ again."""
    bench = config.root.name
    if not (_folder(config) / f"{bench}-celery-beat.service").exists():
        return []
    return [[*CTL, "stop", f"{bench}-celery-*.service"], *forget_armed_target(config)]


def forget_armed_target(config: Settings) -> list[list[str]]:
    """What started Celery's units beside RQ's, at the machine's start too."""
    name = f"{config.root.name}-celery.target"
    return [[*CTL, "disable", name]] if (_folder(config) / name).exists() else []


def shown(what: str, commands: list[list[str]]) -> str:
    """For a person who types them."""
    return "\n  ".join([what, *map(shlex.join, commands)])


def _folder(config: Settings) -> Path:
    return config.root / "config" / "systemd"


def _rqs_workers(config: Settings) -> str:
    return f"{config.root.name}-frappe-*-worker@*.service"
