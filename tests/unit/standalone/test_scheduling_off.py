"""What switches a site's schedule off, and what tells that its rows changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.documents import tables
from frappe_standalone.host import StandaloneHost
from frappe_standalone.schedule.scheduler import why_dormant

SITE = "standalone"
OFF = "enable_scheduler is off in System Settings"
JOB = "Scheduled Job Type"
HOURLY = {"doctype": JOB, "method": "myapp.tasks.a", "frequency": "Hourly"}


@pytest.fixture
def host(frappe: Any) -> StandaloneHost:
    return StandaloneHost()


@pytest.fixture
def follow(root: Path) -> Callable[..., None]:
    """Makes the process follow a version of Frappe, with those keys configured."""

    def use(version: int, **keys: str) -> None:
        environ = {
            "FRAPPE_CELERY_APPS": '["myapp"]',
            "FRAPPE_CELERY_FRAPPE_VERSION": str(version),
            **keys,
        }
        settings.use(Settings.load(root=root, environ=environ))

    return use


def by_the_scheduler(frappe: Any, value: int) -> None:
    from frappe.utils import scheduler

    scheduler.toggle_scheduler(value)


def by_a_document(frappe: Any, value: int) -> None:
    system_settings = frappe.get_doc("System Settings")
    system_settings.enable_scheduler = value
    system_settings.save()


def by_value(frappe: Any, value: int) -> None:
    frappe.db.set_value("System Settings", "System Settings", "enable_scheduler", str(value))


@pytest.mark.parametrize("switch", [by_the_scheduler, by_a_document, by_value])
def test_enable_scheduler_counts_once_it_is_committed(
    host: StandaloneHost, frappe: Any, switch: Callable[[Any, int], None]
) -> None:
    assert host.scheduling_off(SITE) is None
    switch(frappe, 0)
    frappe.db.rollback()
    assert host.scheduling_off(SITE) is None
    switch(frappe, 0)
    frappe.db.commit()
    assert host.scheduling_off(SITE) == OFF
    switch(frappe, 1)
    frappe.db.commit()
    assert host.scheduling_off(SITE) is None


@pytest.mark.parametrize("key", ["maintenance_mode", "pause_scheduler", "disable_scheduler"])
def test_the_configuration_switches_it_off(
    frappe: Any, root: Path, host: StandaloneHost, key: str
) -> None:
    config = root / "sites" / SITE / "site_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(f'{{"{key}": 1}}')
    settings.use(None)
    assert host.scheduling_off(SITE) == f"{key} is set in its configuration"


# -- dormant sites


def active(frappe: Any, days_ago: float) -> None:
    """Somebody logged in, so long ago."""
    tables.make_one(SITE, "Activity Log", {})
    written("Activity Log", frappe, days_ago)


def ran(frappe: Any, days_ago: float) -> None:
    """A scheduled job ran, so long ago."""
    written("Scheduled Job Log", frappe, days_ago)


def written(doctype: str, frappe: Any, days_ago: float) -> None:
    when = datetime.now() - timedelta(days=days_ago)
    name = frappe.get_doc({"doctype": doctype}).insert().name
    frappe.db.set_value(doctype, name, {"creation": when, "modified": when}, update_modified=False)
    frappe.db.commit()


@pytest.mark.parametrize("version", [14, 15, 16, 17])
def test_a_site_where_nobody_logs_in_is_never_dormant(
    follow: Any, host: StandaloneHost, frappe: Any, version: int
) -> None:
    follow(version)
    ran(frappe, days_ago=0.1)
    assert host.scheduling_off(SITE) is None
    ran(frappe, days_ago=100)
    assert host.scheduling_off(SITE) is None


def test_a_dormant_site_is_scheduled_once_a_day(
    follow: Any, host: StandaloneHost, frappe: Any
) -> None:
    follow(14)
    active(frappe, days_ago=4.1)
    assert host.scheduling_off(SITE) is None, "nothing was scheduled yet"
    ran(frappe, days_ago=0.9)
    off = host.scheduling_off(SITE)
    assert off is not None
    assert "dormant_days in System Settings is 4" in off
    a_day_ago = datetime.now() - timedelta(days=1)
    frappe.db.set_value("Scheduled Job Log", {}, "modified", a_day_ago, update_modified=False)
    frappe.db.commit()
    assert host.scheduling_off(SITE) is None
    ran(frappe, days_ago=0)
    assert host.scheduling_off(SITE) == off, "the same reason, so that it is logged once"
    active(frappe, days_ago=0)
    assert host.scheduling_off(SITE) is None


def test_how_many_days_is_a_setting_and_developers_are_spared(
    follow: Any, host: StandaloneHost, frappe: Any, root: Path
) -> None:
    follow(14)
    active(frappe, days_ago=4.1)
    ran(frappe, days_ago=0)
    frappe.db.set_single_value("System Settings", "dormant_days", 5)
    frappe.db.commit()
    assert host.scheduling_off(SITE) is None
    frappe.db.set_single_value("System Settings", "dormant_days", 0)
    frappe.db.commit()
    assert host.scheduling_off(SITE) is not None, "0 is Frappe's 4"
    frappe.conf.developer_mode = 1
    assert why_dormant() is None


@pytest.mark.parametrize("version", [16, 17])
def test_from_v16_on_sites_are_dormant_on_its_makers_cloud_only(
    follow: Any, host: StandaloneHost, frappe: Any, version: int
) -> None:
    follow(version)
    active(frappe, days_ago=100)
    ran(frappe, days_ago=0)
    assert host.scheduling_off(SITE) is None


# -- changed rows


def edited_as_document(frappe: Any, name: str) -> None:
    row = frappe.get_doc(JOB, name)
    row.stopped = 1
    row.save()


def edited_by_value(frappe: Any, name: str) -> None:
    frappe.db.set_value(JOB, name, "stopped", 1, update_modified=False)


def edited_in_sql(frappe: Any, name: str) -> None:
    frappe.db.sql("update `tabScheduled Job Type` set stopped = 1")


def edited_by_django(frappe: Any, name: str) -> None:
    from frappe_standalone import models

    models.ScheduledJobType.objects.filter(name=name).update(stopped=True)


def deleted(frappe: Any, name: str) -> None:
    frappe.delete_doc(JOB, name)


def added(frappe: Any, name: str) -> None:
    frappe.get_doc({**HOURLY, "method": "myapp.tasks.b"}).insert()


def event_edited(frappe: Any, name: str) -> None:
    event = frappe.get_doc("Scheduler Event", frappe.db.get_value(JOB, name, "scheduler_event"))
    event.method = "myapp.tasks.c"
    event.save()


CHANGES = [
    edited_as_document,
    edited_by_value,
    edited_in_sql,
    edited_by_django,
    deleted,
    added,
    event_edited,
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_rows_are_others_once_one_changed_and_only_then(
    host: StandaloneHost, frappe: Any, change: Callable[[Any, str], None]
) -> None:
    event = {"doctype": "Scheduler Event", "scheduled_against": "Memo", "method": "myapp.tasks.b"}
    its = frappe.get_doc(event).insert().name
    name = frappe.get_doc({**HOURLY, "scheduler_event": its}).insert().name
    frappe.db.set_value(JOB, name, "method", "")  # then its event alone says what it runs
    frappe.db.commit()
    rows = host.schedule_rows(SITE)
    frappe.get_doc({"doctype": "Memo", "title": "a"}).insert()
    frappe.db.commit()
    assert host.schedule_rows(SITE) == rows
    change(frappe, name)
    frappe.db.commit()
    assert host.schedule_rows(SITE) != rows
