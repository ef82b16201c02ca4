"""The Grafana dashboard asks only for what the endpoint gives, in PromQL that parses."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch import caught
from tests.integration.cli import enqueued, failed
from tests.integration.stores import lead
from tests.integration.watch.scraping import Exporter, finished, selectors

FILE = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES = {"$__rate_interval": "5m", "$__range": "3h", "$site": ".*", "$queue": ".*"}
"""What Grafana puts in place of its variables."""
Series = dict[str, set[str]]


@pytest.fixture
def series(store: JobStore) -> Series:
    """Every series that the endpoint gives when all of them have a value, with its labels."""
    exporter, now = Exporter(store), time.time()
    finished(store)
    failed(store)
    store.fail(enqueued(store).run_id, "not yet", following="again")
    enqueued(store)
    runs = enqueued(store, method="myapp.runs")
    store.start(runs.run_id, "w")
    Limits(store).pause("queue:long")
    caught.note(runs, ValueError("no"))
    store.workers.write(WorkerInfo("w@host", "host", 1, ("short",), 2, "busy", None, now, now))
    lead(store)
    found: Series = {}
    for name, labels in re.findall(r"(?m)^([a-z_]+)(?:{(.*)})? \S+$", exporter.scrape().text):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def parsed(expression: str) -> promql_parser.Expr:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return promql_parser.parse(expression)


def labels_of(node: promql_parser.Expr, series: Series) -> set[str]:
    """The labels that a query's answer has; those it groups by must be there."""
    if isinstance(node, promql_parser.VectorSelector):
        return series[node.name]
    if isinstance(node, promql_parser.MatrixSelector):
        return series[node.vector_selector.name]
    if isinstance(node, promql_parser.Call):
        under = labels_of(node.args[-1], series) if node.args else set()
        return under - {"le"} if node.func.name == "histogram_quantile" else under
    if isinstance(node, promql_parser.AggregateExpr):
        under = labels_of(node.expr, series)
        if node.param is not None:  # topk
            return under
        by = set(node.modifier.labels) if node.modifier else set()
        assert by <= under, node
        return by
    if isinstance(node, promql_parser.BinaryExpr):
        return labels_of(node.lhs, series) | labels_of(node.rhs, series)
    if isinstance(node, promql_parser.ParenExpr):
        return labels_of(node.expr, series)
    return set()


def test_every_query_is_about_series_and_labels_that_there_are(series: Series) -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            query = parsed(target["expr"])
            asked = selectors(query)
            assert asked, target["expr"]
            for selector in asked:
                names = {matcher.name for matcher in selector.matchers.matchers}
                assert names <= series[selector.name], target["expr"]
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert shown <= labels_of(query, series), target["expr"]


def test_what_the_endpoint_gives_is_on_the_dashboard(series: Series) -> None:
    asked = {
        selector.name
        for panel in PANELS
        for target in panel["targets"]
        for selector in selectors(parsed(target["expr"]))
    }
    stems = {re.sub("_(bucket|sum|count|created|total)$", "", name) for name in series}
    assert {re.sub("_(bucket|sum|count|total)$", "", name) for name in asked} == stems


def test_its_variables_are_labels_that_there_are(series: Series) -> None:
    queries = {v["name"]: v["query"] for v in DASHBOARD["templating"]["list"]}
    assert queries.pop("datasource") == "prometheus"
    for name, query in queries.items():
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", query["query"])
        assert found
        (selector,) = selectors(parsed(found[1]))
        assert found[2] == name
        assert name in series[selector.name]


def test_panels_stand_side_by_side() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
