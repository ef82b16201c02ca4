"""What a check found: rows for people to read, and findings that say whether something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partialmethod
from typing import Any


class Level(IntEnum):
    """How bad it is; the worst is the exit code."""

    NOTE = 0
    """Nothing is wrong, but it is worth knowing."""
    WARNING = 1
    """Somebody should look at it, though it works."""
    PROBLEM = 2
    """Jobs or schedules do not run, or can be lost without a crash."""


def counted(number: int, noun: str) -> str:
    """`1 job`, `2 batches`, `1,234 jobs`."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{'' if number == 1 else plural}"


@dataclass(frozen=True)
class Finding:
    """A sentence, and what to do about it."""

    level: Level
    text: str
    advice: str = ""
    alert: str = ""
    """Its name among alerts (`watch.notify.conditions`); '': nobody is alerted of it."""
    of: tuple[tuple[str, str], ...] = ()
    """What such a one is of, as `site` and its name: by both it is known again."""


@dataclass
class Section:
    """A group of checks: a table of what there is, and what was found."""

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def row(self, **columns: Any) -> None:
        """What there is; rows of the same columns are shown as one table."""
        self.rows.append(columns)

    def tell(self, level: Level, text: str, advice: str = "", alert: str = "", **of: str) -> None:
        """What was found: the arguments of a Finding."""
        self.findings.append(Finding(level, text, advice, alert, tuple(of.items())))

    note = partialmethod(tell, Level.NOTE)
    warn = partialmethod(tell, Level.WARNING)
    problem = partialmethod(tell, Level.PROBLEM)


@dataclass
class Report:
    sections: list[Section] = field(default_factory=list)

    def section(self, name: str) -> Section:
        """Begin another section behind those that there are."""
        self.sections.append(Section(name))
        return self.sections[-1]

    @property
    def level(self) -> Level:
        """The worst of all findings' levels."""
        return max((finding.level for finding in self.findings), default=Level.NOTE)

    @property
    def findings(self) -> list[Finding]:
        return [finding for section in self.sections for finding in section.findings]

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.level.name.lower() if self.level else "ok",
            "sections": {
                section.name: {
                    "rows": section.rows,
                    "findings": [
                        {"level": one.level.name.lower(), "text": one.text, "advice": one.advice}
                        for one in section.findings
                    ],
                }
                for section in self.sections
            },
        }
