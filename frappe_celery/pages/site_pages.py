"""The sites: what waits and runs of each, and a page a site with its schedule."""

from __future__ import annotations

import logging
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse

from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.pages import desk, overview, waiting
from frappe_celery.pages.answers import StoreAdmin, shown
from frappe_celery.pages.sites import choices, may_see
from frappe_celery.schedule.listing import SiteSchedule, site_schedule
from frappe_celery.watch.doctor import failures, snapshot

logger = logging.getLogger(__name__)

NEXT_RUNS = 1
PAGE = 100


class SiteAdmin(StoreAdmin):
    """Their pages, for whoever may see jobs."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of jobs."""
        user: Any = request.user
        return bool(user.has_perm("frappe_celery.view_job"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As of jobs."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def get_urls(self) -> list[Any]:
        """The list, a site, its schedule."""
        return [
            self.at("", self.list_view, "changelist"),
            self.at("<str:site>/", self.site_view, "change"),
            self.at("<str:site>/schedule/", self.schedule_view, "schedule"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """The sites that the user sees, first those of which most waits, or as one asks."""
        self.require_view(request)
        order = request.GET.get("by", "")
        order = order if order in waiting.ORDERS else waiting.ORDERS[0]
        now = snapshot.take(get_store(), failures.SECONDS)
        lines = waiting.by_site(now, choices(request.user), order)
        page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
        return shown(self, request, "sites.html", "Sites", lines=page, page=page, order=order)

    def site_view(self, request: HttpRequest, site: str) -> HttpResponse:
        """One site."""
        self.require_site(request, site)
        return shown(
            self,
            request,
            "site.html",
            site,
            overview=overview.look(get_store(), site),
            desk=desk.links(site),
        )

    def schedule_view(self, request: HttpRequest, site: str) -> HttpResponse:
        """Its Scheduled Job Type rows, as its database has them."""
        self.require_site(request, site)
        found, error = schedule_of(site)
        return shown(
            self,
            request,
            "site_schedule.html",
            f"Schedule of {site}",
            site=site,
            schedule=found,
            error=error,
            desk=desk.links(site),
        )

    def require_site(self, request: HttpRequest, site: str) -> None:
        """Raises PermissionDenied for staff that may not look, Http404 for a site not theirs."""
        self.require_view(request)
        if site not in settings.current().sites() or not may_see(request.user, site):
            raise Http404(f"There is no site {site!r}")


def schedule_of(site: str) -> tuple[SiteSchedule | None, str]:
    """A site's schedule, or why it cannot be read now."""
    try:
        return site_schedule(hosts.current(), settings.current(), site, count=NEXT_RUNS), ""
    except FrappeCeleryError as exc:
        return None, str(exc)
    except Exception as exc:  # its database does not answer, or its apps cannot be imported
        logger.exception("schedule of site %s", site)
        return None, f"It cannot be read now: {type(exc).__name__}: {exc}"
