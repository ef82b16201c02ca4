"""What a function changed on a bench and on standalone, beside each other."""

from __future__ import annotations

import json
import re
from typing import Any

NOT_COMPARED = ("_comments", "_assign", "_user_tags", "_liked_by", "kind")
"""What Desk's lists keep of documents that are compared themselves; a column of our tabSingles."""
NOT_THERE = re.compile(
    r"(?:Unknown column|has no field|no attribute|no field or method|no such column:)"
    r" '?(?:[\w ]+\.)?(\w+)\b"
)
"""MariaDB's and Python's words, and ours."""
NAMED_BY_VERSION = ("tabScheduled Job Type",)


def difference(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What is not the same, a line each."""
    found = []
    if "not run" in one or "not run" in other:
        return [f"not run: bench {one.get('not run')}, standalone {other.get('not run')}"]
    if _error(one["raised"]) != _error(other["raised"]):
        found.append(f"raised: bench {one['raised']!r}, standalone {other['raised']!r}")
    if not _same_mails(one["mails"], other["mails"]):
        found.append(f"mails: bench {one['mails']}, standalone {other['mails']}")
    mine, theirs = (_comparable(each["changes"]) for each in (one, other))
    for key in sorted(mine.keys() | theirs.keys()):
        if key not in theirs or key not in mine:
            where = "bench" if key in mine else "standalone"
            found.append(f"{' '.join(key)}: only {where} {mine.get(key) or theirs.get(key)}")
            continue
        a, b = mine[key], theirs[key]
        unlike = {f for f in a.keys() | b.keys() if f not in NOT_COMPARED and not _same(f, a, b)}
        found += [
            f"{' '.join(key)}.{f}: bench {a.get(f)!r}, standalone {b.get(f)!r}"
            for f in sorted(unlike)
        ]
    return found


def _error(raised: str) -> str:
    """What is not there, if an error says so; or the error."""
    found = NOT_THERE.search(raised)
    return found[1] if found else " ".join(raised.split())


def _same_mails(framed: list[list[str]], mails: list[list[str]]) -> bool:
    """To whom, the subject, and the text, which a bench puts into a frame of its own."""
    same = [f[:2] == m[:2] and m[2] in f[2] for f, m in zip(framed, mails, strict=False)]
    return len(framed) == len(mails) and all(same)


def _same(field: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """A field that one host's table does not have is as one that is empty."""
    if field in one and field in other:
        return bool(one[field] == other[field])
    return not (one.get(field) or other.get(field))


def _comparable(changes: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    """By what happened to which row; one with a random name is known by its content."""
    random = {
        c["key"]: c["table"]
        for c in changes
        if _is_random(c["key"]) or c["table"] in NAMED_BY_VERSION
    }
    shown: dict[tuple[str, ...], dict[str, Any]] = {}
    contents = [
        (c["what"], c["table"], f"new {c['table']}" if c["key"] in random else c["key"],
         {f: f"new {random[v]}" if v in random else v for f, v in c["fields"].items()})
        for c in changes
        if c["fields"].get("comment_type") != "Deleted"  # docs/documents.md
    ]  # fmt: skip
    for what, table, key, fields in sorted(contents, key=lambda c: json.dumps(c, sort_keys=True)):
        number = sum(k[:2] == (what, table) and k[2].startswith(f"{key} #") for k in shown)
        shown[what, table, f"{key} #{number}" if key.startswith("new ") else key] = fields
    return shown


def _is_random(name: str) -> bool:
    return len(name) == 10 and name.isalnum() and name == name.lower()
