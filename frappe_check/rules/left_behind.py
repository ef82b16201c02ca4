"""FC2…: what task code leaves in its process for the next job, another site's: one pass over it."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.rules import cache_without_site, process, state
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Finding]:
    """What is done, and how the function that does it comes to run."""
    for function in code.reached:
        why = code.why(function)
        for rule, node, what in (
            *state.written(code, function),
            *process.changed(function),
            *cache_without_site.cached(code, function),
        ):
            yield found(rule, function.module, node, f"{what} {why}.")
