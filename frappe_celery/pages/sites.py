"""Whose jobs and rows a user of the admin sees: those of the process's site, or of every site."""

from __future__ import annotations

from typing import Any

from frappe_celery.config import settings
from frappe_celery.pages.models import ALL_SITES


def only_site(user: Any) -> str | None:
    """The one site that a user sees; None: every site, by permission or as superuser."""
    return None if user.has_perm(f"frappe_celery.{ALL_SITES}") else settings.current().site


def may_see(user: Any, site: str) -> bool:
    """Whether that site's jobs are shown."""
    return only_site(user) in (None, site)


def several(user: Any) -> bool:
    """Whether the user sees more than one."""
    return len(choices(user)) > 1


def choices(user: Any) -> list[str]:
    """The sites that a user can choose among."""
    only = only_site(user)
    return settings.current().sites() if only is None else [only]
