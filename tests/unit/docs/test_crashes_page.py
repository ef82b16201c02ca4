"""The table of docs/crashes.md: each row names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "crashes.md"


def test_each_row_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 15
    for row in rows:
        link = re.search(r"\[(test_\w+)\]\(([^)]+)\) \|$", row)
        assert link, row
        file = PAGE.parent / link[2]
        assert f"def {link[1]}(" in file.read_text(), row
