r"""Half characters (lone surrogates) in texts: what `open(errors="surrogateescape")` makes of bytes
that are no UTF-8. Jobs carry them, and no output, database or key of Redis takes them.
And control characters, which are orders to a terminal, and line breaks, which begin another's line.
"""

import logging
import re
from typing import Any

from frappe_celery.config.numbers import require
from frappe_celery.config.secrets import masked_text


def escaped(text: str) -> str:
    r"""The text with `\udce9` written out for a half character."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


_COLOUR = r"\x1b\[(?:[0-4]|[39][1-7])(?:;(?:[0-4]|[39][1-7]))*m"  # none that hides
_CONTROLS = re.compile(
    rf"({_COLOUR})|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    r"""The text as a terminal and a log may have it: `\x1b` written out for a control character and
    for what turns the order of signs; colours, tabs and line breaks stay."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(
        lambda found: found[1] or found[0].encode("unicode_escape").decode(), escaped(text)
    )


def one_line(text: str) -> str:
    """The text with a comma for each end of a line, a blank for what else is no sign."""
    whole = ", ".join(text.splitlines())
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())


def as_entry(text: str) -> str:
    """An entry of a log: no secrets, its lines after the first set in so that none begins one."""
    return masked_text(printable(text)).replace("\n", "\n  ")


class EntryFormatter(logging.Formatter):
    """Python's own, for such."""

    def format(self, record: logging.LogRecord) -> str:
        return as_entry(super().format(record))


def require_whole(name: str, value: Any) -> None:
    """Raises ConfigError where a value is a text with half a character in it."""
    if isinstance(value, str) and not value.isascii() and escaped(value) != value:
        way_out = (
            "of bytes in another encoding, os.fsencode(text).decode(errors='replace') makes one"
        )
        require(False, name, value, f"a text that UTF-8 can write ({way_out})")
