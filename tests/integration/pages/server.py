"""`frappe-celery admin` as a process of a project, and the users that log in there."""

from __future__ import annotations

import sqlite3
from typing import Any

from tests.integration.pages.client import PASSWORD
from tests.project import Process, Project

HOOKS = """
app_name = "myapp"
scheduler_events = {
    "daily": ["myapp.tasks.record"],
    "cron": {"30 2 * * *": ["myapp.tasks.fail"]},
}
"""
USERS = """
import sys

from frappe_celery.cli import main
from frappe_pages.command import load

load()

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission, User

from frappe_pages.users import make

hashed = make_password(sys.argv[1])
names = Permission.objects.filter(content_type__app_label="frappe_celery")
viewing = names.filter(codename__startswith="view_")
for name, permissions in {
    "anna": None,
    "ben": viewing,
    "carla": names.exclude(codename="see_all_sites"),
    "dora": [],
}.items():
    user = User.objects.create(username=name, password=hashed, is_staff=True)
    if permissions is None:
        user.is_superuser = True
        user.save()
    else:
        user.user_permissions.set(permissions)
User.objects.create(username="emil", password=hashed)
make("olga", sys.argv[1], ["site2.localhost"])
main(["sync"], standalone_mode=False)
"""


def prepare(project: Project) -> None:
    """Hooks, their rows, and users: anna may all, ben view, carla change too, of one site only;
    dora is staff without permissions, emil is no staff; the other site is olga's."""
    project.write("myapp/hooks.py", HOOKS)
    project.python(USERS, PASSWORD)


def serve(project: Project) -> str:
    """Start it; gives its address."""
    process = project.start(
        f"admin{len(project.processes)}", "-m", "frappe_celery.cli", "admin", "--port", "0"
    )
    return address_of(process)


def address_of(process: Process) -> str:
    process.wait_for("http://")
    return process.output().split()[-1]


def rows(
    project: Project, query: str, *values: Any, site: str | None = None
) -> list[tuple[Any, ...]]:
    """What the database of a site holds, the default one's unless another is named."""
    file = "frappe.sqlite3" if site in (None, project.site) else f"frappe.{site}.sqlite3"
    database = sqlite3.connect(project.root / ".frappe_celery" / file)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()
