"""The table: each code block of the research document, and the test that shows its effect.

A Python block has a function under `@snippet(heading, copy)`, which runs it where it belongs and
checks what it brought about. Others are tested by name, or left to a later issue with the reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from tests.acceptance.research import COPIES, DOCUMENT, Source, blocks

Check = Callable[..., None]

NO_DOCUMENT = f"needs ../shared/{DOCUMENT.name}; the project's own copies are tested instead"


@dataclass(frozen=True)
class Case:
    """One way to run a snippet, and its effect."""

    heading: str
    number: int
    copy: str
    """The project's own copy: tests/fixtures/snippets/<copy>.py."""
    check: Check

    @property
    def fixture(self) -> str:
        """What the check needs beside the snippet: `desk` or `app_project`."""
        return list(inspect.signature(self.check).parameters)[1]

    def from_document(self) -> Source:
        """The snippet as the document has it."""
        found = {(block.heading, block.number): block for block in blocks()}
        return Source(found[self.heading, self.number].text)

    def own_copy(self) -> Source:
        """The snippet as the project has it."""
        return Source((COPIES / f"{self.copy}.py").read_text())


CASES: list[Case] = []


def snippet(heading: str, copy: str, number: int = 1) -> Callable[[Check], Check]:
    """The decorated function checks the `number`th block under a heading of the document."""

    def add(check: Check) -> Check:
        CASES.append(Case(heading, number, copy, check))
        return check

    return add


COMMANDS = "test_document_commands.py::"
LOGS = "test_logs_section.py::"

ELSEWHERE = {
    ("BELANGRIJK: bench migrate na wijzigingen", 1): COMMANDS + "test_changed_hooks_wait_for_sync",
    ("Custom Queues Configureren", 1): COMMANDS + "test_custom_queues_as_the_document_has_them",
    ("Worker Processen", 1): COMMANDS + "test_a_worker_of_its_own_for_each_queue",
    ("Worker Processen", 2): COMMANDS + "test_a_worker_for_several_queues",
    ("Burst Mode", 1): COMMANDS + "test_burst_mode",
    ("Email Notificaties voor Failed Jobs", 1): "test_errors_section.py"
    "::test_a_failed_job_is_mailed_to_the_document_s_admin",
    ("Bench Doctor Command", 1): LOGS
    + "test_doctor_shows_each_site_s_scheduler_the_workers_and_what_is_pending",
    ("Monitor Feature", 1): LOGS + "test_the_monitor_s_line_is_the_document_s",
    ("Monitor Feature", 2): LOGS + "test_the_monitor_s_line_is_the_document_s",
    ("Stuck Worker Debug", 1): LOGS
    + "test_sigusr1_writes_the_stack_to_worker_error_log_and_the_job_goes_on",
}
"""Blocks that are no Python, and the test of each."""

LATER = {
    (
        "Cron Syntax Referentie",
        1,
    ): "a drawing of the five fields; see tests/unit/schedule",
}
"""Blocks that nothing runs yet, and why."""
