"""The sites: what waits and runs of each, and a page a site with its schedule."""

from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError, FrappeCeleryError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.limits.rules import Limits, covers
from frappe_celery.jobs.queue import shares
from frappe_celery.schedule.listing import SiteSchedule, site_schedule
from frappe_celery.watch import snapshot
from frappe_celery.watch.doctor import failures
from frappe_pages import in_rq, limits, models, overview, users
from frappe_pages.answers import OfJobs, ReadOnlyAdmin

logger = logging.getLogger(__name__)

NEXT_RUNS = 1
PAGE = 100
IN_DESK = {"Scheduled Job Type": "scheduled-job-type", "RQ Job": "rq-job", "Error Log": "error-log"}
"""Lists that a site's own Desk shows and the pages do not."""


class ShareForm(forms.Form):
    """How much of the workers a site gets."""

    share = forms.FloatField()


class SiteAdmin(ReadOnlyAdmin, OfJobs):
    """Their pages, for whoever may see jobs."""

    def get_urls(self) -> list[Any]:
        """The list, a site, its schedule."""
        return [
            self.at("", self.list_view, "changelist"),
            self.at("<str:site>/", self.site_view, "change"),
            self.at("<str:site>/schedule/", self.schedule_view, "schedule"),
            self.at("<str:site>/share/", require_POST(self.share_view), "share"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """The sites that the user sees, first those of which most waits, or as one asks."""
        order = request.GET.get("by", "")
        order = order if order in overview.ORDERS else "waiting"
        now = snapshot.take(get_store(), failures.SECONDS)
        sites = users.choices(request.user)
        to_rq = in_rq.look(get_store(), sites)
        lines = overview.by_site(now, sites, Limits(get_store()).all(), to_rq, order)
        page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
        most = max([line.jobs.queued for line in lines], default=0)
        return self.shown(request, "sites.html", "Sites", page=page, order=order, most=most)

    def site_view(self, request: HttpRequest, site: str) -> HttpResponse:
        self.require_site(request, site)
        store, target = get_store(), limits.OF_SITE + site
        limited = Limits(store).all()
        held = [one for one in limited if covers(one.target, target)]
        own = next((one for one in held if one.target == target), None)
        may_change = may_limit(request.user)
        sees_all = users.seen(request.user) is None
        has_share = may_change and sees_all and len(settings.current().sites()) > 1
        return self.shown(
            request,
            "site.html",
            site,
            overview=overview.look(store, site, limited, request.GET.get("span", "")),
            desk=_desk(site),
            limits=held,
            form=limits.ChangeForm() if may_change else None,
            share_form=ShareForm(initial={"share": overview.share_of(site)}) if has_share else None,
            fixed=target,
            site_limit=own,
        )

    def share_view(self, request: HttpRequest, site: str) -> HttpResponse:
        """Give a site another share; it is beside others, so that owners cannot."""
        self.require_site(request, site)
        users.require(may_limit(request.user), "Can change Limit")
        users.require(users.seen(request.user) is None, "Can see every site")
        form = ShareForm(request.POST)
        share = form.cleaned_data["share"] if form.is_valid() else 0
        try:
            shares.change(get_store(), site, share)
        except ConfigError as exc:
            messages.error(request, f"Nothing was changed: {exc}")
        else:
            self.log_change(request, models.Site(id=site), f"Share {share:g}")
            messages.success(request, f"The share of {site} is {share:g}.")
        return HttpResponseRedirect(reverse("admin:frappe_celery_site_change", args=[site]))

    def schedule_view(self, request: HttpRequest, site: str) -> HttpResponse:
        """Its Scheduled Job Type rows, as its database has them."""
        self.require_site(request, site)
        found, error = schedule_of(site)
        return self.shown(
            request,
            "site_schedule.html",
            f"Schedule of {site}",
            site=site,
            schedule=found,
            error=error,
            desk=_desk(site),
        )

    def require_site(self, request: HttpRequest, site: str) -> None:
        """Raises Http404 for a site not theirs."""
        if site not in settings.current().sites() or not users.may_see(request.user, site):
            raise Http404(f"There is no site {site!r}")


def may_limit(user: Any) -> bool:
    """Whether a user may change the limits of what they see."""
    return bool(user.has_perm("frappe_celery.change_limit"))


def schedule_of(site: str) -> tuple[SiteSchedule | None, str]:
    """A site's schedule, or why it cannot be read now."""
    try:
        host, here = hosts.current(), settings.current()
        return site_schedule(host, here, site, count=NEXT_RUNS, tries_imports=False), ""
    except FrappeCeleryError as exc:
        return None, str(exc)
    except Exception as exc:  # its database does not answer, or its apps cannot be imported
        logger.exception("schedule of site %s", site)
        return None, f"It cannot be read now: {type(exc).__name__}: {exc}"


def _desk(site: str) -> list[tuple[str, str]]:
    """Names and addresses of lists in a site's Desk; none without a real Frappe."""
    if not hosts.is_bench():
        return []
    base = _desk_address(site)
    return [(name, f"{base}/app/{path}") for name, path in IN_DESK.items()]


def _desk_address(site: str) -> str:
    """As `frappe.utils.get_url` makes it where no request says more."""
    config = settings.current().site_config(site)
    scheme = "https" if config.get("ssl_certificate") else "http"
    found = str(config.get("host_name") or f"{scheme}://{site}").rstrip("/")
    behind_nginx = config.get("restart_supervisor_on_update") or config.get(
        "restart_systemd_on_update"
    )
    port = config.get("http_port") or config.get("webserver_port")
    has_port = ":" in found.rpartition("//")[2]
    return found if behind_nginx or has_port or not port else f"{found}:{port}"
