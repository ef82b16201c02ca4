"""HTML of which a browser runs nothing, as Frappe 16 and 17 store it; `safe_html.txt` says what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

_TAG = re.compile(r"<[a-zA-Z][^>]*>")


def sanitize_html(
    html: Any,
    linkify: bool = False,
    always_sanitize: bool = False,
    disallowed_tags: Iterable[str] | None = None,
) -> Any:
    """The text without scripts and what else is not allowed; JSON and what has no tag stay.

    Args:
        always_sanitize: these too.
        disallowed_tags: further tags to take out; "*": all.
    """
    if not isinstance(html, str) or not (
        always_sanitize or (_TAG.search(html) and not _is_json(html))
    ):
        return html
    import nh3

    allowed = _allowed()
    tags = set() if disallowed_tags == "*" else allowed["tags"] - set(disallowed_tags or ())
    return nh3.clean(
        html,
        tags=tags,
        attributes={"*": allowed["attributes"], "svg": allowed["svg"]},
        generic_attribute_prefixes={"data-"},
        strip_comments=False,
        filter_style_properties=allowed["styles"],
        url_schemes=nh3.ALLOWED_URL_SCHEMES | {"cid"},
    )


@cache
def _allowed() -> dict[str, set[str]]:
    lines = Path(__file__).with_suffix(".txt").read_text().splitlines()
    return {kind: set(names.split()) for kind, _, names in (line.partition(":") for line in lines)}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
