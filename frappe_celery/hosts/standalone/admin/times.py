"""Times as tables show them."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html


def clock(at: datetime) -> str:
    """A time on a site's clocks, to the second, on one line."""
    return format_html('<span class="fc-nowrap">{}</span>', f"{at:%a %Y-%m-%d %H:%M:%S}")
