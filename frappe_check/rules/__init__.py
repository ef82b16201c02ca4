"""What is looked for. FC0… hooks and files, FC1… jobs, FC2… what a warm process keeps.

`RULES` has what each code means, from the page that `frappe-celery check --rules` prints, and
`FINDERS` what looks for them: a file for each code that has logic of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from frappe_check.findings import Finding
from frappe_check.rules import (
    batch_that_one_failure_ends,
    commit_at_the_end,
    document_as_argument,
    enqueues_before_the_commit,
    enqueues_itself_on_failure,
    heavy_in_a_frequent_event,
    hooks_and_files,
    keyword_taken_away,
    leads_nowhere,
    left_behind,
    rq_names,
    v14,
    waits_for_a_job,
)
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
FINDERS: tuple[Callable[[TaskCode], Iterable[Finding]], ...] = (
    hooks_and_files.find,
    leads_nowhere.find,
    heavy_in_a_frequent_event.find,
    enqueues_itself_on_failure.find,
    batch_that_one_failure_ends.find,
    waits_for_a_job.find,
    commit_at_the_end.find,
    document_as_argument.find,
    enqueues_before_the_commit.find,
    v14.find,
    keyword_taken_away.find,
    rq_names.find,
    left_behind.find,
)
