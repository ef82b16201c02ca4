"""A team's own Django project: its settings, its models, its transactions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project
from tests.warm import WarmPython

SETTINGS = """
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRET_KEY = "x"
USE_TZ = {use_tz}
TIME_ZONE = "America/New_York"
INSTALLED_APPS = {apps}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ROOT / "team.db",
                          "OPTIONS": {{"timeout": 10,
                                      "transaction_mode": "IMMEDIATE"}}}}}}
"""

MODELS = """
from django.db import models

class Order(models.Model):
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default="new")

    def ship(self, by):
        self.state = f"shipped by {by}"
        self.save()
"""

TASKS = """
import frappe
from shop.models import Order

def order(number, fail=False):
    Order.objects.create(number=number)
    frappe.get_doc({"doctype": "Memo", "name": number}).insert()
    if fail:
        raise ValueError("rolled back")
"""

APPS = """
from django.apps import AppConfig

class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from frappe_standalone import register_loader
        from shop.models import Order

        register_loader("Order", lambda name: Order.objects.get(number=name))
"""

READY = "import django; django.setup(); import frappe; from shop.models import Order\n"


@pytest.fixture(scope="module")
def migrated_team(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython
) -> Iterator[Path]:
    """The folder of a project with the Django project `team` and its app `shop`, migrated."""
    project = Project(tmp_path_factory.mktemp("team"), redis_url, warm)
    project.write("team/__init__.py", "")
    write_settings(project, use_tz=True)
    project.write("shop/__init__.py", "")
    project.write("shop/apps.py", APPS)
    project.write("shop/models.py", MODELS)
    project.write("shop/tasks.py", TASKS)
    project.write("shop/hooks.py", "")
    project.write("shop/migrations/__init__.py", "")
    manage(project, "makemigrations", "shop")
    manage(project, "migrate", "shop")
    yield project.root
    project.close()


@pytest.fixture(params=[True, False], ids=["USE_TZ", "naive"])
def team(project: Project, migrated_team: Path, request: pytest.FixtureRequest) -> Project:
    """A project with the Django project `team`, its app `shop`, and us in INSTALLED_APPS."""
    for folder in ("team", "shop"):
        shutil.copytree(migrated_team / folder, project.root / folder)
    shutil.copy(migrated_team / "team.db", project.root)
    write_settings(project, use_tz=request.param)
    project.write("sites/apps.txt", "shop\n")
    return project


def write_settings(project: Project, use_tz: bool) -> None:
    settings = SETTINGS.format(apps=["frappe_celery", "shop"], use_tz=use_tz)
    project.write("team/settings.py", settings)


def manage(project: Project, *arguments: str) -> str:
    process = project.start(
        "manage", "-m", "django", *arguments, DJANGO_SETTINGS_MODULE="team.settings"
    )
    assert process.wait() == 0, process.output()
    return process.output()


def python(team: Project, code: str) -> list[str]:
    output = team.python(READY + code, DJANGO_SETTINGS_MODULE="team.settings")
    return output.split()


def test_without_us_in_installed_apps_it_says_so(project: Project) -> None:
    project.write("team/__init__.py", "")
    project.write("team/settings.py", SETTINGS.format(apps=[], use_tz=True))
    code = "import frappe_celery, frappe; frappe.db.count('Memo')"
    process = project.start("script", "-c", code, DJANGO_SETTINGS_MODULE="team.settings")
    assert process.wait() == 1
    assert '"frappe_celery" is missing from INSTALLED_APPS of team.settings' in process.output()


def test_makemigrations_finds_nothing_of_ours_to_migrate(team: Project) -> None:
    assert "No changes detected" in manage(team, "makemigrations", "--check")


def test_a_document_is_stored_in_the_projects_database(team: Project) -> None:
    code = """
now = frappe.utils.now_datetime()
doc = frappe.get_doc({"doctype": "Memo", "name": "n", "when": now}).insert()
back = frappe.get_doc("Memo", "n")
print(back.when == now, str(back.creation) == doc.creation, back.creation.tzinfo)
print(len(frappe.get_all("Memo", {"creation": ["between", [frappe.utils.today()] * 2]})))
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('select count(*) from "tabMemo"')
    print(cursor.fetchone()[0])
"""
    assert python(team, code) == ["True", "True", "None", "1", "1"]
    assert (team.root / "team.db").exists()
    assert not (team.root / ".frappe_celery" / "frappe.sqlite3").exists()


def test_jobs_wait_for_the_views_own_transaction(team: Project) -> None:
    code = """
from django.db import transaction
from rq import Queue

def waiting():
    return sum(queue.count for queue in Queue.all())

try:
    with transaction.atomic():
        Order.objects.create(number="1")
        frappe.enqueue("shop.tasks.order", number="2", enqueue_after_commit=True)
        frappe.db.commit()
        print(waiting())
        raise ValueError
except ValueError:
    print(waiting(), Order.objects.count())
with transaction.atomic():
    Order.objects.create(number="1")
    frappe.enqueue("shop.tasks.order", number="2", enqueue_after_commit=True)
    print(waiting())
print(waiting(), Order.objects.count())
frappe.enqueue("shop.tasks.order", number="3", enqueue_after_commit=True)
print(waiting())
"""
    assert python(team, code) == ["0", "0", "0", "0", "1", "1", "2"]


def test_without_a_block_djangos_own_commits_count(team: Project) -> None:
    code = """
frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
frappe.db.rollback()
print(frappe.db.exists("Memo", "a"))
try:
    frappe.db.savepoint("here")
