"""Who runs a bench's programs: honcho, supervisor or systemd. Each is told by files, and by
commands, which are lists of words, called or shown to a person.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from frappe_celery.commands.bench_programs import Program, is_replaced, path_of, programs, variables
from frappe_celery.config.files import options_stand_in, text_of
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError

Commands = Sequence[Sequence[str]]


class ProcessManager:
    """One of them, for one bench.

    Args:
        called: how its program is called, when not by its name.
    """

    kind = ""
    """As `frappe-celery setup` names it, whose help the docstring is."""
    has_user = True
    """Whether the files say whom the processes run as."""
    ctl: Sequence[str] = ()
    look: Sequence[str] = ()
    """Changes nothing, and fails where the others would."""
    restart: Commands = ()
    """Every process of the bench, none of which waits for another's jobs to end."""

    def __init__(self, config: Settings, called: Sequence[str] = ()) -> None:
        self.config, self.bench, self.folder = config, config.root.name, config.root / "config"
        self.ctl = called or self.ctl
        self.apart = "celery-" if config.is_armed else ""
        """In names that RQ's have too."""

    @cached_property
    def programs(self) -> list[Program]:
        return programs(self.config)

    @property
    def take_over(self) -> Commands:
        """Start Celery's programs, or have their files read anew."""
        return ()

    @property
    def add(self) -> Commands:
        """Write the files of programs beside RQ's, and start them."""
        return self.take_over and [[path_of(), "setup", self.kind, "--yes"], *self.take_over]

    def files(self, user: str) -> Mapping[Path, str]:
        """Their texts; what is there already stays, but for RQ's programs.

        Raises:
            ConfigError: what is configured can be in none.
        """
        raise NotImplementedError

    def written(self, user: str) -> Mapping[str, Commands]:
        """Called once the files are; what is to be told next, by what that does."""
        return {}


class Procfile(ProcessManager):
    """Procfile, for `bench start` or honcho. Lines for Redis, web and socketio stay."""

    kind = "procfile"
    has_user = False

    def files(self, user: str) -> Mapping[Path, str]:
        path, root = self.config.root / "Procfile", f"{self.config.root}/"
        lines = [
            line
            for line in text_of(path).splitlines()
            if line.startswith("#") or not is_replaced(self.config, line.partition(":")[2])
        ]
        given = [f"{name}={shlex.quote(value)}" for name, value in variables(self.config).items()]
        for program in self.programs:
            name = "beat" if program.is_beat else f"worker_{program.name}"
            first, *words = program.command
            command = shlex.join([first.removeprefix(root), *words])
            output = f"1>> logs/{program.log}.log 2>> logs/{program.log}.error.log"
            start = f"{self.apart.replace('-', '_')}{name}:"
            lines.append(" ".join([start, *given, command, output]))
        return {path: "".join(f"{line}\n" for line in lines)}


class Supervisor(ProcessManager):
    """config/supervisor.conf, for supervisor. Programs for Redis, web and socketio stay."""

    kind = "supervisor"
    ctl = ("supervisorctl",)
    ABOUT_NUMBERS = ("numprocs", "numprocs_start", "process_name")
    """Of a program of RQ's; ours is one process, with as many children."""

    def __init__(self, config: Settings, called: Sequence[str] = ()) -> None:
        super().__init__(config, called)
        self.group = f"{self.bench}-{self.apart}workers"
        """`bench restart` restarts `<bench>-workers`, which RQ's keep in an armed bench."""
        self.look = [*self.ctl, "pid"]
        groups = [f"{self.bench}-{kind}:" for kind in ("web", "workers", "celery-workers")]
        ctl, status = shlex.join(self.ctl), shlex.join([*self.ctl, "status", *groups])
        running = f'$({status} | grep -o "^{self.bench}-[^ ]*:[^ ][^ ]*")'
        each = f"for one in {running}; do {ctl} restart $one || exit; done"
        self.restart = [["sh", "-c", each]]  # all in one are started when all have stopped

    @property
    def take_over(self) -> Commands:
        return [[*self.ctl, "reread"], [*self.ctl, "update", self.group]]

    def files(self, user: str) -> Mapping[Path, str]:
        path = self.folder / "supervisor.conf"
        kept, *parts = re.split(r"^\[([^\]]+)\][^\n]*\n", text_of(path), flags=re.MULTILINE)
        existing = [*zip(parts[::2], parts[1::2], strict=True)]
        theirs = {header: _settings(body) for header, body in existing}
        ours = {}
        for program in self.programs:
            name = "schedule" if program.is_beat else program.unit
            header = f"program:{self.bench}-frappe-{self.apart}{name}"
            ours[header] = self._program(program, user, theirs.get(header, {}))
        gone = {*ours} | {
            header
            for header, settings in theirs.items()
            if header.startswith("program:")
            and is_replaced(self.config, settings.get("command", ""))
        }
        group = f"group:{self.group}"
        for header, body in existing:
            if header not in (*gone, group, f"group:{self.bench}-celery-workers"):
                kept += f"[{header}]\n{body}"
        members = re.findall(r"[^,\s]+", theirs.get(group, {}).get("programs", ""))
        members = [*ours, *(member for member in members if f"program:{member}" not in gone)]
        ours[group] = {"programs": ",".join(m.removeprefix("program:") for m in members)}
        sections = (
            f"[{header}]\n" + "".join(f"{key}={value}\n" for key, value in settings.items())
            for header, settings in ours.items()
        )
        return {path: "\n".join((f"{kept.rstrip()}\n", *sections)).lstrip()}

    def _program(self, program: Program, user: str, before: Mapping[str, str]) -> dict[str, str]:
        """Its settings, and what it had that ours say nothing of: `startretries`, variables."""
        log, given = self.config.log_path / program.log, variables(self.config)
        ours = {
            "command": _literal(shlex.join(program.supervised)),
            "directory": _literal(self.config.root),
            "user": _literal(user),
            "priority": "3" if program.is_beat else "4",
            "autostart": "true",
            "autorestart": "true",
            "stdout_logfile": _literal(f"{log}.log"),
            "stderr_logfile": _literal(f"{log}.error.log"),
            "stopsignal": "TERM",
            "stopwaitsecs": str(program.stop_seconds),
            "stopasgroup": "false",
            "killasgroup": "true",
        }
        own = re.findall(r"""(\w+)=("[^"]*"|'[^']*'|[^,\s]*)""", before.get("environment", ""))
        environment = dict(own) | {n: _literal(_between_quotes(v)) for n, v in given.items()}
        if environment:
            ours["environment"] = ",".join(f"{n}={v}" for n, v in environment.items())
        left = before.keys() - ours.keys() - {*self.ABOUT_NUMBERS}
        return ours | {key: value for key, value in before.items() if key in left}

    def written(self, user: str) -> Mapping[str, Commands]:
        told: dict[str, Commands] = {"Have supervisor take it over:": self.take_over}
        if not self.config.is_armed:
            told["Then, once frappe-celery doctor shows its workers:"] = [[*self.ctl, "update"]]
        return told


