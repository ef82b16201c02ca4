"""A real beat process notices what people change on a site while it runs."""

from __future__ import annotations

import pytest

from tests.project import Process, Project
from tests.waiting import wait_until

HOOKS = """
    scheduler_events = {
        "cron": {"* * * * * *": ["myapp.tasks.record"], "0 0 1 1 *": ["myapp.tasks.sleep"]}
    }
"""
SEEN_SECONDS = 5
BY_FRAPPE = """
    import frappe_celery
    import frappe

    row = frappe.get_doc("Scheduled Job Type", {{"method": "myapp.tasks.{method}"}})
    row.{field} = {value!r}
    row.save()
    frappe.db.commit()
"""
BY_DJANGO = """
    import frappe_celery
    import frappe

    frappe.db.count("Scheduled Job Type")  # loads Django
    from frappe_standalone.models import ScheduledJobType

    ScheduledJobType.objects.filter(method="myapp.tasks.{method}").update({field}={value!r})
"""
BY_SQL = """
    import frappe_celery
    import frappe

    frappe.db.sql(
        "update `tabScheduled Job Type` set {field} = %s where method = %s",
        ({value!r}, "myapp.tasks.{method}"),
    )
    frappe.db.commit()
"""


@pytest.fixture
def beat(project: Project) -> Process:
    project.write("myapp/hooks.py", HOOKS)
    project.configure(scheduler_tick_interval=1)
    process = project.beat()
    process.wait_for("tasks.record of site")
    return process


def lines(beat: Process, method: str) -> int:
    """How often something became of a due time of a method."""
    return beat.output().count(f"myapp.tasks.{method} of site")


def stands_still(beat: Process, method: str) -> None:
    """Until an entry that is due each second is left alone while `sleep`, due too, goes on."""

    def alone() -> bool:
        before, others = lines(beat, method), lines(beat, "sleep")
        wait_until(lambda: lines(beat, "sleep") >= others + 3)
        return lines(beat, method) == before

    wait_until(alone, timeout=30)


def test_enable_scheduler_switched_off_and_on_again(project: Project, beat: Process) -> None:
    switch = """
        import frappe_celery
        import frappe
        from frappe.utils.scheduler import toggle_scheduler

        toggle_scheduler({})
        frappe.db.commit()
    """
    off = f"site {project.site}: nothing is scheduled, enable_scheduler is off in System Settings"
    project.python(switch.format(False))
    beat.wait_for(off)
    when_off = lines(beat, "record")
    listing = project.python("from frappe_celery.cli import main; main(['schedule', '--json'])")
    assert "paused: enable_scheduler is off in System Settings" in listing
    project.python(switch.format(True))
    beat.wait_for(f"site {project.site}: is scheduled again")
    assert beat.output().count(off) == 1
    switched_on = beat.output().index("is scheduled again")
    assert beat.output()[:switched_on].count("tasks.record of site") == when_off
    wait_until(lambda: lines(beat, "record") >= when_off + 2)


def test_a_row_given_another_cron_stopped_and_started(project: Project, beat: Process) -> None:
    project.python(BY_DJANGO.format(method="sleep", field="cron_format", value="* * * * * *"))
    wait_until(lambda: lines(beat, "sleep") >= 1, timeout=SEEN_SECONDS, what="the new cron counts")
    project.python(BY_SQL.format(method="record", field="stopped", value=1))
    stands_still(beat, "record")
    project.python(BY_FRAPPE.format(method="record", field="stopped", value=0))
    so_far = lines(beat, "record")
    wait_until(lambda: lines(beat, "record") > so_far, timeout=SEEN_SECONDS, what="it goes on")
