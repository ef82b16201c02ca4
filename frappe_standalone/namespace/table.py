"""The table `names.txt`: modules whose names are defined elsewhere, and the names of each.

A section is a module's file, which need not be there; what a file that is there defines comes on
top. A line is `where: names`, as `from where import names`; a package without names stands alone.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

NAMESPACE = Path(__file__).parent


@cache
def table() -> dict[str, str]:
    """The import statements of each module, by its file's whole path."""
    text = (NAMESPACE / "names.txt").read_text(encoding="utf-8")
    statements = re.sub(r"(?m)^([\w.]+): ", r"from \1 import ", text)
    return {
        f"{NAMESPACE}/{file}": lines
        for file, lines in re.findall(r"(?m)^\[(.+)\]\n([^[]*)", statements)
    }
