"""What Prometheus would be given, read in this process."""

from __future__ import annotations

import re
import time

import promql_parser
from prometheus_client import CollectorRegistry, generate_latest

from frappe_celery.jobs import JobStore
from frappe_pages.exposition import Exposition
from tests.integration.cli import enqueued


class Scraped:
    """What a scrape brought."""

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, name: str, **labels: str) -> float:
        """The sum over the series of that name that have these labels."""
        found = [
            float(number)
            for its_labels, number in re.findall(rf"(?m)^{name}(?:{{(.*)}})? (\S+)$", self.text)
            if labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', its_labels)).items()
        ]
        return sum(found)


class Exporter:
    """An exposition in this process."""

    def __init__(self, store: JobStore) -> None:
        self.registry = CollectorRegistry()
        self.exposition = Exposition(store, self.registry)
        self.exposition.count()

    def scrape(self) -> Scraped:
        return Scraped(generate_latest(self.registry).decode())


def finished(store: JobStore, ran: float = 0.2, **given: str) -> None:
    job = enqueued(store, **given)
    store.client.lrem(store.waiting_list(job.site, job.queue), 1, job.run_id)
    store.start(job.run_id, "w", at=time.time() - ran)
    store.finish(job.run_id, None)


def selectors(expression: promql_parser.Expr) -> list[promql_parser.VectorSelector]:
    """The series that a query asks for."""
    found = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        if isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)

    promql_parser.walk(expression, pre_visit=visit)
    return list({id(selector): selector for selector in found}.values())
