"""How beat notices an edit among very many sites: one question, and a look at each in turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.reader import News, Reader
from frappe_standalone.host import StandaloneHost
from frappe_standalone.local import local
from frappe_standalone.schedule import changes
from frappe_standalone.site.context import visit

SITE = "standalone"
JOB = "Scheduled Job Type"


@pytest.fixture
def host(frappe: Any, monkeypatch: pytest.MonkeyPatch) -> StandaloneHost:
    monkeypatch.setattr(changes, "_seen", {})
    job = frappe.new_doc(JOB, method="myapp.tasks.a", frequency="Cron", cron_format="0 9 * * *")
    job.insert()
    frappe.db.commit()
    return StandaloneHost()


def changed(host: StandaloneHost, frappe: Any, edit: Callable[[], Any]) -> set[str]:
    host.changed_sites()
    edit()
    frappe.db.commit()
    return host.changed_sites()


def test_an_edit_is_known_of_without_looking_at_each_site(
    host: StandaloneHost, frappe: Any
) -> None:
    assert host.changed_sites() == {SITE}
    assert host.changed_sites() == set()
    event = {"doctype": "Scheduler Event", "scheduled_against": "ToDo"}
    other = {"doctype": JOB, "method": "myapp.tasks.b", "frequency": "Daily"}
    for edit in (
        lambda: frappe.db.set_value(JOB, "tasks.a", "cron_format", "0 8 * * *"),
        lambda: frappe.get_doc(JOB, "tasks.a").save(),
        lambda: frappe.get_doc(event).insert(),
        lambda: frappe.get_doc(other).insert(),
        lambda: frappe.delete_doc(JOB, "tasks.b"),
        lambda: frappe.db.set_single_value("System Settings", "enable_scheduler", 0),
    ):
        assert changed(host, frappe, edit) == {SITE}
    run = {"last_execution": frappe.utils.now_datetime()}
    runs = frappe.get_doc(JOB, "tasks.a")
    assert changed(host, frappe, lambda: runs.db_set(run, update_modified=False)) == set()


def test_no_site_has_to_be_the_default(
    root: Path, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_seen", {})
    for site in ("one", "two"):
        (root / "sites" / site).mkdir(parents=True)
        (root / "sites" / site / "site_config.json").write_text("{}")
    host = StandaloneHost()
    with local.apart():  # as in a process that has not used a site yet
        assert host.changed_sites() == {"one", "two"}
        assert host.changed_sites() == set()
        with visit("two", "Administrator"):
            job = {"doctype": JOB, "method": "myapp.tasks.a", "frequency": "Daily"}
            module.get_doc(job).insert()
            module.db.commit()
        assert host.changed_sites() == {"two"}


def test_what_was_written_past_that_is_found_by_the_look_at_each_site(
    host: StandaloneHost, frappe: Any
) -> None:
    news: list[News] = []
    reader = Reader(host, settings.current(), news.append)
    reader.poll()
    assert [row.cron_format for each in news for row in each.changed] == ["0 9 * * *"]
    news.clear()
    reader.poll()
    assert news == []
    frappe.db.sql("update `tabScheduled Job Type` set cron_format = %s", ("0 7 * * *",))
    frappe.db.commit()
    assert host.changed_sites() == set()
    reader.poll()
    assert [row.cron_format for each in news for row in each.changed] == ["0 7 * * *"]


def test_a_look_that_took_long_is_followed_by_a_rest_but_known_changes_are_read(
    host: StandaloneHost, frappe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    looks: list[str] = []
    reader = Reader(host, settings.current(), lambda news: None, clock=lambda: now)
    reader.poll()
    read = host.schedule_rows

    def slowly(site: str) -> list[ScheduleRow]:
        nonlocal now
        now += 4.0
        looks.append(site)
        return read(site)

    monkeypatch.setattr(host, "schedule_rows", slowly)
    for _ in range(3):
        reader.poll()
    assert len(looks) == 1
    frappe.get_doc(JOB, "tasks.a").save()
    frappe.db.commit()
    reader.poll()
    assert len(looks) == 2
    now += 40.0
    reader.poll()
    assert len(looks) == 3


def test_a_database_that_is_away_switches_its_site_off_until_it_answers(
    host: StandaloneHost, frappe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    news: list[News] = []
    reader = Reader(host, settings.current(), news.append)
    reader.poll()
    news.clear()

    def away(site: str) -> None:
        raise OSError("no database at db.example:3306")

    with monkeypatch.context() as broken:
        broken.setattr(changes.django_setup, "connection", away)
        broken.setattr(changes, "_looks", lambda database: ())  # which is no file
        reader.poll()
        reader.poll()
    why = "OSError: no database at db.example:3306"
    assert reader.unread() == {SITE: why}
    off = f"its schedule cannot be read ({why})"
    assert news == [News(SITE, off=off, answers=False)]
    frappe.db.set_value(JOB, "tasks.a", "cron_format", "0 7 * * *")
    frappe.db.commit()
    reader.poll()
    assert [row.cron_format for each in news for row in each.changed] == ["0 7 * * *"]
    assert news[-1] == News(SITE, off=None, answers=True)
    assert reader.unread() == {}


def test_a_site_that_is_gone_is_told(
    root: Path,
    module: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(changes, "_seen", {})
    for site in ("one", "two"):
        (root / "sites" / site).mkdir(parents=True)
        (root / "sites" / site / "site_config.json").write_text("{}")
    reader = Reader(StandaloneHost(), settings.current(), lambda news: None)
    reader.poll()
    (root / "sites" / "two").rename(root / "not mounted")
    reader.poll()
    reader.poll()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "site two is gone, and nothing of it is scheduled: it has no site_config.json any more"
    ]
