"""Two sites of a bench, of which one floods a queue."""

from __future__ import annotations

import pytest

from tests.bench.bench import Bench


@pytest.fixture
def other(bench: Bench) -> str:
    if bench.other_site is None:
        pytest.skip("needs a second site")
    return bench.other_site


@pytest.mark.parametrize(("own", "most_in_15", "most"), [(3, 3, 53), (0, None, 550)])
def test_a_flood_refuses_the_site_that_it_is_of_and_no_other(
    bench: Bench, other: str, own: int, most_in_15: int | None, most: int | None
) -> None:
    flood = f"""
        frappe.conf.max_queued_jobs = {own}
        answer = [0, None]
        try:
            for _ in range(600):
                frappe.enqueue("frappe.ping")
                answer[0] += 1
        except getattr(frappe, "QueueOverloaded", ()) as exc:
            answer[1] = str(exc)
    """
    refuses, version = bench.ask(
        "answer = [hasattr(frappe, 'QueueOverloaded'), int(frappe.__version__.split('.')[0])]"
    )
    if not refuses:
        most = None  # before 15.60
    elif version == 15:
        most = most_in_15
    for site in (bench.site, other):
        enqueued, message = bench.ask(flood, site)
        assert enqueued == (most or 600)
        assert (message is None) if most is None else f"({most})" in message


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
