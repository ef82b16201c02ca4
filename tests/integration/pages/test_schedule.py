"""The pages of the schedule and the logs: seen, edited, run now; what is wrong is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib.admin.utils import quote

from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.cli import OTHER
from tests.integration.pages.client import JOBS, Answer, Client
from tests.integration.pages.server import rows
from tests.project import Project

SCHEDULE = "/admin/frappe_celery/scheduledjobtype/"
EVENTS = "/admin/frappe_celery/schedulerevent/"
CRON_ROW = "select {} from `tabScheduled Job Type` where method = 'myapp.tasks.fail'"
Users = Callable[[str], Client]


def column(project: Project, name: str, site: str | None = None) -> Any:
    """Of the row with a cron expression."""
    ((value,),) = rows(project, CRON_ROW.format(name), site=site)
    return value


def form(project: Project, site: str | None = None) -> str:
    return f"{SCHEDULE}tasks.fail/change/{f'?site={site}' if site else ''}"


def next_runs(answer: Answer) -> list[str]:
    (listed,) = re.findall(r'(?s)id="fc-next-runs">(.*?)</ul>', answer.source)
    shown = re.sub("<[^>]+>", "", listed)
    return re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", shown)


def test_the_list_shows_next_runs_of_the_own_site(user: Users, shop: Project) -> None:
    seen = user("carla").get(SCHEDULE)
    assert "2 Scheduled Job Types" in seen.text
    assert re.search(r"tasks.fail 30 2 \* \* \* \w{3} \S+ 02:30:00 never", seen.text), seen.text
    for site in (shop.site, OTHER):
        assert "2 Scheduled Job Types" in user("anna").get(SCHEDULE, site=site).text
    assert user("anna").get(form(shop, OTHER)).status == 200
    other = user("carla").get(form(shop, OTHER))
    assert other.status == 302
    assert "exist. Perhaps it was deleted?" in user("carla").told()
    fields = {"frequency": "Cron", "cron_format": "* * * * *"}
    assert user("carla").post(form(shop, OTHER), **fields).status == 302
    assert column(shop, "cron_format", OTHER) == "30 2 * * *"
    user("carla").told()


def test_a_changed_expression_moves_the_next_runs(user: Users, shop: Project) -> None:
    anna, page = user("anna"), form(shop)
    assert all(run.endswith("02:30:00") for run in next_runs(anna.get(page)))
    assert "Times in Europe/Amsterdam" in anna.get(page).text
    assert "This row comes from hooks.py" in anna.get(page).text
    done = anna.post(page, frequency="Cron", cron_format="15 4 * * 1-5", create_log="on")
    assert done.status == 302, done.text
    assert [run[-8:] for run in next_runs(anna.get(page))] == ["04:15:00"] * 5
    assert column(shop, "modified_by") == "anna"
    anna.post(page, frequency="Daily", cron_format="15 4 * * 1-5")
    assert (column(shop, "frequency"), column(shop, "cron_format")) == ("Daily", "")
    anna.post(page, frequency="Cron", cron_format="30 2 * * *")
    anna.told()


def test_a_broken_expression_is_said_beside_its_field(user: Users, shop: Project) -> None:
    anna, page = user("anna"), form(shop)
    for cron, sentence in {
        "61 * * * *": "'61 * * * *'",
        "every morning": "'every morning'",
        "": "Cron format is required for job types with Cron frequency",
    }.items():
        answer = anna.post(page, frequency="Cron", cron_format=cron)
        (errors,) = re.findall(
            r'(?s)<ul class="errorlist" id="id_cron_format_error">(.*?)</ul>', answer.source
        )
        assert sentence in Answer(200, "", errors).text, (cron, errors)
        assert column(shop, "cron_format") == "30 2 * * *"
    assert anna.post(page, frequency="Sometimes", cron_format="").status == 200


def test_pause_and_resume(user: Users, shop: Project) -> None:
    carla, row = user("carla"), "tasks.fail"
    carla.post(SCHEDULE, action="pause", _selected_action=row)
    assert column(shop, "stopped") == 1
    assert carla.told() == "Paused: tasks.fail."
    assert "Paused: it would run at these times" in carla.get(form(shop)).text
    carla.post(SCHEDULE, action="resume", _selected_action=row)
    assert column(shop, "stopped") == 0
    carla.told()
    assert user("ben").post(SCHEDULE, action="pause", _selected_action=row).status in (200, 302)
    assert user("ben").post(form(shop), frequency="Daily").status == 403
    assert (column(shop, "stopped"), column(shop, "frequency")) == (0, "Cron")


def test_run_now_runs_once_as_the_one_who_asked(
    user: Users, shop: Project, store: JobStore
) -> None:
    carla, row = user("carla"), "tasks.fail"
    carla.post(SCHEDULE, action="run_now", _selected_action=row)
    (job,) = store.page(statuses=[JobStatus.QUEUED])
    assert (job.job_name, job.user, job.site) == ("myapp.tasks.fail", "carla", shop.site)
    assert carla.told() == "A run of tasks.fail was enqueued."
    assert "myapp.tasks.fail" in carla.get(f"{JOBS}{job.run_id}/").text
    saved = carla.post(form(shop), frequency="Cron", cron_format="30 2 * * *", _run="1")
    assert saved.location == form(shop)
    assert "No run of tasks.fail was enqueued: one waits or runs." in carla.told()
    assert len(store.page()) == 1


def test_a_row_of_one_s_own_needs_an_event(user: Users, shop: Project) -> None:
    anna = user("anna")
    new = {"site": shop.site, "frequency": "Cron", "cron_format": "0 5 * * *"}
    assert "This field is required" in anna.post(f"{SCHEDULE}add/", **new).text
    answer = anna.post(
        f"{EVENTS}add/", site=shop.site, scheduled_against="", method="myapp.tasks.record"
    )
    assert "Scheduler Event needs scheduled_against" in answer.text
    anna.post(
        f"{EVENTS}add/", site=shop.site, scheduled_against="Note", method="myapp.tasks.record"
    )
    ((event,),) = rows(shop, "select name from `tabScheduler Event`")
    added = anna.post(f"{SCHEDULE}add/", **new, scheduler_event=event)
    assert added.status == 302, added.text
    made = rows(
        shop,
        "select name, method, owner from `tabScheduled Job Type` where scheduler_event = ?",
        event,
    )
    assert [row[1:] for row in made] == [("myapp.tasks.record", "anna")]
    gone = anna.post(f"{SCHEDULE}{quote(made[0][0])}/delete/", post="yes")
    assert gone.status == 302
    assert not rows(shop, "select name from `tabScheduled Job Type` where name = ?", made[0][0])
    anna.told()


def test_logs_are_read_only_and_mask_secrets(user: Users, shop: Project) -> None:
    shop.python(
        """
        import frappe
        for site in ("site1.localhost", "site2.localhost"):
            frappe.init(site); frappe.connect()
            frappe.log_error("it broke", "Traceback\\nValueError: password=hush at " + site)
            frappe.db.commit()
        """.replace("import frappe\n", "import frappe_celery, frappe\n")
    )
    carla, logs = user("carla"), "/admin/frappe_celery/errorlog/"
    listed = carla.get(logs)
    assert "at site1.localhost" in listed.text
    assert "at site2.localhost" not in listed.text
    assert "at site2.localhost" in user("anna").get(logs, site="site2.localhost").text
    (number,) = rows(shop, "select name from `tabError Log`")[0]
    one = carla.get(f"{logs}{number}/change/")
    assert "ValueError: password=******** at site1.localhost" in one.text
    assert "hush" not in one.source + listed.source
    for name in ("carla", "anna"):
        assert user(name).post(f"{logs}{number}/change/", method="x").status == 403
        assert user(name).post(f"{logs}{number}/delete/", post="yes").status == 403
        assert user(name).get(f"{logs}add/").status == 403
        assert user(name).get("/admin/frappe_celery/scheduledjoblog/add/").status == 403
