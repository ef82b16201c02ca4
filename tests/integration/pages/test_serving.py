"""`frappe-celery admin`: the first user, what it refuses; and the admin of a team's own project."""

from __future__ import annotations

from frappe_bridge import routes
from tests.integration.benches import inside
from tests.integration.pages.client import PASSWORD, Client
from tests.integration.pages.server import prepare, serve
from tests.project import Project

COMMAND = ("-m", "frappe_celery.cli", "admin")
TEAM = """
SECRET_KEY = "x"
USE_TZ = {use_tz}
TIME_ZONE = "America/New_York"
ROOT_URLCONF = "team.urls"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
    "frappe_celery",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {{"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]}},
}}]
STATIC_URL = "/static/"
ALLOWED_HOSTS = ["testserver"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
"""
URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("backstage/", admin.site.urls)]
"""
VISIT = """
import re

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

import frappe

call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
client = Client()
client.force_login(User.objects.create_superuser("anna"))
frappe.enqueue("myapp.tasks.record", text="hello")
frappe.get_doc(
    {"doctype": "Scheduled Job Type", "method": "myapp.tasks.record", "frequency": "Daily"}
).insert()
frappe.log_error("it broke")
rows = {"scheduledjobtype": "tasks.record", "errorlog": frappe.get_last_doc("Error Log").name}
for page in ("", "job/", "worker/", "scheduledjobtype/", *rows):
    path = f"{page}/{rows[page]}/change/" if page in rows else page
    answer = client.get(f"/backstage/frappe_celery/{path}", follow=True)
    print(page, answer.status_code, b"myapp.tasks.record" in answer.content)
answer = client.post(
    "/backstage/frappe_celery/scheduledjobtype/tasks.record/change/",
    {"frequency": "Cron", "cron_format": "1 2 3 4 *"},
)
print(answer.status_code, frappe.db.get_value("Scheduled Job Type", {}, "cron_format"))
print(b"/backstage/frappe_celery/" in client.get("/backstage/").content)
overview = client.get("/backstage/frappe_celery/").content.decode()
print("charts", 'class="fc-hit"' in overview, re.findall('(?:x|y|width)="[0-9]+,.*"', overview))
"""


def test_the_first_user_is_made_by_a_command(project: Project) -> None:
    refused = project.start("refused", *COMMAND, "--port", "0")
    assert refused.wait() == 1
    assert (
        "nobody can log in yet. Make a user first: frappe-celery admin user NAME"
        in refused.output()
    )
    asks = project.start("asks", *COMMAND, "user", "anna")
    assert asks.wait() == 1
    assert "no terminal to ask for the password: set DJANGO_SUPERUSER_PASSWORD" in asks.output()
    for name, code, told in (
        ("made", 0, "anna can log in."),
        ("again", 1, "frappe-celery admin password anna"),
    ):
        user = project.start(name, *COMMAND, "user", "anna", DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        assert user.wait() == code
        assert told in user.output()
        assert "Error: Error:" not in user.output()
    weak = project.start("weak", *COMMAND, "user", "ben", DJANGO_SUPERUSER_PASSWORD="1234")
    assert weak.wait() == 1
    assert "This password is too short" in weak.output()
    address = serve(project)
    anna = Client(address, "anna")
    assert "Jobs of every site" in anna.get("/admin/frappe_celery/").text
    style = anna.get("/static/frappe_celery/pages.css")
    assert (style.status, ".fc-status" in style.source) == (200, True)
    assert project.processes[-1].stop() == 0


def test_of_two_schedulers_the_first_page_names_the_one_that_acts(project: Project) -> None:
    """A bench that is armed: beat leads, and by the routes Frappe's scheduler acts."""
    project.configure(frappe_celery_routes={"rules": [], "schedule": "rq"})
    prepare(project)
    with inside(project) as store:
        routes.change(store, lambda _: routes.Routes(1, (), beat_acts=False))
        anna = Client(serve(project), "anna")
        assert "Frappe's scheduler acts, by the routes" in anna.get("/admin/frappe_celery/").text
        routes.change(store, lambda old: routes.Routes(2, (), beat_acts=True))
        assert "off scheduler" in anna.get("/admin/frappe_celery/").text


def test_a_project_with_a_django_of_its_own_is_told_where_the_pages_are(project: Project) -> None:
    process = project.start("own", *COMMAND, DJANGO_SETTINGS_MODULE="team.settings")
    project.write("team/__init__.py", "")
    project.write("team/settings.py", TEAM.format(use_tz=True))
    assert process.wait() == 1
    assert "this project has a Django of its own (team.settings)" in process.output()
    assert "manage.py runserver" in process.output()


def test_a_wrong_url_is_refused(project: Project) -> None:
    process = project.start("url", *COMMAND, "--url", "jobs.example.com")
    assert process.wait() == 1
    assert "--url is 'jobs.example.com'; write it as https://jobs.example.com" in process.output()


def test_the_pages_are_in_a_team_s_admin_by_themselves(project: Project) -> None:
    for use_tz in (True, False):
        project.write("team/__init__.py", "")
        project.write("team/settings.py", TEAM.format(use_tz=use_tz) + 'LANGUAGE_CODE = "de"')
        project.write("team/urls.py", URLS)
        printed = project.python(VISIT, DJANGO_SETTINGS_MODULE="team.settings").splitlines()
        assert printed[-9:] == [
            " 200 False",
            "job/ 200 True",
            "worker/ 200 False",
            "scheduledjobtype/ 200 False",
            "scheduledjobtype 200 True",
            "errorlog 200 False",
            "302 1 2 3 4 *",
            "True",
            "charts True []",  # a comma is no number to SVG
        ]
