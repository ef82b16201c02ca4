"""Masking what nobody may read in a mail: arguments by their names, and passwords in texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "********"
SECRET_WORDS = (
    *("password", "passwd", "secret", "token", "key", "pwd"),  # Frappe's own list
    *("authorization", "cookie", "credential", "passphrase"),
)
_DEEPEST = 20
_AUTH = re.compile(r"(?i)(?<![a-z])auth(?![a-z])")  # `auth=("user", "secret")`, but no author
_IN_URLS = re.compile(r"(?<=://)([^/@\s:'\"]*):[^/@\s'\"]+@")
_IN_TEXTS = re.compile(
    r"""(?ix) ( (?: password|passwd|passphrase|secret|token|api_?key|pwd ) ["']? \s*[=:]\s* )
        ( "[^"\n]*" | '[^'\n]*' | [^\s"',;&)}\]]+ )"""
)


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
    """A text without the passwords that stand in it as `password=…` or in a URL."""
    return _IN_TEXTS.sub(rf"\1{MASK}", _IN_URLS.sub(rf"\1:{MASK}@", text))
