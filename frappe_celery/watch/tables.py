"""Tables and listings in a terminal, or in the file or program that stands behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import click
from rich.box import HEAVY_HEAD, Box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from frappe_celery.config import settings
from frappe_celery.config.texts import one_line

PIPED_WIDTH = 220
"""Columns of a table that goes into a file or another program."""
LONGEST_ERROR = 100
"""Signs of an error that a listing shows on a terminal."""
SHORTEST = 30
"""Signs that a table leaves of what may be cut."""


class Row(NamedTuple):
    """One thing of many, in two forms."""

    cells: Sequence[Text | str]
    """One for each column."""
    lines: Sequence[Text]
    """The same where there is no room for columns: its name first."""


@dataclass(frozen=True)
class Listing:
    """Many things, a row each."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    cut: Sequence[str] = ()
    """Columns of which a table may show the beginning."""
    notes: Sequence[str] = ()
    """What is to be known about all of them."""
    box: Box | None = HEAVY_HEAD
    """The frame of the table."""

    def print(self) -> None:
        """A table where the terminal has room for one, else some lines a row.

        Into a file or another program a line a row, tabs between its cells, and nothing else:
        title and notes go to standard error.
        """
        if sys.stdout.isatty():
            Console().print(self)
            return
        click.echo(self.title, err=True)
        for row in self.rows:
            click.echo("\t".join(one_line(str(cell)) for cell in row.cells))
        for note in self.notes:
            click.echo(note, err=True)

    def __rich_console__(self, terminal: Console, options: ConsoleOptions) -> RenderResult:
        endless = options.update(width=sys.maxsize)
        needed = terminal.measure(self._table(SHORTEST), options=endless).maximum
        if needed <= options.max_width:
            yield self._table(LONGEST_ERROR)
        else:
            yield from (Text(title, "bold") for title in [self.title] if title)
            for row in self.rows:
                first, *below = map(_in_a_line, filter(None, row.lines))
                yield first
                yield from (Padding(line, (0, 0, 0, 2), expand=False) for line in below)
        yield from (Text(note, "dim") for note in self.notes)

    def _table(self, cut: int) -> Table:
        table = Table(title=self.title, box=self.box)
        for name in self.columns:
            may_be_cut = name in self.cut
            table.add_column(name, no_wrap=not may_be_cut, max_width=cut if may_be_cut else None)
        for row in self.rows:
            table.add_row(*map(_in_a_line, row.cells))
        return table


def console() -> Console:
    """Standard output, wide where nobody watches."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def plain_table(columns: Iterable[str], rows: Iterable[Iterable[Any]], **style: Any) -> Table:
    """Texts in columns, without a frame; what is too long goes on in the next line."""
    shown = Table(*columns, box=None, **style)
    for row in rows:
        shown.add_row(*(_in_a_line(cell, overflow="fold") for cell in row))
    return shown


def facts(said: Iterable[tuple[str, Text | str]], style: str = "bold") -> Table:
    """What is said of one thing, a line each, behind its name."""
    rows = ((Text(name, style), what) for name, what in said)
    return plain_table((), rows, show_header=False, padding=(0, 2), collapse_padding=True)


def zoned(title: str) -> str:
    """The title of what has times, which names their zone."""
    return f"{title} (times in {settings.current().zone})"


def joined(*parts: Text | str) -> Text:
    """Those that are not empty, as one line; what is too long goes on in the next."""
    texts = (Text(part) if isinstance(part, str) else part for part in parts if part)
    return Text("  ", overflow="fold").join(texts)


def beginning(text: Text | str, style: str = "") -> Text:
    """Of a long text what one line has room for."""
    return Text(style=style, no_wrap=True, overflow="ellipsis").append(text)


def error(text: str) -> Text:
    """How an error begins, in one line."""
    shown = beginning(one_line(text), "red")
    shown.truncate(LONGEST_ERROR, overflow="ellipsis")
    return shown


def _in_a_line(text: Text | str, **style: Any) -> Text:
    whole = Text(text, **style) if isinstance(text, str) else text
    return whole.blank_copy(", ").join(whole.split()) if "\n" in whole.plain else whole
