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
    problem = line.problem.removeprefix(f"{method} ")
    state, due = Text(line.state, "yellow"), _times(line.next)
    below = joined(queue, expression, state, Text.assemble("next ", due) if due else "")
    return Row(
        (
            *(line.site, line.app, method, queue, expression, line.source, _shown(line.last)),
            *(due, joined(Text(line.problem, "red"), state)),
        ),
        (
            Text(method or line.source),
            error(problem) if problem else _cut(below, line.next),
        ),
    )


def _times(times: tuple[datetime, ...]) -> Text:
    return _cut(Text(", ".join(map(_shown, times))), times)


def _cut(text: Text, times: tuple[datetime, ...]) -> Text:
    """With as many of the times as there is room for; where more were asked for, with all."""
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
