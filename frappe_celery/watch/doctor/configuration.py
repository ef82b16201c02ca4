"""Where the configuration stands, keys of it that do nothing, and who can read its secret."""

from __future__ import annotations

import os

from frappe_celery.config.files import DJANGO_SETTINGS
from frappe_celery.config.settings import Settings
from frappe_celery.watch.doctor.report import Section


def check(section: Section, config: Settings) -> None:
    """Each key that does nothing with the option that was likely meant; an exposed secret."""
    section.row(
        folder=str(config.root),
        django=os.environ.get(DJANGO_SETTINGS),
        in_the_environment=sorted(config.from_environment),
    )
    for sentence in config.unknown:
        section.warn(sentence, "rename it, or take it out: frappe-celery settings shows all")
    exposed = config.keys.exposed()
    if exposed is not None:
        section.warn(
            f"every user of this machine can read the key that signs jobs, in {exposed}: who has it"
            " can have any method run",
            f"chmod o-r {exposed}; if one of them may have read it: frappe-celery key rotate",
        )
