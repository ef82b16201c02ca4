"""Users of the pages: whose jobs they see, every site's or those of their own, and making them.

A Django group whose name is `site:` and a site's name makes that site its members'.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_pages.models import ALL_SITES, APP

GROUP = "site:"
OWNERS_MAY = ("view_job", "change_job")
OWN = "_frappe_celery_sites"
"""What is known of a request's user."""
NONE_SEEN = (
    "No site is yours. Who may change users here adds you to the group of one, such as"
    f" {GROUP}site1.example.com, or gives you the permission to see every site."
)


def require(may: bool, permission: str) -> None:
    """Raises PermissionDenied, with the way out, unless the user may do what needs a permission of
    this name."""
    if not may:
        raise PermissionDenied(
            f"You lack the permission {permission!r}. Who may change users here gives it to you, or"
            " to a group of yours."
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


# -- users that a command makes


def any_can_log_in() -> bool:
    """Whether there is a user who may log in to the pages."""
    return bool(User.objects.filter(is_staff=True, is_active=True).exists())


def make(name: str, password: str, sites: Collection[str] = ()) -> None:
    """A user who may do everything, or who sees these sites alone, and may requeue, stop and cancel
    their jobs.

    Raises:
        ConfigError: there is a user of that name, or the name or the password is none that Django
            takes.
    """
    if User.objects.filter(username=name).exists():
        raise ConfigError(
            f"there is a user {name!r}. To change a password: frappe-celery admin password {name}."
            " Whose sites they see is changed in the pages: Users, Groups"
        )
    user = User(username=name, is_staff=True, is_superuser=not sites)
    user.set_password(password)
    try:
        user.full_clean()
        validate_password(password, user)
    except ValidationError as exc:
        raise ConfigError(" ".join(exc.messages)) from None
    user.save()
    user.groups.set([_group(site) for site in sites])


def _group(site: str) -> Any:
    group, is_new = Group.objects.get_or_create(name=GROUP + site)
    if is_new:
        own = Permission.objects.filter(content_type__app_label=APP, codename__in=OWNERS_MAY)
        group.permissions.set(own)
    return group
