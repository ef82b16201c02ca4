"""The schedule in a terminal: what is due, and what became of past times."""

from __future__ import annotations

from datetime import datetime

from rich.table import Column, Table
from rich.text import Text

from frappe_celery.schedule.history import Outcome
from frappe_celery.schedule.listing import SiteSchedule


def schedule_table(schedule: SiteSchedule) -> Table:
    """Every entry of a site, when it is due and why it does not run."""
    timing = schedule.timing
    names = ("app", "method", "queue", "expression", "source", "last", "next", "state")
    shown = Table(
        *(Column(name, overflow="fold") for name in names),
        title=f"Schedule of {timing.site} (times in {timing.zone})",
        caption="\n".join(schedule.notes),
        show_lines=True,
    )
    for line in schedule.lines:
        expression = line.expression or ""
        if line.frequency not in (None, "Cron"):
            expression = f"{line.frequency}\n{expression}"
        if line.misfire:
            expression += f"\nmisfire: {line.misfire}"
        states = (line.problem, "red"), (line.state, "yellow")
        state = Text("\n").join(Text(text, style) for text, style in states if text)
        times = _shown(line.last), "\n".join(map(_shown, line.next))
        cells = line.app, line.method or "", line.queue or "", expression, line.source, *times
        shown.add_row(*map(Text, cells), state)
    return shown


def outcome_table(found: list[Outcome]) -> Table:
    """What became of due times, as the machine's clock shows them."""
    shown = Table("due", "site", "method", "acted on", "what became of it", "run")
    for each in found:
        words = each.words
        if each.since:
            words += f"\n(once for all missed since {_on_this_clock(each.since)})"
        what = each.method or each.entry
        cells = (
            _on_this_clock(each.due),
            each.site,
            what,
            _on_this_clock(each.at),
            words,
            each.run,
        )
        shown.add_row(*(Text(cell, overflow="fold") for cell in cells))
    return shown


def _on_this_clock(time: datetime | None) -> str:
    return _shown(time and time.astimezone())


def _shown(time: datetime | None) -> str:
    return "" if time is None else f"{time:%a %Y-%m-%d %H:%M:%S}"
