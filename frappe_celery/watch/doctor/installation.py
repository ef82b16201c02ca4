"""What is installed and configured here: versions, settings, and what the bridge tells of an armed
bench."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from frappe_celery.config.files import DJANGO_SETTINGS, frappe_version_in, read_json
from frappe_celery.config.installed import is_there
from frappe_celery.config.settings import FRAPPE_VERSIONS, Settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.doctor.report import Section
from frappe_celery.watch.notify.mail_config import MailConfig

LEAST_BYTES = 4096
"""With less a disk is full: a line that begins a new block is lost."""
SHOWN = ("celery", "kombu", "redis", "croniter", "Django", "frappe")


@dataclass(frozen=True)
class LeftInRq:
    """What waits in one of a bench's queues in RQ."""

    queue: str
    waiting: int
    served: bool
    """Whether a worker of RQ's takes jobs from it."""


@dataclass(frozen=True)
class Installation:
    """Of this package, in this environment."""

    version: str
    broken_pins: Sequence[str]
    """One line for each package that is here in a version which another one does not admit."""
    misfits: Sequence[str]
    """One line for each way in which the Frappe that is here is none that this package knows."""
    is_hooked: bool
    """Whether the switch of a bench is in the environment, in this version."""
    gave_way: Sequence[str] = ()
    """One line for each pin of Frappe's that another release may be installed in place of."""
    in_rq: Sequence[LeftInRq] = ()
    """The queues of a bench in which something waits in RQ."""
    rq_workers: Sequence[dict[str, Any]] = ()
    """Rows of RQ's workers beside Celery's."""
    failed_in_rq: Sequence[dict[str, Any]] = ()
    """Rows of the queues in which jobs failed there in the last hour."""
    leads_to_rq: Callable[[str], bool] = lambda queue: False
    """Whether jobs of a queue go to RQ's workers by their route, as on an armed bench they may."""
    check_routes: Callable[[Section], None] = lambda section: None
    """Tells who runs what there, and what is wrong with that."""


def check_versions(section: Section, here: Installation) -> None:
    """Packages as they are installed, and every pin that is broken."""
    found = {"frappe_celery": here.version, "python": platform.python_version()}
    for package in SHOWN:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    section.row(**found)
    for line in here.broken_pins:
        section.warn(line, "install what both admit; `pip check` tells more")
    for line in here.gave_way:
        section.note(line)


def check_configuration(section: Section, config: Settings) -> None:
    """Each key that does nothing with the option that was likely meant; what cannot be followed; an
    exposed secret."""
    section.row(
        folder=str(config.root),
        django=os.environ.get(DJANGO_SETTINGS),
        in_the_environment=sorted(config.from_environment),
    )
    for sentence in config.unknown:
        section.warn(sentence, "rename it, or take it out: frappe-celery settings shows all")
    try:
        MailConfig.of(config)
    except ConfigError as exc:
        section.problem(f"no failure is mailed: {exc}", "mend celery_error_emails")
    for option, names in (("apps", config.apps or ()), ("job_modules", config.job_modules)):
        for name in names:
            if not is_there(name):
                section.problem(f"{option} names {name}, which is no package here", "take it out")
    installed = frappe_version_in(config.root)
    said = {**read_json(config.root / "sites/common_site_config.json"), **config.from_environment}
    if installed not in (None, *FRAPPE_VERSIONS) and "frappe_version" not in said:
        section.warn(
            f"the Frappe in apps calls itself version {installed}, which is none that is known: it"
            f" is taken for {config.frappe_version}",
            "say which one it is: frappe_version",
        )
    logs = config.log_path
    closed = [] if os.access(logs, os.W_OK) else [logs]
    closed += [file for file in logs.glob("*.log") if file.is_dir() or not os.access(file, os.W_OK)]
    if logs.is_dir() and closed:
        section.problem(
            f"nobody can write what happens: {closed[0]} is not ours to write",
            "mend it: workers and beat go on writing by themselves then",
        )
    elif logs.is_dir() and shutil.disk_usage(logs).free < LEAST_BYTES:
        section.problem(
            f"nobody can write what happens: the disk of {logs} is full", "make room there"
        )
    exposed = config.keys.exposed()
    if exposed is not None:
        section.warn(
            f"every user of this machine can read the key that signs jobs, in {exposed}: who has it"
            " can have any method run",
            f"chmod o-r {exposed}; if one of them may have read it: frappe-celery key rotate",
        )
