"""The documentation's pages: their code blocks, and what the comments beside these say.

    <!-- check: job.result == 3 -->     after a block: true soon after it ran
    <!-- raises: UnknownQueue -->       after a block: it raises that
    <!-- prints: succeeded -->      after a block of the README's: what it prints has that
    <!-- not run: the reason -->        before a block: it is only compiled

A Python block whose first line is `# myapp/tasks.py` is (a part of) that file of the app; every
other one is code that somebody runs, as a user on a site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_PART = re.compile(
    r"^```(?P<language>\w*)[^\n]*\n(?P<text>[\s\S]*?)^```$"
    r"|^<!-- (?P<word>check|raises|prints|not run): (?P<said>[\s\S]*?) -->$",
    re.MULTILINE,
)
_FILE = re.compile(r"# (?P<path>[\w/]+\.py)\n")


@dataclass
class Block:
    """A code block of a page and what is said of it."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str = ""
    raises: str = ""
    checks: list[str] = field(default_factory=list)
    prints: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        """The app's file that it is a part of; '': none, it is run."""
        found = _FILE.match(self.text)
        return found["path"] if found else ""

    @property
    def code(self) -> str:
        """Its text at its own line numbers, so that a traceback leads into the page."""
        return "\n" * self.line + self.text


def blocks(page: Path) -> list[Block]:
    """Every code block of a page, in order."""
    found: list[Block] = []
    not_run, text = "", page.read_text()
    for part in _PART.finditer(text):
        if part["word"] == "not run":
            not_run = part["said"]
        elif part["word"] == "raises":
            found[-1].raises = part["said"]
        elif part["word"] == "check":
            found[-1].checks.append(part["said"])
        elif part["word"] == "prints":
            found[-1].prints.append(part["said"])
        else:
            line = text.count("\n", 0, part.start()) + 1
            found.append(Block(page, line, part["language"], part["text"], not_run))
            not_run = ""
    return found
