"""hooks.py files: imported, never parsed; every spelling; one that is broken stops no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import frappe_celery
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.host import StandaloneHost
from frappe_standalone.local import local

Write = Callable[[str, str], Path]


@pytest.fixture
def apps(root: Path, frappe: Any) -> Callable[..., None]:
    """Makes these the apps, in order."""

    def use(*names: str) -> None:
        settings.use(
            Settings.load(
                root=root, environ={"FRAPPE_CELERY_APPS": str(list(names)).replace("'", '"')}
            )
        )
        frappe.init("standalone", force=True)
        frappe.connect()

    return use


def test_every_apps_hooks_as_one_list(frappe: Any, write: Write, apps: Any) -> None:
    write("myapp/names.py", 'PREFIX = "myapp.tasks."\n')
    write(
        "myapp/hooks.py",
        """
        import frappe
        from .names import PREFIX

        on_login = PREFIX + "one"
        scheduler_events = {
            "daily": [PREFIX + name for name in ("a", "b")],
            "cron": {"* * * * *": [PREFIX + "c"]},
        }
        """,
    )
    write(
        "myapp_two/hooks.py",
        """
        on_login = ["myapp_two.tasks.two"]
        scheduler_events = {
            "daily": "myapp_two.tasks.d",
            "cron": {"* * * * *": ["myapp_two.tasks.e"]},
        }
        """,
    )
    apps("myapp", "myapp_two")
    assert frappe.get_hooks("on_login") == ["myapp.tasks.one", "myapp_two.tasks.two"]
    assert frappe.get_hooks("on_login", app_name="myapp_two") == ["myapp_two.tasks.two"]
    assert frappe.get_hooks("scheduler_events") == {
        "daily": ["myapp.tasks.a", "myapp.tasks.b", "myapp_two.tasks.d"],
        "cron": {"* * * * *": ["myapp.tasks.c", "myapp_two.tasks.e"]},
    }
    assert frappe.get_hooks("nothing") == []
    assert frappe.get_hooks("nothing", default={}) == {}
    assert "frappe" not in frappe.get_hooks()
    apps("myapp_two", "myapp")
    assert frappe.get_hooks("on_login")[0] == "myapp_two.tasks.two"


def test_what_a_caller_does_to_its_hooks_stays_with_it(frappe: Any, write: Write) -> None:
    write("myapp/hooks.py", 'on_login = ["myapp.tasks.one"]')
    frappe.get_hooks("on_login").append("x")
    assert frappe.get_hooks("on_login") == ["myapp.tasks.one"]


def test_a_sites_installed_apps(frappe: Any, write: Write, apps: Any, root: Path) -> None:
    write("myapp/hooks.py", 'on_login = "one"')
    write("myapp_two/hooks.py", 'on_login = "two"')
    apps("myapp", "myapp_two")
    for site, config in (("all", "{}"), ("some", '{"installed_apps": ["myapp_two"]}')):
        (root / "sites" / site).mkdir(parents=True)
        (root / "sites" / site / "site_config.json").write_text(config)
    host = StandaloneHost()
    assert [found.app for found in host.app_hooks("all")] == ["myapp", "myapp_two"]
    assert [found.app for found in host.app_hooks("some")] == ["myapp_two"]
    frappe.init("some")
    assert frappe.get_hooks("on_login") == ["two"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'.*hooks.py, line 1"),
        ("x = 1 / 0", "ZeroDivisionError.*hooks.py, line 1"),
        ("x = (", "SyntaxError"),
    ],
)
def test_a_broken_hooks_file_is_told_and_stops_no_other(
    frappe: Any, write: Write, apps: Any, text: str, words: str, caplog: Any
) -> None:
    write("myapp/hooks.py", text)
    write("myapp_two/hooks.py", 'on_login = "two"')
    apps("myapp", "myapp_two")
    broken, whole = StandaloneHost().app_hooks("standalone")
    assert broken.error is not None
    assert whole.hooks == {"on_login": "two"}
    import re

    assert re.search(f"myapp.hooks cannot be imported: .*{words}", broken.error)
    assert frappe.get_hooks("on_login") == ["two"]
    assert "app myapp is left out" in caplog.text


def test_what_hooks_write_where_no_site_was_entered_is_committed(frappe: Any, write: Write) -> None:
    write("myapp/hooks.py", 'import frappe\nfrappe.log_error("imported")')
    with local.apart():
        StandaloneHost().app_hooks("standalone")
        assert not local.is_set_up
    assert frappe.get_all("Error Log", pluck="method") == ["imported"]


@pytest.mark.parametrize(
    "values",
    [
        {"doctype": "Error Log", "method": "x"},
        {"doctype": "Scheduled Job Log", "scheduled_job_type": "x"},
        {"doctype": "Scheduled Job Type", "method": "myapp.tasks.x", "frequency": "Daily"},
    ],
)
def test_our_own_records_run_no_app_s_events(frappe: Any, write: Write, values: Any) -> None:
    write("myapp/events.py", "from frappe.desk import nothing\ndef on(doc, event): nothing()\n")
    events = '{"validate": "myapp.events.on", "on_trash": "myapp.events.on"}'
    write("myapp/hooks.py", f'doc_events = {{"*": {events}, "Error Log": {events}}}')
    frappe.get_doc(values).insert().save().delete()
    with pytest.raises(frappe_celery.NeedsFrappeSite, match=r"frappe\.desk\.nothing"):
        frappe.new_doc("ToDo").insert()
