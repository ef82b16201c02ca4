"""Jobs by a text that their line of the list has, and failed ones by the kind of their error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from frappe_celery.jobs import Job
from frappe_celery.jobs.record.lookup import JobFinder
from frappe_celery.jobs.record.paging import Wanted
from frappe_celery.watch import job_display

DIFFERS = re.compile(r"'[^']*'|\"[^\"]*\"|\b(?:0x)?[0-9a-f]*[0-9][0-9a-f]*\b|\d+")
"""What of an error is another for each job: quoted names, numbers, ids."""
FRAME = re.compile(r'^  File "(?:.*[/\\])?(.+?)", line \d+, in (.+)$', re.MULTILINE)


def kind_of(job: Job) -> str:
    """A failed job's error without what differs from job to job, and where it was raised; secrets
    masked."""
    said = DIFFERS.sub("…", job_display.last_line(job) or "no reason was recorded")
    frames = FRAME.findall(job.exc_info or "")
    return f"{said} ({frames[-1][1]} in {frames[-1][0]})" if frames else said


@dataclass(frozen=True)
class Searched(Wanted):
    """Each job has to be looked at for it."""

    text: str = ""
    """In the id, the method, the job's name, its error or the arguments, as a list shows them."""
    error: str = ""
    """As `kind_of` has it."""

    @property
    def reads_each(self) -> bool:
        return True

    def of(self, store: JobFinder, runs: list[str]) -> dict[str, Job]:
        """The wanted jobs by their runs."""
        found = super().of(store, runs)
        if self.error:
            found = {run: job for run, job in found.items() if kind_of(job) == self.error}
        if self.text and found:
            begun, text = job_display.beginnings(list(found.values())), self.text.lower()
            found = {
                run: job
                for run, job in found.items()
                if any(text in part.lower() for part in (*_line(job), begun[run]))
            }
        return found


def _line(job: Job) -> tuple[str, ...]:
    return job.id, job_display.label(job), job.job_name, job_display.last_line(job) or ""
