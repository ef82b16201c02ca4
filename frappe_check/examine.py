"""`examine`: everything that is said of one app."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from frappe_check.app import App
from frappe_check.arguments import Wanted
from frappe_check.findings import Finding, Hit
from frappe_check.places import Places, TaskPlace
from frappe_check.rules import RULES
from frappe_check.tasks import TaskCode

_NOQA = re.compile(r"#\s*noqa(?P<codes>\s*:\s*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """Of one app."""

    app: App
    findings: list[Finding]
    """By file and line."""
    tasks: list[TaskPlace]

    @property
    def standalone(self) -> list[TaskPlace]:
        """The tasks that can run without Frappe."""
        return [task for task in self.tasks if not task.needs]

    @property
    def only_in_a_bench(self) -> list[TaskPlace]:
        """The others."""
        return [task for task in self.tasks if task.needs]

    @property
    def by_code(self) -> dict[str, int]:
        """How many findings of each code there are."""
        return dict(sorted(Counter(each.rule.code for each in self.findings).items()))


def examine(asked: Wanted, import_hooks: bool = False) -> Report:
    """Read an app and look for everything that there is a rule for."""
    app = App(asked.folder, import_hooks)
    code = TaskCode(app)
    lines = {module.path: module.lines for module in app.modules.values()}
    findings = {
        (hit.path, hit.line, rule.code, hit.column): Finding(rule, hit)
        for rule in RULES
        for hit in rule.find(code)
        if hit.path.is_relative_to(asked.only)
        and not _is_silenced(rule.code, hit, lines.get(hit.path, []))
    }
    ordered = [findings[key] for key in sorted(findings)]
    return Report(app, ordered, Places(code).all())


def _is_silenced(code: str, hit: Hit, lines: list[str]) -> bool:
    """By `# noqa` or `# noqa: FC101` on the first or last line of what was found."""
    for number in {hit.line, hit.end_line}:
        line = lines[number - 1] if number <= len(lines) else ""
        for found in _NOQA.finditer(line):
            codes = found["codes"]
            if codes is None or code in codes.upper().replace(",", " ").replace(":", " ").split():
                return True
    return False
