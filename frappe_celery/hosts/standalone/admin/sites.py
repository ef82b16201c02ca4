"""Whose jobs and rows a user of the admin sees: those of the process's site, or of every site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from frappe_celery.config import settings
from frappe_celery.hosts.standalone.database import django_setup
from frappe_celery.hosts.standalone.models import ALL_SITES

SITE = "site"


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


def asked(request: HttpRequest) -> str | None:
    """The site whose rows a page shows: the one chosen in the list, else the process's.

    None for one that the user does not see.
    """
    kept = parse_qs(request.GET.get("_changelist_filters", ""))
    chosen = request.GET.get(SITE) or "".join(kept.get(SITE, ()))
    possible = choices(request.user)
    if chosen:
        return chosen if chosen in possible else None
    own = settings.current().site
    return own if own in possible else possible[0]


def database(site: str) -> str:
    """Django's name for a site's database, which is there from now on."""
    return str(django_setup.connection(site).alias)


def of(row: Any) -> str:
    """The site that a row is of."""
    return str(django_setup.site_of(row._state.db or "default"))


class SiteFilter(SimpleListFilter):
    """Whose rows: a site has a database of its own, so it is always one of them."""

    title = SITE
    parameter_name = SITE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The sites to choose among."""
        self.shown = asked(request)
        return [(site, site) for site in choices(request.user)]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Each of them, the shown one marked."""
        for site, title in self.lookup_choices:
            yield {
                "selected": site == self.shown,
                "query_string": changelist.get_query_string({SITE: site}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """It was chosen with the database."""
        return queryset