except Exception as error:
    print(type(error).__name__)
frappe.init("site1.localhost", force=True)
frappe.connect()
frappe.get_doc({"doctype": "Memo", "name": "b"}).insert()
frappe.db.rollback()
print(frappe.db.exists("Memo", "b"))
"""
    assert python(team, code) == ["a", "TransactionManagementError", "None"]


def test_changes_by_many_processes_wait_for_each_other(team: Project) -> None:
    python(team, 'frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()')
    code = """
import sys, time
time.sleep(max(0, float(sys.argv[2]) - time.time()))
for number in range(20):
    frappe.db.set_value("Memo", "n", f"f{sys.argv[1]}_{number}", number)
"""
    start = str(time.time() + 2)
    environment = {"DJANGO_SETTINGS_MODULE": "team.settings"}
    processes = [
        team.start(f"process{n}", "-c", READY + code, str(n), start, **environment)
        for n in range(4)
    ]
    for process in processes:
        assert process.wait() == 0, process.output()
    count = 'print(len([key for key in frappe.get_doc("Memo", "n").as_dict() if key[0] == "f"]))'
    assert python(team, count) == ["80"]


def test_a_site_beside_the_default_one_needs_a_database_of_its_name(team: Project) -> None:
    code = """
frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
frappe.init("second", force=True)
frappe.connect()
try:
    frappe.get_all("Memo")
except Exception as error:
    print(type(error).__name__, "DATABASES['second']" in str(error))
"""
    team.write("sites/second/site_config.json", "{}")
    team.configure(default_site=team.site)
    assert python(team, code) == ["ConfigError", "True"]
    settings = (team.root / "team/settings.py").read_text()
    second = 'DATABASES["second"] = {**DATABASES["default"], "NAME": ROOT / "second.db"}'
    team.write("team/settings.py", f"{settings}\n{second}\n")
    code = """
from frappe_standalone.site.context import visit
print(frappe.get_all("Memo", pluck="name"))
with visit("second", "Administrator"):
    frappe.get_doc({"doctype": "Memo", "name": "b"}).insert()
    frappe.db.commit()
    print(frappe.db.sql("select name from tabMemo"))
print(frappe.get_all("Memo", pluck="name"))
"""
    assert " ".join(python(team, code)) == "['a'] (('b',),) ['a']"


def test_migrate_makes_the_tables_and_a_flush_empties_them(team: Project) -> None:
    described = '{"name": "Parcel", "fields": [{"fieldname": "weight", "fieldtype": "Float"}]}'
    team.write("shop/post/doctype/parcel/parcel.json", described)
    team.write("shop/modules.txt", "Post\n")
    manage(team, "migrate")
    code = """
from django.core.management import call_command
from django.db import connection
print("weight" in [c.name for c in connection.introspection.get_table_description(
    connection.cursor(), "tabParcel")])
frappe.get_doc({"doctype": "Parcel", "weight": 1.5}).insert()
frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
call_command("migrate", verbosity=0)
print(frappe.db.count("Parcel"), frappe.db.count("Memo"))
call_command("flush", interactive=False, verbosity=0)
print(frappe.db.count("Parcel"), frappe.db.count("Memo"))
"""
    assert python(team, code) == ["True", "1", "1", "0", "0"]


def test_nothing_of_a_request_is_left_for_the_next(team: Project) -> None:
    code = """
from django.core.signals import request_finished
frappe.set_user("a@example.com")
request_finished.send(sender=None)
print(frappe.session.user)
frappe.init("site1.localhost", force=True)
frappe.connect()
frappe.set_user("b@example.com")
request_finished.send(sender=None)
print(frappe.session.user)
"""
    assert python(team, code) == ["Administrator", "b@example.com"]


def test_an_apps_own_models_are_in_the_jobs_transaction(team: Project) -> None:
    team.worker(DJANGO_SETTINGS_MODULE="team.settings")
    code = """
import time
jobs = [frappe.enqueue("shop.tasks.order", number="kept"),
        frappe.enqueue("shop.tasks.order", number="lost", fail=True)]
while not all(job.is_finished or job.is_failed for job in jobs):
    time.sleep(0.05)
print([job.get_status().value for job in jobs])
shipping = frappe.enqueue_doc("Order", "kept", "ship", by="boat")
while not (shipping.is_finished or shipping.is_failed):
    time.sleep(0.05)
print([(order.number, order.state) for order in Order.objects.all()])
print(frappe.get_all("Memo", pluck="name"), frappe.get_all("Error Log", pluck="method"))
"""
    assert " ".join(python(team, code)) == (
        "['finished', 'failed'] [('kept', 'shipped by boat')] ['kept'] ['shop.tasks.order']"
    )


def test_errors_name_the_projects_settings_where_there_is_no_sites_folder(team: Project) -> None:
    (team.root / "sites").rename(team.root / "no_sites")
    code = """
import frappe_celery
for call in (lambda: frappe_celery.enqueue("shop.tasks.order", queue="exports"),
             lambda: frappe_celery.enqueue("shop.tasks.order", number="1")):
    try:
        call()
    except Exception as exc:
        print(exc)
"""
    environment = {"DJANGO_SETTINGS_MODULE": "team.settings"}
    away = "redis://127.0.0.1:1/0"
    said = team.python(code, **environment, FRAPPE_CELERY_REDIS_QUEUE=away)
    assert 'is named under "workers" in FRAPPE_CELERY in team.settings' in said
    assert "mend redis_queue (or broker_url) in FRAPPE_CELERY in team.settings" in said
    assert "common_site_config" not in said
