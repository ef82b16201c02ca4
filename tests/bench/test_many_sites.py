"""Two sites of a bench, of which one floods a queue."""

from __future__ import annotations

import pytest

from tests.bench.bench import Bench


@pytest.fixture
def other(bench: Bench) -> str:
    if bench.other_site is None:
        pytest.skip("needs a second site")
    return bench.other_site


def test_a_flood_refuses_the_site_that_it_is_of_and_no_other(bench: Bench, other: str) -> None:
    flood = """
        from frappe.utils import background_jobs
        if not hasattr(background_jobs, "_check_queue_size"):
            answer = None
        else:
            frappe.conf.max_queued_jobs = 3
            answer = 0
            try:
                for _ in range(100):
                    frappe.enqueue("frappe.ping")
                    answer += 1
            except frappe.QueueOverloaded as exc:
                answer = [answer, str(exc)]
    """
    refused = bench.ask(flood)
    if refused is None:
        pytest.skip("this Frappe refuses nobody")
    most = bench.ask(
        """
        from frappe.utils import background_jobs
        answer = 3 + 50 * hasattr(background_jobs, "MAX_QUEUED_JOBS")
        """
    )
    assert refused[0] == most
    assert f"({most})" in refused[1]
    assert bench.ask(flood, other)[0] == most


def test_the_other_site_waits_for_its_turn_only(bench: Bench, other: str) -> None:
    bench.ask("for n in range(300): frappe.enqueue(fc_probe.write, label=f'flood {n}')")
    asked = "job = frappe.enqueue(fc_probe.write, label='other'); answer = job.get_position()"
    assert bench.ask(asked, other) == 0
    bench.worker(1)
    left = """
        job = frappe.enqueue(fc_probe.write, label="one more")
        ended(job)
        answer = frappe_celery.jobs.get_store().queue_length("default")
    """
    assert bench.ask("import frappe_celery.jobs" + left.replace("\n        ", "\n"), other) > 50


def test_a_pause_holds_one_site_up_and_no_other(bench: Bench, other: str) -> None:
    bench.run("frappe-celery", "pause", f"site:{bench.site}")
    bench.worker(1)
    try:
        run = bench.ask("answer = frappe.enqueue(fc_probe.write, label='paused').run_id")
        bench.ask("ended(frappe.enqueue(fc_probe.write, label='goes on'))", other)
        status = f"answer = frappe_celery.jobs.get_store().fetch_run({run!r}).status"
        assert bench.ask(f"import frappe_celery.jobs\n{status}") == "queued"
    finally:
        bench.run("frappe-celery", "resume", f"site:{bench.site}")
    bench.ask(
        f"import frappe_celery.jobs\nended(frappe_celery.jobs.get_store().fetch_run({run!r}))"
    )
