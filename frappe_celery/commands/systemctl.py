"""What systemctl is told of a bench's units: commands, each a list of words.

A name with a * stands for those units of it that systemd has loaded; none is no error.
"""

from __future__ import annotations

import shlex

from frappe_celery.commands import systemd_units
from frappe_celery.commands.launch import launch_of
from frappe_celery.config.settings import Settings

TO_MAIN = "--kill-who=main"
"""For RQ's worker to end its job; its units would send SIGTERM to the job too. From systemd 252 on
it is `--kill-whom`, which still takes this."""


def take_over(config: Settings) -> list[list[str]]:
    """Start Celery's units, or have systemd read them anew."""
    folder = config.root / "config" / "systemd"
    units = [
        str(folder / name) for name in systemd_units.units_of(config, launch_of(config), "root")
    ]
    return [
        ["systemctl", "link", "--force", *units],
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--now", systemd_units.target_of(config)],
    ]


def restart(config: Settings) -> list[list[str]]:
    """Every process of the bench, none of which waits for another's jobs; RQ's come again."""
    bench = config.root.name
    return [
        ["systemctl", "restart", f"{bench}-web.target"],
        ["systemctl", "kill", TO_MAIN, _rqs_workers(config)],
        [
            *("systemctl", "try-restart"),
            *(f"{bench}-frappe-schedule*.service", f"{bench}-celery-beat*.service"),
        ],
        exchange(config),
    ]


def exchange(config: Settings) -> list[str]:
    """Celery's workers for others with new code."""
    return ["systemctl", "reload", f"{config.root.name}-celery-*-worker.service"]


def end_rqs(config: Settings) -> list[list[str]]:
    """RQ's units, whose jobs end first; none that is forgotten is started again."""
    bench, folder = config.root.name, config.root / "config" / "systemd"
    names = [
        path.name
        for pattern in (f"{bench}-frappe-*-worker@.service", f"{bench}-frappe-schedule.service")
        for path in sorted(folder.glob(pattern))
    ]
    if not names:
        return []
    running = (_rqs_workers(config), f"{bench}-frappe-schedule*.service")
    return [["systemctl", "disable", *names], ["systemctl", "kill", TO_MAIN, *running]]


def end_celerys(config: Settings) -> list[list[str]]:
    """Celery's units, whose jobs end first, in a bench that is on RQ again."""
    bench = config.root.name
    if not (config.root / "config" / "systemd" / f"{bench}-celery-beat.service").exists():
        return []
    return [["systemctl", "stop", f"{bench}-celery-*.service"], *forget_armed_target(config)]


def forget_armed_target(config: Settings) -> list[list[str]]:
    """What started Celery's units beside RQ's, at the machine's start too."""
    name = f"{config.root.name}-celery.target"
    there = (config.root / "config" / "systemd" / name).exists()
    return [["systemctl", "disable", name]] if there else []


def shown(what: str, commands: list[list[str]]) -> str:
    """For a person who types them."""
    return "\n  ".join([what, *map(shlex.join, commands)])


def _rqs_workers(config: Settings) -> str:
    return f"{config.root.name}-frappe-*-worker@*.service"
