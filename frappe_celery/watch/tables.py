"""Tables and listings in a terminal, or in the file or program that stands behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Listing:
    """Many things, a row each: a cell for each column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Text | str]]
    narrow: Sequence[Sequence[str]] = ()
    """The columns that share a line where there is no room for a table: `id`, the first of two that
    says something, `error|arguments`, or one behind its name, `waited:`. (): a line each."""
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
            click.echo("\t".join(one_line(str(cell)) for cell in row))
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
                first, *below = map(_in_a_line, filter(None, self._lines(row)))
                yield first
                yield from (Padding(line, (0, 0, 0, 2), expand=False) for line in below)
        yield from (Text(note, "dim") for note in self.notes)

    def _table(self, cut: int) -> Table:
        table = Table(title=self.title, box=self.box)
        for name in self.columns:
            may_be_cut = name in self.cut
            table.add_column(name, no_wrap=not may_be_cut, max_width=cut if may_be_cut else None)
        for row in self.rows:
            table.add_row(*map(_in_a_line, row))
        return table

    def _lines(self, row: Sequence[Text | str]) -> Iterator[Text]:
        cells, (first, *others) = dict(zip(self.columns, row, strict=True)), self.columns
        for line in self.narrow or ((first,), *((f"{name}:",) for name in others)):
            yield joined(*(_said(name, cells) for name in line))


def console() -> Console:
    """Standard output, wide where nobody watches."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def facts(said: Iterable[tuple[str, Text | str]], style: str = "bold") -> Table:
    """What is said of one thing, behind its name; what is too long goes on in the next line."""
    shown = Table(box=None, show_header=False, padding=(0, 2), collapse_padding=True)
    for name, what in said:
        shown.add_row(Text(name, style), _in_a_line(what, overflow="fold"))
    return shown


def zoned(title: str) -> str:
    """The title of what has times, which names their zone."""
    return f"{title} (times in {settings.current().zone})"


def joined(*parts: Text | str) -> Text:
    """Those that are not empty, as one line; what is too long goes on in the next, unless one of
    them is a `beginning`."""
    texts = [Text(part) if isinstance(part, str) else part for part in parts if part]
    is_cut = any(text.no_wrap for text in texts)
    return Text("  ", no_wrap=is_cut, overflow="ellipsis" if is_cut else "fold").join(texts)


def beginning(text: Text | str, style: str = "") -> Text:
    """Of a long text what one line has room for."""
    return Text(style=style, no_wrap=True, overflow="ellipsis").append(text)


def error(text: str) -> Text:
    """How an error begins, in one line."""
    return beginning(one_line(text), "red")


def _said(name: str, cells: Mapping[str, Text | str]) -> Text | str:
    """As `Listing.narrow` has it."""
    name, is_named, _ = name.partition(":")
    cell, *_ = [*filter(len, map(cells.__getitem__, name.split("|"))), ""]
    whole = Text(cell) if isinstance(cell, str) else cell
    return whole.blank_copy(f"{name}: ").append(whole) if is_named and cell else cell


def _in_a_line(text: Text | str, **style: Any) -> Text:
    whole = Text(text, **style) if isinstance(text, str) else text
    return whole.blank_copy(", ").join(whole.split()) if "\n" in whole.plain else whole
