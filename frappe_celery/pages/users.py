"""Users that a command makes: who may do everything, and who may do it for some sites."""

from __future__ import annotations

from collections.abc import Iterable
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


def check(name: str, password: str) -> None:
    """Raises ConfigError: the password is none that Django takes."""
    try:
        validate_password(password, User(username=name))
    except ValidationError as exc:
        raise ConfigError(" ".join(exc.messages)) from None


def make_owner(name: str, password: str, sites: Iterable[str]) -> None:
    """A user who sees these sites and no other, and may requeue, stop and cancel their jobs.

    Raises:
        ConfigError: there is a user of that name, or the password is none that Django takes.
    """
    if User.objects.filter(username=name).exists():
        raise ConfigError(
            f"there is a user {name!r}. Whose sites they see is changed in the pages: Users, Groups"
        )
    check(name, password)
    user = User.objects.create_user(name, password=password, is_staff=True)
    user.groups.set([_group(site) for site in sites])


def _group(site: str) -> Any:
    group, is_new = Group.objects.get_or_create(name=GROUP + site)
    if is_new:
        own = Permission.objects.filter(content_type__app_label=APP, codename__in=OWNERS_MAY)
        group.permissions.set(own)
    return group
