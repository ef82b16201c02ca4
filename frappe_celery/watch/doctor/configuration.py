"""Where the configuration stands, and keys of it that do nothing."""

from __future__ import annotations

import os

from frappe_celery.config.files import DJANGO_SETTINGS
from frappe_celery.config.settings import Settings
from frappe_celery.watch.doctor.report import Section


def check(config: Settings) -> Section:
    """Each such key with the option that was likely meant."""
    section = Section("configuration")
    section.rows.append(
        {
            "folder": str(config.root),
            "django": os.environ.get(DJANGO_SETTINGS),
            "in_the_environment": sorted(config.from_environment),
        }
    )
    for sentence in config.unknown:
        section.warn(sentence, "rename it, or take it out: frappe-celery settings shows all")
    return section