class Systemd(ProcessManager):
    """Units in config/systemd. Those for Redis, web and socketio stay."""

    kind = "systemd"
    ctl = ("systemctl",)
    SERVERS = (
        *("redis-server", "redis", "valkey-server", "valkey", "rabbitmq-server"),
        *("mariadb", "mysql", "mysqld", "postgresql"),
    )
    """Units that workers need until their jobs have ended; one that is not there is no error."""
    TO_MAIN = "--kill-who=main"
    """For RQ's worker to end its job; its units would send SIGTERM to the job too. From systemd 252
    on it is `--kill-whom`, which still takes this."""
    NOTIFIES = "Type=notify\nTimeoutStartSec=infinity\nExecReload=/bin/kill -HUP $MAINPID\n"
    """A worker says when it takes jobs, and before that a reload waits."""

    def __init__(self, config: Settings, called: Sequence[str] = ()) -> None:
        super().__init__(config, called)
        self.folder /= "systemd"
        self.target = f"{self.bench}-{'celery' if config.is_armed else 'workers'}.target"
        """The one that `bench restart` restarts; RQ's keep it in an armed bench."""
        ours, rqs = f"{self.bench}-celery-", f"{self.bench}-frappe-"
        self.look = [*self.ctl, "daemon-reload"]
        self.exchange = [*self.ctl, "reload", f"{ours}*-worker.service"]
        """Celery's workers for others with new code. A name with a * stands for those units that
        systemd has loaded; none is no error."""
        workers, schedule = f"{rqs}*-worker@*.service", f"{rqs}schedule*.service"
        self.restart = [
            [*self.ctl, "restart", f"{self.bench}-web.target"],
            [*self.ctl, "kill", self.TO_MAIN, workers],
            [*self.ctl, "try-restart", schedule, f"{ours}beat*.service"],
            self.exchange,
        ]
        self.forget_armed_target = [
            [*self.ctl, "disable", name] for name in self._there(f"{self.bench}-celery.target")
        ]
        """What started Celery's units beside RQ's, at the machine's start too."""
        names = self._there(f"{rqs}*-worker@.service", f"{rqs}schedule.service")
        self.end_rqs: Commands = names and [
            [*self.ctl, "disable", *names],
            [*self.ctl, "kill", self.TO_MAIN, workers, schedule],
        ]
        """RQ's units, whose jobs end first; none that is forgotten is started again."""
        stop = [[*self.ctl, "stop", f"{ours}*.service"], *self.forget_armed_target]
        self.end_celerys = stop if self._there(f"{ours}beat.service") else []
        """Celery's units, whose jobs end first, in a bench that is on RQ again."""

    @property
    def take_over(self) -> Commands:
        units = [*(f"{self.bench}-celery-{one.unit}.service" for one in self.programs), self.target]
        return [
            [*self.ctl, "link", "--force", *(str(self.folder / unit) for unit in units)],
            [*self.ctl, "daemon-reload"],
            [*self.ctl, "enable", "--now", self.target],
        ]

    def _there(self, *patterns: str) -> list[str]:
        return [path.name for one in patterns for path in sorted(self.folder.glob(one))]

    def files(self, user: str) -> Mapping[Path, str]:
        _known(user)
        _check_name("bench", self.bench, "Rename its folder")
        units = {}
        for program in self.programs:
            _check_name("queue", program.name, f"Rename it in {options_stand_in()}, `workers`")
            units[f"{self.bench}-celery-{program.unit}.service"] = self._service(program, user)
        units[self.target] = f"""\
[Unit]
Description={self.bench}: workers and beat on Celery
After=network.target
# Before: where Redis is away, the machine starts all the same
Before={" ".join(units)}
Wants={" ".join(units)}

[Install]
WantedBy=multi-user.target
"""
        return {self.folder / name: text for name, text in units.items()}

    def _service(self, program: Program, user: str) -> str:
        servers = (f"{self.bench}-redis-queue", f"{self.bench}-redis-cache", *self.SERVERS)
        given = (_word(f"{name}={value}") for name, value in variables(self.config).items())
        environment = "".join(f"Environment={variable}\n" for variable in given)
        output, errors = self._logs(program)
        what = "beat" if program.is_beat else f"worker --queue {','.join(program.queues)}"
        return f"""\
[Unit]
Description={self.bench}: {what}
PartOf={self.target}
After=network.target {" ".join(f"{server}.service" for server in servers)}
StartLimitIntervalSec=0

[Service]
{"" if program.is_beat else self.NOTIFIES}User={user}
WorkingDirectory={_literal(self.config.root)}
{environment}ExecStart={_command_line(program.supervised)}
StandardOutput=append:{_literal(output)}
StandardError=append:{_literal(errors)}
Restart=always
RestartSec=2
KillMode=mixed
OOMPolicy=continue
TimeoutStopSec={program.stop_seconds}
"""

    def _logs(self, program: Program) -> tuple[Path, Path]:
        """What it prints, and its errors. RQ's units overwrite theirs from the beginning."""
        log = self.config.log_path / f"{self.apart}{program.log}"
        return Path(f"{log}.log"), Path(f"{log}.error.log")

    def written(self, user: str) -> Mapping[str, Commands]:
        """Makes the logs: else systemd does, and they are root's."""
        for path in (path for program in self.programs for path in self._logs(program)):
            if not path.exists():
                path.touch()
                if os.geteuid() == 0:
                    shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        told: dict[str, Commands] = {
            "Have systemd take them over:": self.take_over,
            "After a change of code, without a stop:": [self.exchange],
        }
        if not self.config.is_armed:
            told["RQ's units are not needed any more. They end their jobs:"] = self.end_rqs
            told["Then the target beside RQ's is not needed either:"] = self.forget_armed_target
        return told


