"""docs/alerts.yml: what the command prints, as it is alerted of without Prometheus, about metrics
that there are, tried by Prometheus."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from click.testing import CliRunner

from frappe_celery.cli import main
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.outages import LONG_SECONDS
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.relay import OVERDUE_SECONDS, State
from frappe_celery.watch.notify import conditions
from frappe_celery.watch.notify.conditions import ALERTS
from frappe_celery.watch.snapshot import FULL
from tests.integration.cli import SITE, enqueued, failed
from tests.integration.stores import lead
from tests.integration.watch.scraping import Exporter, finished, selectors
from tests.servers import find_program

HERE = Path(__file__).parent
FILE = HERE.parents[3] / "docs" / "alerts.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())["groups"][0]["rules"]
TESTS: list[dict[str, Any]] = yaml.safe_load((HERE / "rules_test.yml").read_text())["tests"]


ONLY_PROMETHEUS = {"FrappeCeleryNoRedis", "FrappeCeleryRedisTakesNothing"}
THRESHOLDS = {
    "SchedulerLate": f"> {conditions.LATE_SECONDS}",
    "JobsWait": f"> {conditions.WAIT_SECONDS}",
    "SiteStarved": f"> {conditions.STARVED_SECONDS}",
    "JobsFail": f"> {conditions.MOST_FAILING}\nand .* >= {conditions.LEAST_FAILURES}$",
    "DatabaseLongAway": f"> {LONG_SECONDS}",
    "OutboxWaits": f"> {OVERDUE_SECONDS:.0f}",
    "JobsLost": f"< {conditions.LOSS_SECONDS}",
    "RedisFull": f"> {FULL}",
}


def rule_of(name: str) -> dict[str, Any]:
    (found,) = [rule for rule in RULES if rule["alert"] == f"FrappeCelery{name}"]
    return found


def test_the_file_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(main, ["metrics", "--rules"]).output
    assert FILE.read_text() == printed, "run: frappe-celery metrics --rules > docs/alerts.yml"


def test_each_alert_is_there_and_holds_for_as_long() -> None:
    assert {rule["alert"] for rule in RULES} - ONLY_PROMETHEUS == {
        f"FrappeCelery{name}" for name in ALERTS
    }
    for name, alert in ALERTS.items():
        rule = rule_of(name)
        severity = "critical" if alert.is_critical else "warning"
        assert (rule["for"], rule["labels"]) == (f"{alert.seconds}s", {"severity": severity}), name
        assert rule["annotations"].keys() == {"summary", "description", "look"}


@pytest.mark.parametrize(("name", "threshold"), THRESHOLDS.items())
def test_prometheus_goes_by_the_same_thresholds(name: str, threshold: str) -> None:
    assert re.search(threshold, rule_of(name)["expr"])
    minutes = re.findall(r"\[(\w+)\]", rule_of(name)["expr"])
    assert {*minutes} <= {f"{conditions.WINDOW_MINUTES}m"}


def test_prometheus_alerts_as_its_unit_tests_say() -> None:
    promtool = find_program("promtool", "promtool")
    command = [promtool, "test", "rules", str(HERE / "rules_test.yml")]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_each_alert_is_seen_to_begin_and_not_to() -> None:
    by_result: dict[bool, set[str]] = {True: set(), False: set()}
    for test in TESTS:
        for case in test["alert_rule_test"]:
            by_result[bool(case["exp_alerts"])].add(case["alertname"])
    names = {rule["alert"] for rule in RULES}
    assert by_result[True] == names
    assert names - by_result[False] == {"FrappeCeleryJobsFail"}, "whose test has sites that do not"


@pytest.fixture
def series(store: JobStore) -> dict[str, set[str]]:
    """What the endpoint gives when all of it has a value, with its labels."""
    exporter = Exporter(store)
    finished(store)
    failed(store)
    store.fail(enqueued(store).run_id, "not yet", following="again")
    enqueued(store)
    lead(store)
    Limits(store).pause("site:*")
    outage = {"since": 1, "look": 1, "error": "refused", "pause": 1}
    store.client.hset(store.keys.outages, SITE, json.dumps(outage))
    state = State(SITE, waiting=1, aside=1, oldest=1.0, drained=0.0)
    store.client.hset(store.keys.outboxes, SITE, json.dumps(asdict(state)))
    loss = {"start": 1, "end": 2, "all": True, "sure": True}
    store.client.lpush(f"{store.keys.prefix}broker:losses", json.dumps(loss))
    before = store.client.config_get("maxmemory")
    store.client.config_set("maxmemory", 2**40)
    text = exporter.scrape().text
    store.client.config_set("maxmemory", before["maxmemory"])
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"(?m)^([a-z_]+)(?:{(.*)})? \S+$", text):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_they_are_about_series_and_labels_that_there_are(series: dict[str, set[str]]) -> None:
    for rule in RULES:
        for selector in selectors(promql_parser.parse(rule["expr"])):
            names = {matcher.name for matcher in selector.matchers.matchers}
            assert names <= series[selector.name], rule["alert"]
    labels = set.union(*series.values()) | {"job", "instance"}
    for rule in RULES:
        grouped = re.findall(r"(?:by|on) \(([^)]*)\)", rule["expr"])
        named = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
        assert {*", ".join([*grouped, *named]).split(", ")} <= labels | {""}, rule["alert"]
