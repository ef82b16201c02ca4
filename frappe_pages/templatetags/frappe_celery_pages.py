"""What the pages' templates say beyond Django's own tags."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import get_store
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.record.record import naive_utc
from frappe_celery.watch import job_display, words
from frappe_pages import overview, users

register = template.Library()
register.filter("fc_clock", words.clock)
register.filter("fc_duration", words.duration)
register.filter("fc_label", job_display.label)
register.filter("fc_pretty", job_display.pretty)
register.filter("fc_said_by", words.said_by)
register.filter("fc_holds", lambda limit: words.in_words(limit, words.BY_BUTTON))
register.filter("fc_count", lambda number: f"{number:,}")
register.simple_tag(lambda: settings.current().zone, name="fc_zone")


@register.inclusion_tag("admin/frappe_celery/overview.html", takes_context=True)
def frappe_celery_overview(context: template.Context) -> dict[str, Any]:
    """The first page, for users that may see jobs."""
    request = context["request"]
    user = request.user
    if not user.has_perm("frappe_celery.view_job"):
        return {}
    if users.seen(user) == []:
        return {"error": users.NONE_SEEN}
    try:
        store, span = get_store(), request.GET.get("span", "")
        shown = overview.look(store, users.first(user), Limits(store).all(), span)
        own = users.choices(user) if shown["site"] else []
        return {"overview": shown, "own": own, "perms": context["perms"], "request": request}
    except FrappeCeleryError as exc:
        return {"error": exc}


@register.filter
def fc_since(at: float) -> str:
    """How long that is ago, in seconds since the epoch."""
    return words.duration(max(0.0, time.time() - at))


@register.filter
def fc_ago(at: datetime | None) -> str:
    """How long a record's time is past: `5.0 min ago`."""
    return f"{words.duration((naive_utc(time.time()) - at).total_seconds())} ago" if at else ""


@register.filter
def fc_time(at: datetime | None) -> str:
    """A time on a site's clocks, whatever Django's own time zone."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


@register.filter
def fc_path(path: str) -> str:
    """A dotted path, or a site's name, that may be broken into lines after its dots and lines."""
    return mark_safe(re.sub(r"([._])", r"\1<wbr>", escape(path)))


@register.simple_tag
def fc_status(status: Any) -> str:
    """A status as a coloured word."""
    return format_html('<span class="fc-status fc-{0}">{0}</span>', str(status))
