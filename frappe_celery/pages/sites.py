"""Whose jobs a user of the admin sees: every site's, by permission, or those of their own sites.

A Django group whose name is `site:` and a site's name makes that site its members'.
"""

from __future__ import annotations

from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import hosts
from frappe_celery.pages.models import ALL_SITES

GROUP = "site:"
OWN = "_frappe_celery_sites"
"""What is known of a request's user."""
NONE_SEEN = (
    "No site is yours. Who may change users here adds you to the group of one, such as"
    f" {GROUP}site1.example.com, or gives you the permission to see every site."
)


def seen(user: Any) -> list[str] | None:
    """The sites that a user sees; None: every site, by permission or as superuser.

    Without Frappe a user in no site's group sees that of the process.
    """
    if user.has_perm(f"frappe_celery.{ALL_SITES}"):
        return None
    if not hasattr(user, OWN):  # asked for each job of a page; as Django keeps permissions
        groups = user.groups.filter(name__startswith=GROUP) if hasattr(user, "groups") else ()
        setattr(user, OWN, sorted(group.name.removeprefix(GROUP) for group in groups))
    own: list[str] = getattr(user, OWN)
    return own or ([] if hosts.is_bench() else [settings.current().site])


def may_see(user: Any, site: str) -> bool:
    """Whether that site's jobs are shown."""
    own = seen(user)
    return own is None or site in own


def first(user: Any) -> str | None:
    """The site that is shown to a user who names none; None: all of them together."""
    own = seen(user)
    return None if own is None else own[0]


def several(user: Any) -> bool:
    """Whether the user sees more than one."""
    return len(choices(user)) > 1


def choices(user: Any) -> list[str]:
    """The sites that a user can choose among."""
    own = seen(user)
    return settings.current().sites() if own is None else own
