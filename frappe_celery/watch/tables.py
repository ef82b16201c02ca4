"""Tables in a terminal, or in the file or program that stands behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from frappe_celery.config import settings

PIPED_WIDTH = 220
"""Columns of a table that goes into a file or another program."""


def console() -> Console:
    """Standard output, wide where nobody watches."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def plain_table(columns: Iterable[str], rows: Iterable[Iterable[str]], **style: Any) -> Table:
    """Texts in columns, without a frame; what is too long goes on in the next line."""
    shown = Table(*columns, box=None, **style)
    for row in rows:
        shown.add_row(*(Text(cell, overflow="fold") for cell in row))
    return shown


def titled_table(title: str, *columns: str | Column) -> Table:
    """A table of what has times; its title names their zone."""
    return Table(*columns, title=f"{title} (times in {settings.current().zone})")
