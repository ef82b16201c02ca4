"""Saving tells beat, from whatever process; and what Frappe catches is reported."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench
from tests.integration.hosts.bench.test_run import PERFORM

TELL = (
    BEGIN
    + """
from frappe.core.doctype.scheduled_job_type.scheduled_job_type import ScheduledJobType
from frappe.core.doctype.system_settings.system_settings import SystemSettings
from frappe.utils import scheduler
from frappe_celery.schedule import changed_sites
row = ScheduledJobType(method="m")
"""
)
REPORTED = (
    PERFORM
    + """
from frappe_celery.error_mail import swallowed

reports = []

@swallowed.connect
def listen(sender, job, exception, **_):
    reports.append([job and job.id, str(exception)])
"""
)


@pytest.mark.parametrize(
    "change",
    [
        "row.save()",
        "row.delete()",
        "row.rename()",
        "row.db_set('stopped', 1)",
        "row.db_set({'last_execution': None, 'stopped': 1})",
        "SystemSettings().save()",
        "scheduler.toggle_scheduler(False)",
        "frappe.db.set_value('Scheduled Job Type', 'm', 'stopped', 1)",
        "frappe.db.set_value(dt='Scheduled Job Type', dn='m', field='cron_format', val='')",
        "frappe.db.set_value('Scheduled Job Type', 'm', {'last_execution': None, 'stopped': 1})",
        "frappe.db.set_single_value('System Settings', 'time_zone', 'Asia/Tokyo')",
    ],
)
def test_a_change_tells_of_its_site_once_it_is_committed(bench: StandInBench, change: str) -> None:
    answer = bench.ask(
        f"""
        {change}
        answer = [changed_sites.take()]
        frappe.db.rollback()
        frappe.db.commit()
        answer.append(changed_sites.take())
        {change}
        frappe.db.commit()
        answer += [sorted(changed_sites.take()), changed_sites.take()]
        """,
        begin=TELL,
    )
    assert answer == ["set()", "set()", ["site1"], "set()"]


def test_a_change_still_does_what_it_did(bench: StandInBench) -> None:
    bench.ask(
        "row.db_set('stopped', 1); SystemSettings().save(); scheduler.toggle_scheduler(0)\n"
        "frappe.db.commit()",
        begin=TELL,
    )
    assert bench.effects() == [
        "set|Scheduled Job Type|stopped",
        "system settings",
        "set|System Settings|enable_scheduler",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "row.db_set('last_execution', 1, update_modified=False)",
        "frappe.db.set_value('ToDo', 'a', 'stopped', 1)",
        "frappe.db.set_single_value('Website Settings', 'time_zone', 'x')",
    ],
)
def test_neither_a_run_nor_another_doctype_tells(bench: StandInBench, change: str) -> None:
    assert bench.ask(
        f"{change}; frappe.db.commit(); answer = [sorted(changed_sites.take())]", begin=TELL
    ) == [[]]


def test_saving_does_not_fail_for_want_of_a_redis(bench: StandInBench) -> None:
    bench.configure(redis_queue="redis://127.0.0.1:1")
    assert bench.ask("row.save(); frappe.db.commit(); answer = 'saved'", begin=TELL) == "saved"


def test_switched_off_nothing_is_told(bench: StandInBench) -> None:
    assert bench.ask(
        "row.save(); frappe.db.commit(); answer = [sorted(changed_sites.take())]",
        begin=TELL,
        FRAPPE_CELERY_ENABLED="false",
    ) == [[]]


def test_a_scheduled_run_that_failed_is_reported(bench: StandInBench) -> None:
    run = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"
    answer = bench.ask(
        f"""
        job = performed({run!r}, job_type="fixture_app.tasks.fail", job_id="a run")
        good = performed({run!r}, job_type="fixture_app.tasks.write")
        answer = [job.get_status(), good.get_status(), reports]
        """,
        begin=REPORTED,
    )
    assert answer == ["finished", "finished", [["site1::a run", "failed"]]]
    assert "log|Failed" in bench.effects()
    assert "log|Complete" in bench.effects()


def test_a_scheduled_run_that_could_not_even_be_logged_is_reported(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe.core.doctype.scheduled_job_type import scheduled_job_type
        scheduled_job_type.ScheduledJobType.cannot_log = None
        frappe.init("site1"); frappe.connect()
        row = scheduled_job_type.ScheduledJobType(method="m", cannot_log="Start")
        try:
            row.execute()
        except OSError:
            answer = reports
        """,
        begin=REPORTED,
    )
    assert answer == [[None, "cannot log"]]


def test_an_action_that_failed_is_reported(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        from frappe.model.document import Document

        class Note(Document):
            def act(self, how):
                frappe.db.write(how)
                if how == "fail":
                    raise ValueError(how)

        frappe.get_doc = lambda doctype, name: Note(name=name)
        run = "frappe.model.document.execute_action"
        jobs = [performed(run, __doctype="Note", __name="n", __action="act", how=how, job_id=how)
                for how in ("fail", "succeed")]
        answer = [[job.get_status() for job in jobs], reports]
        """,
        begin=REPORTED,
    )
    assert answer == [["finished", "finished"], [["site1::fail", "fail"]]]
    assert "comment|fail" in bench.effects()
    assert "succeed|site1|someone" in bench.effects()
