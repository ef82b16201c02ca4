"""The pages of a project without a Django of its own: they lie in the project's database."""

from __future__ import annotations

import os

from frappe_celery.host import LOOPBACK, ConfigError
from frappe_celery.host import pages_settings as django_settings
from frappe_standalone.database import django_setup


def load(address: str = LOOPBACK[1], url: str | None = None) -> None:
    """Have Django ready with its admin in it, and every table made.

    Raises:
        ConfigError: in a project with a Django of its own, and as `django_settings`.
    """
    if django_setup.is_own_project():
        where = os.environ.get("DJANGO_SETTINGS_MODULE", "configured before")
        raise ConfigError(
            f"this project has a Django of its own ({where}): the pages are in its admin, with"
            ' "frappe_celery" and "django.contrib.admin" in INSTALLED_APPS. Start that, such as by'
            " `manage.py runserver`"
        )
    own = django_settings(address, url)
    own["INSTALLED_APPS"].append(django_setup.APP)
    django_setup.load(**own)
    django_setup.migrate()
