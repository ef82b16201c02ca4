"""`python -m tests.words`: how many words README.md and docs/ have, a page a line.

Not counted: code blocks, comments, and what is made from the code.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MADE = {"settings.md": "## Options", "standalone.md": "## Names", "check.md": "## Codes"}
"""Pages that end with what is made from the code, and its heading."""
_NOT_PROSE = re.compile(
    r"^( *)(```|:::)[\s\S]*?^\1\2[ ]*$"  # fences
    r"|<!--[\s\S]*?-->"
    r"|(?:(?<=\n\n)|\A)(?: {4}.*\n|\n(?= {4}))+",  # an indented block
    re.MULTILINE,
)


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def prose(text: str, made: str = "") -> str:
    """A page without its code, and without what follows the heading of what is made."""
    if made:
        text = text.partition(f"\n{made}\n")[0]
    return _NOT_PROSE.sub("", text)


def count(page: Path) -> int:
    """As `wc -w` counts: the bars of a table are words too."""
    return len(prose(page.read_text(), MADE.get(page.name, "")).split())


def main() -> None:
    counts = {page: count(page) for page in pages()}
    for page, words in sorted(counts.items(), key=lambda pair: -pair[1]):
        print(f"{words:>7,}  {page.relative_to(ROOT)}")
    print(f"{sum(counts.values()):>7,}  in all")


if __name__ == "__main__":
    main()
