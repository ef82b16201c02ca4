"""Text of supervisor's file, and what stands in one."""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Mapping
from configparser import RawConfigParser

from frappe_celery.commands.launch import Launch
from frappe_celery.commands.process_files import (
    BEAT_STOP_SECONDS,
    beat,
    exchanged,
    is_replaced,
    workers,
)
from frappe_celery.config.settings import Settings

ABOUT_NUMBERS = {"numprocs", "numprocs_start", "process_name"}
"""Of a program in supervisor's file: ours is one process, with as many children."""


def text_of(config: Settings, launch: Launch, user: str, existing: str = "") -> str:
    """A supervisor file's text: `existing` with our programs in place of those of RQ."""
    bench = config.root.name
    start = f"{bench}-frappe{'-celery' if config.is_armed else ''}"
    environment = launch.environment
    programs = {
        f"{start}-schedule": _program(config, user, beat(launch.app), "schedule", environment)
    }
    for worker in workers(config, launch.own_queues):
        command = exchanged(worker.command(launch.app))
        programs[f"{start}-{worker.name}-worker"] = _program(
            config, user, command, "worker", environment, worker.stop_seconds
        )
    sections, gone = [], set(programs)
    for header, body in _sections(existing):
        kind, _, name = header.partition(":")
        if kind == "program" and (name in gone or is_replaced(config, _value(body, "command"))):
            gone.add(name)
            if name in programs:
                programs[name] = _with_settings_of_ones_own(body, programs[name])
        else:
            sections.append((header, body))
    group, beside = f"group:{group_of(config)}", f"group:{bench}-celery-workers"
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


def group_of(config: Settings) -> str:
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
