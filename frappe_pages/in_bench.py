"""The pages of a bench: users, rights and what people did, in a database of the pages' own."""

from __future__ import annotations

from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.files import locked
from frappe_celery.config.sqlite import sqlite
from frappe_pages.server import django_settings

APP = "frappe_pages"
FILE = "config/frappe_celery_admin.sqlite3"
"""The pages' own database, from the bench's folder."""


def load(address: str, url: str | None) -> None:
    """Have Django ready with its admin in it, and every table made.

    Raises:
        ConfigError: as `django_settings`.
    """
    import django
    from django.conf import settings as djangos
    from django.core.management import call_command

    here = settings.current()
    own: dict[str, Any] = django_settings(address, url)
    own["INSTALLED_APPS"].append(APP)
    path = here.root / FILE
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    djangos.configure(
        **own,
        DATABASES={"default": sqlite(path)},
        USE_TZ=True,
        TIME_ZONE=here.zone,
        LOGGING_CONFIG=None,
    )
    django.setup()
    with locked(path.with_suffix(".lock")):
        call_command("migrate", verbosity=0, interactive=False)
