"""`examine`: everything that is said of one app."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from frappe_check.app import App
from frappe_check.arguments import Wanted
from frappe_check.findings import Finding
from frappe_check.places import Places, TaskPlace
from frappe_check.rules import FINDERS
from frappe_check.tasks import TaskCode

_NOQA = re.compile(r"#\s*noqa(?P<codes>\s*:\s*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """What is said of one app."""

    app: App
    findings: list[Finding]
    """In the order of files and lines."""
    tasks: list[TaskPlace]

    @property
    def by_code(self) -> dict[str, int]:
        """How many findings of each code there are."""
        return dict(sorted(Counter(each.code for each in self.findings).items()))


def examine(asked: Wanted, import_hooks: bool = False) -> Report:
    """Read an app and look for everything that there is a rule for."""
    app = App(asked.folder, import_hooks)
    code = TaskCode(app)
    lines = {module.path: module.lines for module in app.modules.values()}
    findings = {
        (each.path, each.line, each.code, each.column): each
        for find in FINDERS
        for each in find(code)
        if each.path.is_relative_to(asked.only) and not _is_silenced(each, lines.get(each.path, []))
    }
    return Report(app, [findings[key] for key in sorted(findings)], Places(code).all())


def _is_silenced(finding: Finding, lines: list[str]) -> bool:
    """By `# noqa` or `# noqa: FC101` on the first or last line of what was found."""
    return any(
        found["codes"] is None or finding.code in re.findall(r"\w+", found["codes"].upper())
        for number in {finding.line, finding.end_line}
        for found in _NOQA.finditer(lines[number - 1] if number <= len(lines) else "")
    )
