"""Frappe's own Sentry, by the older client that it pins, in a bench that is switched on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.bench.bench import Bench
from tests.integration.watch.receiver import Receiver
from tests.waiting import wait_until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().open() as receiver:
        yield receiver


@pytest.fixture(params=["errors", "traces"])
def environment(
    request: pytest.FixtureRequest, bench: Bench, receiver: Receiver
) -> Iterator[dict[str, str]]:
    """As an operator sets Sentry up; the site allows it, and knows the hooks that it brings."""
    environment = {"FRAPPE_SENTRY_DSN": f"http://key@{receiver.address}/1"}
    if request.param == "traces":
        environment["SENTRY_TRACING_SAMPLE_RATE"] = "1"
        environment["SENTRY_PROFILING_SAMPLE_RATE"] = "0"
        environment["ENABLE_SENTRY_DB_MONITORING"] = "1"
    _allow(bench, 1, environment)
    try:
        yield environment
    finally:
        _allow(bench, 0, {})


def _allow(bench: Bench, telemetry: int, environment: dict[str, str]) -> None:
    code = f"""
        frappe.db.set_single_value("System Settings", "enable_telemetry", {telemetry})
        frappe.clear_cache()
        frappe.get_hooks("before_job")
    """
    bench.ask(code, **environment)


def test_a_failed_job_and_what_it_was_called_with_reach_sentry(
    bench: Bench, receiver: Receiver, environment: dict[str, str]
) -> None:
    bench.worker(1, **environment)
    label = uuid.uuid4().hex
    code = f"""
        job = frappe.enqueue(fc_probe.fail, label={label!r})
        ended(job)
        answer = [job.id, job.get_status(), job.exc_info]
    """
    job, status, traceback = bench.ask(code, **environment)
    assert status == "failed"
    assert f"broken on purpose: {label}" in traceback
    (event,) = wait_until(lambda: receiver.events("event"))
    assert event["exception"]["values"][-1]["value"] == f"broken on purpose: {label}"
    assert "function fail" in event["transaction"]
    assert (event["extra"]["job"]["uuid"], event["user"]["id"]) == (job, bench.site)
    assert label in str(event["extra"]["job"]["kwargs"])


def test_what_sentry_is_told_of_a_job_is_not_told_of_the_next(
    bench: Bench, receiver: Receiver, environment: dict[str, str]
) -> None:
    bench.worker(1, **environment)
    label = uuid.uuid4().hex
    bench.ask(f"ended(frappe.enqueue(fc_probe.tell_sentry, label={label!r}))", bench.other_site)
    bench.ask("ended(frappe.enqueue(fc_probe.fail, label='next'))", **environment)
    (event,) = wait_until(lambda: receiver.events("event"))
    assert event["user"]["id"] == bench.site
    assert label not in str(event)


def test_a_process_that_has_logged_an_error_goes_on_enqueueing(bench: Bench) -> None:
    """`frappe.log_error` imports Sentry's client also where nobody uses it."""
    bench.worker(1)
    code = """
        frappe.log_error("left behind|", "left behind")
        assert "sentry_sdk" in sys.modules
        job = frappe.enqueue(fc_probe.nothing)
        ended(job)
        answer = job.get_status()
    """
    assert bench.ask(code) == "finished"
