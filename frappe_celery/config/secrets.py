"""Masking what nobody may read: arguments by their names, and secrets in texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "********"
SECRET_WORDS = (
    *("password", "passwd", "secret", "token", "key", "pwd"),  # Frappe's own list
    *("authorization", "cookie", "credential", "passphrase"),
    "sealed",  # a message of ours, with its arguments and its signature
)
_DEEPEST = 20
_AUTH = re.compile(r"(?i)(?<![a-z])auth(?![a-z])")  # `auth=("user", "secret")`, but no author
_IS = r"""(?: \\*["']? \s*[=:] | \\*["']\s*, ) \s*"""
_QUOTED = r"""[bfru]{0,2}\\* (?: "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )"""
_IN_TEXTS = (
    re.compile(r"(?s)()-----BEGIN [^-\n]+-----.*?(?:-----END [^-\n]+-----|\Z)"),
    re.compile(r"((?<=://)[^/@\s:'\"]*:)[^/@\s'\"]+(?=@)"),
    re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"),
    re.compile(
        rf"""(?ix) ( (?: authorization | cookie ) {_IS} )
            (?: {_QUOTED} | (?: [^"'\n] | ["'](?! [\s,)\]}}] | \Z) )+ )"""
    ),
    re.compile(
        rf"""(?ix) ( (?: {"|".join(SECRET_WORDS)} | (?<![a-z])auth ) {_IS} )
            (?: {_QUOTED} | [(\[{{][^)\]}}\n]* | [^\s"',;&)}}\]]+ )"""
    ),
)
"""What stands before a secret, and the secret."""
_HINTS = (*SECRET_WORDS, "auth", "bearer", "://", "-----begin")
"""One of them, in small letters, is in each text with a secret: most lines of a log have none."""


def masked(value: Any, depth: int = 0) -> Any:
    """The value with every secret inside it masked; whatever has a secret's name is one."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            name: MASK if is_secret(name) and inner is not None else masked(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        shown = [masked(inner, depth + 1) for inner in value]
        if len(shown) == 2 and is_secret(shown[0]) and shown[1] is not None:
            shown[1] = MASK  # a name and its value: `("Authorization", "…")`
        return shown
    return masked_text(value) if isinstance(value, str) else value


def is_secret(name: Any) -> bool:
    """Whether an argument of that name is masked."""
    return isinstance(name, str) and bool(
        any(word in name.lower() for word in SECRET_WORDS) or _AUTH.search(name)
    )


def masked_text(text: str) -> str:
    """A text without the secrets that stand in it as `password=…`, in a header, in a URL or as a
    block of PEM."""
    small = text.lower()
    if any(map(small.__contains__, _HINTS)):
        for pattern in _IN_TEXTS:
            text = pattern.sub(rf"\1{MASK}", text)
    return text