MANAGERS = (Procfile, Supervisor, Systemd)


def manager_of(config: Settings, called: Sequence[str] = ()) -> ProcessManager:
    """The one whose files the bench has."""
    folder = config.root / "config"
    if (folder / "supervisor.conf").exists():
        return Supervisor(config, called)
    return (Systemd if (folder / "systemd").exists() else Procfile)(config, called)


def shown(what: str, commands: Commands) -> str:
    """For a person who types them."""
    return "\n  ".join([what, *map(shlex.join, commands)])


def _settings(body: str) -> dict[str, str]:
    """Of a section in supervisor's file."""
    found = re.findall(r"^([\w.]+)[ \t]*=[ \t]*(.*(?:\n[ \t].*)*)", body, re.MULTILINE)
    return {key: value.rstrip() for key, value in found}


def _literal(value: object) -> str:
    """Without the signs that supervisor and systemd would replace."""
    return str(value).replace("%", "%%")


def _between_quotes(value: str) -> str:
    quote = "'" if '"' in value else '"'  # supervisor knows no way to write a quote
    return f"{quote}{value}{quote}"


def _word(text: str) -> str:
    """One of a line of systemd's."""
    return '"{}"'.format(_literal(text).replace("\\", "\\\\").replace('"', '\\"'))


def _command_line(words: list[str]) -> str:
    """The first word is the program, in which `$` begins no variable."""
    program, *others = words
    if re.search(r"[\"'\\]", program):
        raise ConfigError(
            f"systemd starts no program whose path has a quote or a backslash: {program}. Move the"
            " environment, or have supervisor run the workers"
        )
    return " ".join(map(_word, (program, *(other.replace("$", "$$") for other in others))))


def _known(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise ConfigError(
            f"the processes are to run as user {user!r}, whom this machine does not know: name"
            " another with --user, or, in a bench, as frappe_user in sites/common_site_config.json"
        ) from None


def _check_name(what: str, name: str, way_out: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9:_.@-]+", name):
        raise ConfigError(
            f"the name of {what} {name!r} can be in no systemd unit's, which has letters, digits"
            f" and : _ . @ - alone. {way_out}, or have supervisor run the workers"
        )
