"""Pages of what Redis holds; where it does not answer, or one may not look, a page that says so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from redis.exceptions import ResponseError

from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs.record.paging import NoPlace
from frappe_pages import users

logger = logging.getLogger(__name__)

LOOK = "Who can write to that Redis put it there; `frappe-celery doctor` tells what it finds"

STATUSES: dict[type[Exception], int] = {NoPlace: 400, PermissionDenied: 403, Http404: 404}


def refused(frame: dict[str, Any], request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """The answer 400, 403 or 404 in an admin's `frame`, with the reason and a way back."""
    title = {400: "No such page", 403: "Not allowed", 404: "Not found"}[status]
    values = {**frame, "title": title, "reason": reason}
    return render(request, "admin/frappe_celery/refused.html", values, status=status)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin of what code writes: people look, and change nothing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class StoreAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What has no table: its pages are its own, nothing is added by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    needed = "Can view Job"
    """The permission to look."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether it stands in the menu."""
        return self.has_view_permission(request) and users.seen(request.user) != []

    def require_view(self, request: HttpRequest) -> None:
        """Raises PermissionDenied for staff that may not look, or that sees no site."""
        users.require(self.has_view_permission(request), self.needed)
        if users.seen(request.user) == []:
            raise PermissionDenied(users.NONE_SEEN)

    def back(self, request: HttpRequest) -> str:
        """Where the user came from, never another server's address."""
        back = request.POST.get("back", "")
        safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
        changelist = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return back if safe else reverse(changelist)

    def shown(
        self, request: HttpRequest, template: str, title: str, status: int = 200, **context: Any
    ) -> HttpResponse:
        """A page inside the admin's frame."""
        frame = self.admin_site.each_context(request)
        values = {**frame, "opts": self.opts, "title": title, **context}
        return render(request, f"admin/frappe_celery/{template}", values, status=status)

    def at(self, route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """A page of it, for staff that logged in and may look.

        An error that our user can mend is a page with its sentence, not an error 500; so is what
        one may not see or do.
        """

        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                self.require_view(request)
                return view(request, *args, **kwargs)
            except (NoPlace, PermissionDenied, Http404) as exc:
                frame = self.admin_site.each_context(request)
                return refused(frame, request, STATUSES[type(exc)], str(exc))
            except FrappeCeleryError as exc:
                return self.shown(request, "away.html", "Not now", 503, error=exc)
            except (ResponseError, ValueError, OverflowError) as exc:  # no UTF-8, no JSON, no time
                logger.exception("the page %s", request.path)
                error = f"a key of this bench holds what frappe_celery did not write: {exc}. {LOOK}"
                return self.shown(request, "away.html", "Not now", 503, error=error)

        address = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(answered), name=address)


class OfJobs(StoreAdmin):
    """What whoever may see jobs may see."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see jobs may see this page."""
        user: Any = request.user
        return bool(user.has_perm("frappe_celery.view_job"))
