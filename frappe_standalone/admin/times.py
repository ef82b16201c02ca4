"""Times as tables show them."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html


def clock(at: datetime) -> str:
    """A time on a site's clocks, to the second; a narrow column breaks it before the hour alone."""
    part = '<span class="fc-nowrap">{}</span>'
    return format_html(f"{part} {part}", f"{at:%a %Y-%m-%d}", f"{at:%H:%M:%S}")
