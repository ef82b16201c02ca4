"""What systemd is told while a bench moves over; tried with systemd 257."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from frappe_celery.cli import main
from frappe_celery.commands.process_managers import Systemd, manager_of
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings

BENCHS = (
    *(f"frappe-{queue}-worker@.service" for queue in ("default", "long", "short")),
    *("frappe-schedule.service", "frappe-web.service", "web.target", "workers.target"),
)
"""What `bench setup systemd` writes, after the bench's name."""


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Settings]:
    """Of a bench that systemd runs."""
    root = tmp_path / "b"
    (root / "config" / "systemd").mkdir(parents=True)
    for name in BENCHS:
        (root / "config" / "systemd" / f"b-{name}").touch()
    settings.use(Settings.load(root, environ={}))
    yield settings.current()
    settings.use(None)


def arm(config: Settings, is_armed: bool = True) -> Settings:
    file = config.root / "sites" / "common_site_config.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"frappe_celery_routes": {} if is_armed else None}))
    settings.use(Settings.load(config.root, environ={}))
    return settings.current()


def setup_systemd() -> str:
    result = CliRunner().invoke(main, ["setup", "systemd", "--yes"])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_restart_ends_the_jobs_of_rqs_workers_first(config: Settings) -> None:
    """A restart of the target sends SIGTERM to all that a unit of bench's has, the job too."""
    assert [" ".join(command) for command in manager_of(config).restart] == [
        "systemctl restart b-web.target",
        "systemctl kill --kill-who=main b-frappe-*-worker@*.service",
        "systemctl try-restart b-frappe-schedule*.service b-celery-beat*.service",
        "systemctl reload b-celery-*-worker.service",
    ]


def test_celerys_units_are_written_before_systemd_takes_them_over(config: Settings) -> None:
    ours, link, read, enable = manager_of(arm(config)).add
    assert ours[1:] == ["setup", "systemd", "--yes"]
    assert link[-1] == str(config.root / "config" / "systemd" / "b-celery.target")
    assert (read, enable[-1]) == (["systemctl", "daemon-reload"], "b-celery.target")


def test_rqs_units_are_left_while_the_bench_is_armed(config: Settings) -> None:
    arm(config)
    output = setup_systemd()
    assert "systemctl enable --now b-celery.target\n" in output
    assert "frappe-long-worker" not in output


def test_once_settled_rqs_units_end_their_jobs_and_are_not_started_again(config: Settings) -> None:
    arm(config)
    setup_systemd()
    arm(config, False)
    lines = setup_systemd().splitlines()
    told = [line.strip() for line in lines if line.startswith("  systemctl")]
    assert told[2:] == [
        "systemctl enable --now b-workers.target",
        "systemctl reload 'b-celery-*-worker.service'",
        "systemctl disable b-frappe-default-worker@.service b-frappe-long-worker@.service"
        " b-frappe-short-worker@.service b-frappe-schedule.service",
        "systemctl kill --kill-who=main 'b-frappe-*-worker@*.service' 'b-frappe-schedule*.service'",
        "systemctl disable b-celery.target",
    ]


def test_back_on_rq_celerys_units_are_ended(config: Settings) -> None:
    assert Systemd(config).end_celerys == []
    setup_systemd()
    assert Systemd(config).end_celerys == [["systemctl", "stop", "b-celery-*.service"]]
    config = arm(config)
    setup_systemd()
    assert Systemd(config).end_celerys[1:] == [["systemctl", "disable", "b-celery.target"]]
