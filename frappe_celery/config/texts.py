r"""Half characters (lone surrogates) in texts: what `open(errors="surrogateescape")` makes of bytes
that are no UTF-8. Jobs carry them, and no output, database or key of Redis takes them.
"""

from typing import Any

from frappe_celery.config.numbers import require


def escaped(text: str) -> str:
    r"""The text with `\udce9` written out for a half character."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def require_whole(name: str, value: Any) -> None:
    """Raises ConfigError where a value is a text with half a character in it."""
    if isinstance(value, str) and not value.isascii() and escaped(value) != value:
        way_out = (
            "of bytes in another encoding, os.fsencode(text).decode(errors='replace') makes one"
        )
        require(False, name, value, f"a text that UTF-8 can write ({way_out})")
