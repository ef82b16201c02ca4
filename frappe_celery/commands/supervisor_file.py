"""Text of supervisor's file (`templates/supervisor.conf`), and what stands in one."""

from __future__ import annotations

import platform
import re
from configparser import RawConfigParser

from frappe_celery.commands.process_files import is_replaced, processes, variables, written
from frappe_celery.config.settings import Settings

ABOUT_NUMBERS = {"numprocs", "numprocs_start", "process_name"}
"""Of a program in supervisor's file: ours is one process, with as many children."""


def text_of(config: Settings, user: str, existing: str = "") -> str:
    """A supervisor file's text: `existing` with our programs in place of those of RQ."""
    bench = config.root.name
    text = written(
        "supervisor.conf",
        config,
        processes=processes(config),
        start=f"{bench}-frappe{'-celery' if config.is_armed else ''}",
        user=user,
        logs=config.log_path,
        variables=",".join(map(_variable, variables(config).items())),
    )
    ours = {header: body.rstrip("\n") + "\n" for header, body in _sections(text) if header}
    groups = (f"group:{group_of(config)}", f"group:{bench}-celery-workers")
    kept, gone, members = [], {*ours}, ""
    for header, body in _sections(existing):
        is_program = header.startswith("program:")
        if is_program and (header in gone or is_replaced(config, _value(body, "command"))):
            gone.add(header)
            if header in ours:
                ours[header] = _with_settings_of_ones_own(body, ours[header])
        elif header not in groups:
            kept.append((header, body))
        elif header == groups[0]:
            members += "," + _value(body, "programs")
    programs = [header.removeprefix("program:") for header in ours]
    programs += [name for name in _names(members) if f"program:{name}" not in gone]
    before = "".join(f"[{header}]\n{body}" if header else body for header, body in kept)
    before = before.rstrip("\n") + "\n\n" if before.strip() else ""
    own = "".join(f"[{header}]\n{body}\n" for header, body in ours.items())
    return f"{before}{own}[{groups[0]}]\nprograms={','.join(programs)}\n"


def group_of(config: Settings) -> str:
    """Celery's; `bench restart` restarts `<bench>-workers`, which RQ's keep in an armed bench."""
    return f"{config.root.name}-{'celery-' if config.is_armed else ''}workers"


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
    section = f"program:{program}"
    name = file.get(section, "process_name", fallback="%(program_name)s")
    start = file.getint(section, "numprocs_start", fallback=0)
    number = file.getint(section, "numprocs", fallback=1)
    about = {"program_name": program, "group_name": group, "host_node_name": platform.node()}
    return [name % {**about, "process_num": n} for n in range(start, start + number)]


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _variable(variable: tuple[str, str]) -> str:
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
