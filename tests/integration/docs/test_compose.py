"""docs/compose.frappe-celery.yaml, as docker-compose reads it beside frappe_docker's files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from frappe_celery.config.settings import Settings
from tests.servers import find_program
from tests.unit.docs.test_deploy import DOCS, command_of

THEIRS = """
services:
  backend: &backend
    image: frappe/erpnext:v16
    volumes: ["sites:/home/frappe/frappe-bench/sites"]
  queue-short:
    <<: *backend
    command: bench worker --queue short,default
  queue-long:
    <<: *backend
    command: bench worker --queue long,default,short
  scheduler:
    <<: *backend
    command: bench schedule
  redis-queue:
    image: redis:8-alpine
volumes:
  sites:
"""
"""Services such as frappe_docker's files have."""


def test_the_compose_file_makes_frappe_docker_s_services_celery_s(tmp_path: Path) -> None:
    compose = find_program("docker-compose", "docker-compose")
    (tmp_path / "theirs.yaml").write_text(THEIRS)
    files = [str(tmp_path / "theirs.yaml"), str(DOCS / "compose.frappe-celery.yaml")]
    merged = subprocess.run(
        [compose, "-p", "bench", "-f", files[0], "-f", files[1], "config"],
        capture_output=True,
        text=True,
    )
    assert merged.returncode == 0, merged.stderr
    services = yaml.safe_load(merged.stdout)["services"]
    assert set(services) == set(yaml.safe_load(THEIRS)["services"])
    for name in ("queue-short", "queue-long"):
        words = command_of(services[name])
        queues = words[words.index("--queue") + 1]
        theirs = yaml.safe_load(THEIRS)["services"][name]["command"]
        assert theirs == f"bench worker --queue {queues}"
        (minutes,) = re.fullmatch(r"(\d+)m0s", services[name]["stop_grace_period"]).groups()  # type: ignore[union-attr]
        assert int(minutes) * 60 >= Settings().ending_seconds(queues.split(",")) + 60
        assert services[name]["volumes"]
    assert command_of(services["scheduler"]) == ["beat"]
    assert services["redis-queue"]["command"][:3] == ["redis-server", "--appendonly", "yes"]
