"""What supervisor is told while a bench moves over; tried with supervisor 4.3."""

from __future__ import annotations

import subprocess
from pathlib import Path

from frappe_celery.commands.process_managers import Supervisor
from frappe_celery.config.settings import Settings

CTL = """#!/bin/sh
case $1 in
    status)
        shift
        for group; do
            grep "^$group" {folder}/running || echo "$group ERROR (no such group)"
        done
        exit 3;;
    restart)
        echo "$2" >> {folder}/restarted
        test "$2" != b-workers:refused;;
esac
"""
"""supervisorctl, as far as a restart asks it; it ends with 3 where a process does not run."""
RUNNING = """\
b-web:b-frappe-web                  RUNNING   pid 7, uptime 0:00:01
b-workers:b-frappe-short-worker-0   RUNNING   pid 8, uptime 0:00:01
b-workers:mine_00                   STOPPED   Not started
other-web:other-frappe-web          RUNNING   pid 9, uptime 0:00:01
"""


def restarted(folder: Path, running: str) -> tuple[int, list[str]]:
    """The exit code, and what a supervisor that has such processes is told, one after the other."""
    (folder / "running").write_text(running)
    (ctl := folder / "ctl").write_text(CTL.format(folder=folder))
    ctl.chmod(0o755)
    config = Settings.load(folder / "b", environ={})
    (command,) = Supervisor(config, [str(ctl)]).restart
    code = subprocess.run(command, check=False).returncode
    return code, (folder / "restarted").read_text().splitlines()


def test_each_process_that_supervisor_has_is_restarted_alone_the_webs_first(tmp_path: Path) -> None:
    """By the name that its status shows: it knows no other of RQ's workers."""
    told = ["b-web:b-frappe-web", "b-workers:b-frappe-short-worker-0", "b-workers:mine_00"]
    assert restarted(tmp_path, RUNNING) == (0, told)


def test_a_process_that_does_not_come_again_ends_the_restart(tmp_path: Path) -> None:
    refused = "b-web:b-frappe-web RUNNING\nb-workers:refused RUNNING\nb-workers:z RUNNING\n"
    assert restarted(tmp_path, refused) == (1, ["b-web:b-frappe-web", "b-workers:refused"])
