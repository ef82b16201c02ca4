"""The schedule in a terminal: what is due, and what became of past times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from frappe_celery.schedule.history import Outcome
from frappe_celery.schedule.listing import COUNT, Line, SiteSchedule
from frappe_celery.watch.tables import Listing, beginning, error, joined


def schedule_listing(schedule: SiteSchedule) -> Listing:
    """Every entry of a site, when it is due and why it does not run."""
    timing = schedule.timing
    return Listing(
        f"Schedule of {timing.site} (times in {timing.zone})",
        ("site", "app", "method", "queue", "expression", "source", "last", "next", "state"),
        [_row(line) for line in schedule.lines],
        (("method|source",), ("state", "queue", "expression", "next:")),
        cut=("source", "next", "state"),
        notes=schedule.notes,
    )


def _row(line: Line) -> Sequence[Text | str]:
    named = line.frequency not in (None, "Cron")
    misfire = line.misfire and f"misfire: {line.misfire}"
    when = [text for text in (named and line.frequency, line.expression, misfire) if text]
    method = line.method or ""
    problem = error(line.problem.removeprefix(f"{method} "))
    return (
        *(line.site, line.app, method, line.queue or "", ", ".join(when), line.source),
        *(_shown(line.last), _times(line.next), joined(problem, Text(line.state, "yellow"))),
    )


def _times(times: tuple[datetime, ...]) -> Text:
    """As many of them as there is room for; where more were asked for, all."""
    text = Text(", ".join(map(_shown, times)))
    return beginning(text) if len(times) <= COUNT else text


def outcome_listing(found: list[Outcome]) -> Listing:
    """What became of due times, as the machine's clock shows them."""
    columns = ("due", "site", "method", "acted on", "what became of it", "run")
    rows = []
    for each in found:
        words = each.words
        if each.since:
            words += f"\n(once for all missed since {_on_this_clock(each.since)})"
        due, at, what = _on_this_clock(each.due), _on_this_clock(each.at), each.method or each.entry
        rows.append((due, each.site, what, at, words, each.run))
    narrow = (("due", "method"), ("site", "what became of it", "run"))
    return Listing("Due times, newest first", columns, rows, narrow)


def _on_this_clock(time: datetime | None) -> str:
    return _shown(time and time.astimezone())


def _shown(time: datetime | None) -> str:
    return "" if time is None else f"{time:%a %Y-%m-%d %H:%M:%S}"
