"""The sites: what waits and runs of each, and a page a site with its schedule."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.pages import desk, overview
from frappe_celery.pages.answers import StoreAdmin, shown
from frappe_celery.pages.sites import choices, may_see
from frappe_celery.schedule.listing import SiteSchedule, site_schedule
from frappe_celery.watch.doctor import failures, snapshot
from frappe_celery.watch.job_display import duration

logger = logging.getLogger(__name__)

NEXT_RUNS = 1


@dataclass(frozen=True)
class Line:
    """A site in the list."""

    name: str
    waiting: int
    oldest: str
    """How long the job that has waited longest has waited."""
    running: int
    failed: int
    share: float
    """Of what waits of the site of which most waits, in percent."""


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
        """The sites that the user sees, first those of which most waits."""
        self.require_view(request)
        now = snapshot.take(get_store(), failures.SECONDS)
        return shown(
            self, request, "sites.html", "Sites", lines=by_waiting(now, choices(request.user))
        )

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


def by_waiting(now: snapshot.Snapshot, sites: list[str]) -> list[Line]:
    """What waits of each of the sites, most first."""
    places: dict[str, list[snapshot.Place]] = {site: [] for site in sites}
    for place in now.places:
        if place.site in places:
            places[place.site].append(place)
    most = max([*(sum(place.queued for place in found) for found in places.values()), 1])
    lines = [_line(site, found, now.at, most) for site, found in places.items()]
    return sorted(lines, key=lambda line: (-line.waiting, -line.running, line.name))


def _line(site: str, places: list[snapshot.Place], at: float, most: int) -> Line:
    waiting = sum(place.queued for place in places)
    oldest = min((place.oldest for place in places if place.oldest is not None), default=None)
    return Line(
        name=site,
        waiting=waiting,
        oldest="" if oldest is None else duration(max(0.0, at - oldest)),
        running=sum(place.started for place in places),
        failed=sum(place.failed_lately for place in places),
        share=round(waiting / most * 100, 1),
    )


def schedule_of(site: str) -> tuple[SiteSchedule | None, str]:
    """A site's schedule, or why it cannot be read now."""
    try:
        return site_schedule(hosts.current(), settings.current(), site, count=NEXT_RUNS), ""
    except FrappeCeleryError as exc:
        return None, str(exc)
    except Exception as exc:  # its database does not answer, or its apps cannot be imported
        logger.exception("schedule of site %s", site)
        return None, f"It cannot be read now: {type(exc).__name__}: {exc}"
