"""`frappe.utils.csvutils`: rows as CSV, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from frappe_standalone.exceptions import ValidationError
from frappe_standalone.missing import lacks
from frappe_standalone.utils.text import strip

_QUOTING = csv.QUOTE_NONNUMERIC
ENCODINGS = ("utf-8-sig", "utf-8", "windows-1250", "windows-1252")
"""As which a file's text is read, in this order."""


class UnicodeWriter:
    """Collects rows; `getvalue` is their CSV."""

    def __init__(
        self, encoding: str = "utf-8", quoting: int = _QUOTING, delimiter: str = ","
    ) -> None:
        self.encoding = encoding
        self.queue = io.StringIO()
        self.writer = csv.writer(self.queue, quoting=quoting, delimiter=delimiter)  # type: ignore[arg-type]

    def writerow(self, row: Iterable[Any]) -> None:
        self.writer.writerow(row)

    def getvalue(self) -> str:
        return self.queue.getvalue()


def to_csv(data: Iterable[Iterable[Any]], quoting: int = _QUOTING, delimiter: str = ",") -> str:
    """Rows as the text of a CSV file."""
    writer = UnicodeWriter(quoting=quoting, delimiter=delimiter)
    for row in data:
        writer.writerow(row)
    return writer.getvalue()


@lacks(use_sniffer=False)
def read_csv_content(fcontent: bytes | str) -> list[list[Any]]:
    """The rows of a CSV; an empty cell is None.

    Raises:
        ValidationError: it is no text.
    """
    text = fcontent if isinstance(fcontent, str) else decoded(fcontent)
    if text is None:
        raise ValidationError("Unknown file encoding. Tried to use: " + ", ".join(ENCODINGS))
    rows = csv.reader(text.splitlines(keepends=True))
    return [[strip(cell) or None for cell in row] for row in rows]


def decoded(content: bytes, encodings: Iterable[str] = ENCODINGS) -> str | None:
    """Its text, by the first encoding that it fits; None for none."""
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return None
