"""What is looked for. FC0… hooks and files, FC1… jobs, FC2… what a warm process keeps.

`RULES` has what each code means, from the page that `frappe-celery check --rules` prints, and
`FINDERS` what looks for them: `find` of each file here that has one, a file a code or a few.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from frappe_check.findings import Finding
from frappe_check.tasks import TaskCode


@dataclass(frozen=True)
class Rule:
    """What a code means: a section of the page.

    The examples are files of an app `myapp`, each begun by a comment with its name. In the bad one
    the comment `# FC…` stands on the lines that are found.
    """

    code: str
    title: str
    happens: str
    bad: str
    instead: str
    good: str


_SECTION = re.compile(
    r"### (FC\d{3}): (.+)\n\n(.+)\n\nFound:\n\n```python\n((?s:.+?))\n```\n\n"
    r"(.+)\n\n```python\n((?s:.+?))\n```\n"
)
PAGE = Path(__file__).with_name("rules.md").read_text(encoding="utf-8")
RULES = {groups[0]: Rule(*groups) for groups in _SECTION.findall(PAGE)}
_MODULES = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
FINDERS: list[Callable[[TaskCode], Iterable[Finding]]] = [
    module.find for module in _MODULES if hasattr(module, "find")
]
