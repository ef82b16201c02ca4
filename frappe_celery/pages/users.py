"""Users that a command makes: who may do everything, and who may do it for some sites."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from frappe_celery.errors import ConfigError
from frappe_celery.pages.models import APP
from frappe_celery.pages.sites import GROUP

OWNERS_MAY = ("view_job", "change_job")


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
