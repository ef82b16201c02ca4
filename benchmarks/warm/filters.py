"""A script report's filters: what its page fills in, and for the rest what the site has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_FIELD = re.compile(r"""fieldname["']?\s*:\s*["'](\w+)["']""")
_DEFAULT = re.compile(
    r"""default["']?\s*:\s*\[?\s*(?:["']([^"']*)["']|([\d.]+|true|false)\s*[,\]}\n])"""
)
_REQUIRED = re.compile(r"""reqd["']?\s*:\s*(1|true)""")
_LINK = re.compile(r"""options["']?\s*:\s*["']([\w ]+)["']""")
_CHOICE = re.compile(r"""options["']?\s*:\s*\[\s*["']([^"']+)["']""")


def filters_of(
    page: str, here: Mapping[str, Any], first: Callable[[str], str | None]
) -> dict[str, Any]:
    """The filters of a report's JavaScript.

    Args:
        here: values by names, such as the company and dates.
        first: gives a document's name of a DocType, for a link that is required.
    """
    found: dict[str, Any] = {}
    _, *parts = _FIELD.split(page)
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        value = here.get(name)
        if value is None:
            value = _default(text, first)
        if value not in (None, ""):
            found[name] = value
    return found


def _default(text: str, first: Callable[[str], str | None]) -> Any:
    if default := _DEFAULT.search(text):
        word, literal = default.groups()
        return word if literal is None else json.loads(literal)
    if not _REQUIRED.search(text):
        return None
    if choice := _CHOICE.search(text):
        return choice[1]
    link = _LINK.search(text)
    return first(link[1]) if link else None
