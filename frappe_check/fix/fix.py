"""`fix`: rewrite what was found and can be rewritten safely, a diff a file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import libcst as cst

from frappe_check.examine import Report
from frappe_check.findings import shown
from frappe_check.fix.deduplication import Deduplication

FIXED = "FC108"


def fix(report: Report) -> Iterator[str]:
    """Rewrite the report's files in place; a diff for each that changed, why each stays that
    libcst cannot read."""
    lines: dict[Path, set[int]] = {}
    for finding in report.findings:
        if finding.code == FIXED:
            lines.setdefault(finding.path, set()).add(finding.line)
    for path, found in lines.items():
        before = path.read_bytes()
        try:
            after = fixed(before, found)
        except (cst.ParserSyntaxError, RecursionError) as error:
            why = getattr(error, "message", "it is nested too deeply")
            yield f"{shown(path)} is not rewritten: {why}"
            continue
        if after != before:
            path.write_bytes(after)
            old, new = (text.decode().splitlines(keepends=True) for text in (before, after))
            name = shown(path)
            yield "".join(unified_diff(old, new, f"{name} (before)", f"{name} (after)"))


def fixed(source: bytes, lines: set[int]) -> bytes:
    """A file as it is after the fixes on these lines."""
    wrapper = cst.MetadataWrapper(cst.parse_module(source))
    return wrapper.visit(Deduplication(wrapper, lines)).bytes
