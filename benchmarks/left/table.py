"""The ways as a table, and what came of all of them in some lines."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from benchmarks.left.reading import Call, Found

WARM = 100
"""Jobs of a process after which the worker looks through everything only now and then."""


def table(found: list[Found]) -> Table:
    """Those that were seen first."""
    shown = Table("way", "the first time: seen by", "", "again: seen by", "", "a rule leaves it")
    for one in sorted(found, key=lambda one: (bool(one.rule), not one.seen, not one.is_named)):
        name = one.name if one.is_named else f"{one.name} *"
        first = [one.first] if one.first else []
        shown.add_row(name, *_said(first), *_said(one.again), one.rule)
    shown.caption = "* not named by issue 43"
    return shown


def _said(calls: list[Call]) -> tuple[str, str]:
    if not calls:
        return "not run", ""
    seen, looks = (sum(getattr(call, what) for call in calls) for what in ("seen", "looks"))
    return f"{seen} of {looks}", ", ".join(dict.fromkeys(call.outcome for call in calls))


def summary(found: list[Found]) -> dict[str, object]:
    """Counts of the ways that the issue names, of others, and of those that a rule leaves."""
    said: dict[str, object] = {}
    for title, ways in {
        "named": [one for one in found if one.is_named and not one.rule],
        "others": [one for one in found if not one.is_named and not one.rule],
        "left by a rule": [one for one in found if one.rule],
    }.items():
        said[title] = {
            "ways": len(ways),
            "first called before job 100 of their process": sum(
                bool(one.first and one.first.nth < WARM) for one in ways
            ),
            "seen the first time": sum(bool(one.first and one.first.seen) for one in ways),
            "seen again": sum(any(call.seen for call in one.again) for one in ways),
            "first": dict(Counter(one.first.outcome if one.first else "not run" for one in ways)),
            "again": dict(Counter(call.outcome for one in ways for call in one.again)),
        }
    return said
