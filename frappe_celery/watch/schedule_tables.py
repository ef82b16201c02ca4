"""The schedule in a terminal: what is due, and what became of past times."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from frappe_celery.schedule.history import Outcome
from frappe_celery.schedule.listing import COUNT, Line, SiteSchedule
from frappe_celery.watch.tables import Listing, Row, beginning, error, joined


def schedule_listing(schedule: SiteSchedule) -> Listing:
    """Every entry of a site, when it is due and why it does not run."""
    timing = schedule.timing
    return Listing(
        f"Schedule of {timing.site} (times in {timing.zone})",
        ("site", "app", "method", "queue", "expression", "source", "last", "next", "state"),
        [_row(line) for line in schedule.lines],
        cut=("source", "next", "state"),
        notes=schedule.notes,
    )


def _row(line: Line) -> Row:
    """Below its name stands when it is due, or in red why it cannot be."""
    named = line.frequency not in (None, "Cron")
    misfire = line.misfire and f"misfire: {line.misfire}"
    when = [text for text in (named and line.frequency, line.expression, misfire) if text]
    expression, method, queue = ", ".join(when), line.method or "", line.queue or ""
    state = Text(line.state, "yellow")
    problem = error(line.problem)
    return Row(
        (
            *(line.site, line.app, method, queue, expression, line.source, _shown(line.last)),
            *(_times(line.next), joined(Text(line.problem, "red"), state)),
        ),
        (
            joined(method or line.source, queue, state),
            problem if line.problem else _times(line.next, f"{expression}  next "),
        ),
    )


def _times(times: tuple[datetime, ...], before: str = "") -> Text:
    """As many as a line has room for; where more were asked for than usual, all of them."""
    shown = before + ", ".join(map(_shown, times)) if times else before
    return beginning(shown) if len(times) <= COUNT else Text(shown)


def outcome_listing(found: list[Outcome]) -> Listing:
    """What became of due times, as the machine's clock shows them."""
    columns = ("due", "site", "method", "acted on", "what became of it", "run")
    rows = []
    for each in found:
        words = each.words
        if each.since:
            words += f"\n(once for all missed since {_on_this_clock(each.since)})"
        due, at, what = _on_this_clock(each.due), _on_this_clock(each.at), each.method or each.entry
        rows.append(
            Row(
                (due, each.site, what, at, words, each.run),
                (joined(due, what), joined(each.site, " ".join(words.splitlines()), each.run)),
            )
        )
    return Listing("Due times, newest first", columns, rows)


def _on_this_clock(time: datetime | None) -> str:
    return _shown(time and time.astimezone())


def _shown(time: datetime | None) -> str:
    return "" if time is None else f"{time:%a %Y-%m-%d %H:%M:%S}"
