"""OpenTelemetry and Sentry by their own Celery integrations: one trace from enqueue to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.benches import worker, write_tasks
from tests.integration.watch.receiver import Receiver
from tests.project import Project
from tests.waiting import wait_until

OPENTELEMETRY = """
from celery.signals import worker_process_init
from myapp.traced import start

worker_process_init.connect(start, weak=False)
"""
TRACED = '''
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor


def start(**_):
    exporter = OTLPSpanExporter(endpoint="http://{address}/v1/traces")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()


def order():
    """A job that enqueues others; the scheduled one waits already at the second time."""
    import frappe
    import frappe_celery

    for _ in range(2):
        frappe_celery.app.send_task("myapp.core.nightly")
    frappe.enqueue("myapp.core.fail", message="out of stock")
'''
CALLER = """
import frappe_celery
import frappe
from myapp.traced import start
from opentelemetry import trace

start()
with trace.get_tracer("web").start_as_current_span("POST /order"):
    frappe.enqueue("myapp.traced.order")
"""
SENTRY = """
import sentry_sdk

sentry_sdk.init("http://key@{address}/1", traces_sample_rate=1.0)
"""
SENTRY_CALLER = """
import celeryconfig
import frappe_celery
import frappe
from frappe_celery import enqueue_many
import sentry_sdk

with sentry_sdk.start_transaction(name="POST /order", op="http.server"):
    frappe_celery.app.send_task("myapp.tasks.fail")  # scheduled: Frappe catches what it raises
    frappe.enqueue("myapp.core.fail", message="out of stock")
    enqueue_many("myapp.core.record", [{}, {}])
sentry_sdk.flush()
"""


BROKEN_SENTRY = "import sys, types\nsys.modules['sentry_sdk'] = {}\n"


@pytest.mark.parametrize("half", ["None", "types.ModuleType('sentry_sdk')"])
def test_a_sentry_that_cannot_work_is_a_line_in_the_log_and_jobs_run(
    project: Project, half: str
) -> None:
    write_tasks(project)
    project.write("celeryconfig.py", BROKEN_SENTRY.format(half))
    process = worker(project)
    caller = (
        "import celeryconfig, frappe_celery\nimport frappe\nfrappe.enqueue('myapp.core.record')"
    )
    project.python(caller)
    wait_until(lambda: project.effects() == ["ran"], what="it has run")
    process.wait_for("succeeded")
    assert "jobs go on without Sentry, which cannot work here" in process.output()
    assert process.popen.poll() is None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().open() as receiver:
        yield receiver


def test_opentelemetry_has_one_trace_from_the_request_to_the_last_job(
    project: Project, receiver: Receiver
) -> None:
    write_tasks(project)
    project.write("celeryconfig.py", OPENTELEMETRY)
    project.write("myapp/traced.py", TRACED.replace("{address}", receiver.address))
    worker(project, "-Q", "default")
    project.python(CALLER)

    failed = wait_until(lambda: receiver.span("run/myapp.core.fail"), 20, "the last job's span")
    spans = {span.name: span for span in receiver.spans()}
    chain = ["run/myapp.core.fail", "apply_async/myapp.core.fail", "run/myapp.traced.order"]
    chain += ["apply_async/myapp.traced.order", "POST /order"]
    for name, parent in zip(chain, [*chain[1:], None]):  # noqa: B905
        span = spans[name]
        assert span.parent_span_id == (spans[parent].span_id if parent else b""), name
        assert span.trace_id == failed.trace_id
        assert span.end_time_unix_nano > span.start_time_unix_nano
    attributes = {a.key: a.value.string_value for a in failed.attributes}
    assert attributes["celery.task_name"] == "myapp.core.fail"
    assert attributes["messaging.destination"] == "default"
    (raised,) = failed.events
    assert "ValueError" in str(raised)
    assert spans["run/myapp.core.nightly"].trace_id == failed.trace_id
    assert {name for name in spans if "frappe_celery" in name} == set()


def test_sentry_gets_an_exception_once_with_the_method_and_the_caller_s_trace(
    project: Project, receiver: Receiver
) -> None:
    write_tasks(project)
    hooks = 'app_name = "myapp"\nscheduler_events = {"monthly": ["myapp.tasks.fail"]}\n'
    project.write("myapp/hooks.py", hooks)
    project.write("celeryconfig.py", SENTRY.replace("{address}", receiver.address))
    worker(project, "-Q", "default")
    project.python(SENTRY_CALLER)

    def transactions() -> dict[str, Any]:
        return {t["transaction"]: t for t in receiver.events("transaction")}

    names = {"POST /order", "myapp.core.fail", "myapp.core.record"}
    found = wait_until(lambda: names <= transactions().keys() and transactions(), 20)
    caught, error = receiver.events("event")
    assert caught["transaction"] == "myapp.tasks.fail"
    assert caught["exception"]["values"][-1]["value"] == "broken on purpose"
    assert error["transaction"] == "myapp.core.fail"
    assert error["exception"]["values"][-1]["value"] == "out of stock"
    traces = {event["contexts"]["trace"]["trace_id"] for event in [error, *found.values()]}
    assert len(traces) == 1
    _, published, *many = (s for s in found["POST /order"]["spans"] if s["op"] == "queue.publish")
    assert {s["parent_span_id"] for s in many} == {published["parent_span_id"]}
    ran = found["myapp.core.record"]["contexts"]["trace"]["parent_span_id"]
    assert ran in {s["span_id"] for s in many}
    run = found["myapp.core.fail"]
    assert run["contexts"]["trace"]["parent_span_id"] == published["span_id"]
    (process,) = (s for s in run["spans"] if s["op"] == "queue.process")
    assert (process["description"], published["description"]) == ("myapp.core.fail",) * 2
    assert process["data"]["messaging.message.receive.latency"] > 0
    assert "out of stock" not in str(error["extra"])  # arguments only with send_default_pii
