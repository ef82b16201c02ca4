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


pytestmark = pytest.mark.usefixtures("since_15")
"""Frappe 14 has no Sentry."""

REPORT = """
from sentry_sdk.utils import event_from_exception

def raising():
    raise ValueError("reported")

try:
    raising()
except ValueError:
    try:
        event_from_exception(sys.exc_info())
    except Exception as exc:
        answer = f"{type(exc).__name__}: {exc}"
"""


def on_rq(bench: Bench) -> str | None:
    """Why Frappe's own client reports nothing in this Python, with no code of ours; None: it does.

    sentry-sdk 1.45, which 16.9 pins, copies a frame's variables, which Python 3.13 made uncopyable.
    """
    why: str | None = bench.ask(REPORT, FRAPPE_CELERY_ENABLED="false")
    return why


def test_a_client_that_reports_nothing_takes_no_job_with_it(
    bench: Bench, receiver: Receiver
) -> None:
    """Frappe logs that it cannot; the job fails with its own error, and the next one runs."""
    if on_rq(bench) is None:
        pytest.skip("Frappe's own client works in this Python")
    environment = {"FRAPPE_SENTRY_DSN": f"http://key@{receiver.address}/1"}
    _allow(bench, 1, environment)
    try:
        bench.worker(1, **environment)
        code = """
            failing = frappe.enqueue(fc_probe.fail, label="unreported")
            job = frappe.enqueue(fc_probe.nothing)
            ended(failing, job)
            answer = [failing.get_status(), failing.exc_info, job.get_status()]
        """
        failed, traceback, finished = bench.ask(code, **environment)
    finally:
        _allow(bench, 0, {})
    assert (failed, finished) == ("failed", "finished")
    assert "broken on purpose: unreported" in traceback
    assert not receiver.events("event")


@pytest.fixture(params=["errors", "traces"])
def environment(
    request: pytest.FixtureRequest, bench: Bench, receiver: Receiver
) -> Iterator[dict[str, str]]:
    """As an operator sets Sentry up; the site allows it, and knows the hooks that it brings."""
    if why := on_rq(bench):
        pytest.skip(f"Frappe's own Sentry client reports nothing in this Python, on RQ too: {why}")
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
        frappe.db.commit()  # for which the job waits, since this has written
        ended(job)
        answer = job.get_status()
    """
    assert bench.ask(code) == "finished"
