"""docs/deploy.md: its files are such as the programs take, and give jobs the time to end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from frappe_celery.cli import main
from frappe_celery.config.settings import Settings
from tests.unit.docs.test_commands import check

DOCS = Path(__file__).parents[3] / "docs"


def command_of(service: dict[str, Any]) -> list[str]:
    program, *words = service["command"]
    assert program == "env/bin/frappe-celery"
    assert check(main, words) == ""
    return words


def test_the_chart_s_values_can_be_read_and_start_beat_once() -> None:
    (block,) = re.findall(r"```yaml\n(image:.+?)```", (DOCS / "deploy.md").read_text(), re.DOTALL)
    values = yaml.safe_load(block)
    (beat,) = values["worker"]["default"]["sidecars"]
    assert command_of({"command": beat["args"]}) == ["beat"]
    assert values["worker"]["scheduler"]["replicaCount"] == 0
    assert beat["image"] == f"{values['image']['repository']}:{values['image']['tag']}"


def test_the_page_s_seconds_are_enough() -> None:
    page = (DOCS / "deploy.md").read_text()
    longest = Settings().ending_seconds(["long", "default", "short"]) + 60
    assert {int(n) for n in re.findall(r"(?:TimeoutStopSec=|Seconds\": )(\d+)", page)} == {longest}
