"""Whose rows a page shows: of a site that its user sees (`pages.users`), in its database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from frappe_celery.host import settings
from frappe_pages import users
from frappe_standalone.database import django_setup

SITE = "site"


def asked(request: HttpRequest) -> str | None:
    """The site whose rows a page shows: the one chosen in the list, else the process's.

    None for one that the user does not see.
    """
    kept = parse_qs(request.GET.get("_changelist_filters", ""))
    chosen = request.GET.get(SITE) or "".join(kept.get(SITE, ()))
    possible = users.choices(request.user)
    if chosen:
        return chosen if chosen in possible else None
    own = settings.current().site
    return own if own in possible else next(iter(possible), None)


def database(site: str) -> str:
    """Django's name for a site's database, which is there from now on."""
    return str(django_setup.connection(site).alias)


def of(row: Any) -> str:
    """The site that a row is of."""
    return str(django_setup.site_of(row._state.db or "default"))


def clock(at: datetime) -> str:
    """A time on a site's clocks, to the second; a narrow column breaks it before the hour alone."""
    part = '<span class="fc-nowrap">{}</span>'
    return format_html(f"{part} {part}", f"{at:%a %Y-%m-%d}", f"{at:%H:%M:%S}")


class SiteFilter(SimpleListFilter):
    """Whose rows: a site has a database of its own, so it is always one of them."""

    title = SITE
    parameter_name = SITE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.shown = asked(request)
        return [(site, site) for site in users.choices(request.user)]

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


class OfSite(ModelAdmin):  # type: ignore[type-arg]
    """Rows of the sites that the user sees."""

    list_title = ""
    """Default: the name of the rows."""

    class Media:
        css: ClassVar = {"all": ["frappe_celery/pages.css"]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = self.list_title or self.opts.verbose_name_plural
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of one site, in its database."""
        site = asked(request)
        rows: QuerySet[Any] = super().get_queryset(request).none()
        if site is not None:
            rows = super().get_queryset(request).using(database(site))
        return rows

    def site(self, row: Any) -> str:
        return of(row)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """The site, where there can be several."""
        filters = tuple(super().get_list_filter(request))
        return (SiteFilter, *filters) if users.several(request.user) else filters
