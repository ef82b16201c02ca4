"""The controller of `Scheduled Job Type`: a row of the live schedule and the runs of it.

When it is due is the schedule's to say; here is what a due one does.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from frappe_celery import host
from frappe_standalone.database import store
from frappe_standalone.database.errors import is_retryable
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.error_log import get_traceback, report_swallowed
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.messages.logs import logger
from frappe_standalone.missing import unsupported
from frappe_standalone.schedule import rows as schedule_rows
from frappe_standalone.schedule.rows import LOG
from frappe_standalone.site.calling import get_attr
from frappe_standalone.site.context import ADMINISTRATOR
from frappe_standalone.site.methods import call_method
from frappe_standalone.utils.dates import now_datetime
from frappe_standalone.utils.values import from_column

CRON, DOCTYPE = host.schedule_events.CRON, host.schedule_documents.DOCTYPE


class ScheduledJobType(Document):
    """What `frappe.get_doc("Scheduled Job Type", name)` gives."""

    __not_in_templates__ = Document.__not_in_templates__ | {"enqueue", "execute"}
    method: Any

    def autoname(self) -> None:
        """The last two parts of the method's path, the whole path where another has those.

        A row like one that is there gets its name, and so is refused as a duplicate.
        """
        method = self.method or self.scheduler_event or ""
        same = {field: self.get(field) or "" for field in ("method", "frequency", "cron_format")}
        names = store.names(DOCTYPE, same, limit=1) if self.method else []
        self.name = names[0] if names else schedule_rows.free_name(method, self.cron_format or "")

    def before_validate(self) -> None:
        """Fill in the method that the row leaves to its Scheduler Event."""
        self.method = self.method or schedule_rows.method_of_event(self.scheduler_event)

    def validate(self) -> None:
        """Refuse a row that could never run.

        Raises:
            ValidationError: no method can be found, or the cron expression is broken.
        """
        if not self.method and not self.server_script:
            raise ValidationError(
                f"Scheduled Job Type {self.name or ''} has no method. Set `method`, or set it on"
                f" the Scheduler Event {self.scheduler_event or ''}, or name it in hooks.py:"
                " scheduled_against = {'<doctype>': 'myapp.tasks.method'}"
            )
        if host.schedule_events.creates_log(self.frequency, host.settings.current().frappe_version):
            self.create_log = 1
        if self.frequency == CRON and not self.cron_format:
            raise ValidationError("Cron format is required for job types with Cron frequency.")
        try:
            self.get_next_execution()
        except host.CronError as exc:
            raise ValidationError(f"Scheduled Job Type {self.name or self.method}: {exc}") from exc

    def as_row(self) -> host.hosts.ScheduleRow:
        return schedule_rows.row_of(self.as_dict())

    # -- when

    @property
    def next_execution(self) -> Any:
        """When it is due, in the site's time."""
        return self.get_next_execution()

    def get_next_execution(self) -> datetime:
        """When it is due: the first time after its last run, or its creation when it never ran."""
        row = self.as_row()
        timing = host.Timing.of(host.settings.current(), local.site)
        due: datetime = from_column(timing.next_start(row, row.last_execution or row.creation))
        return due

    def is_event_due(self, current_time: datetime | None = None) -> bool:
        """Whether `get_next_execution` has come, by `current_time` or now."""
        return self.get_next_execution() <= (current_time or now_datetime())

    # -- running

    @property
    def rq_job_id(self) -> str:
        """The job id that keeps two runs of it apart."""
        return schedule_rows.scheduled_run(self.as_row())[0]

    def is_job_in_queue(self) -> bool:
        """Whether a run waits or runs."""
        return host.enqueue_shim.is_job_enqueued(self.rq_job_id)

    def get_queue_name(self) -> str:
        """The queue that it runs on."""
        return self.as_row().queue

    def enqueue(self, force: bool = False) -> bool:
        """Enqueue a run when it is due (or forced) and none waits or runs; whether it did."""
        if not (force or self.is_event_due()):
            return False
        user = local.session.user if force else ADMINISTRATOR
        if host.fire.enqueue_scheduled(self.as_row(), user=user) is None:
            logger("scheduler").error("%s not queued again: it waits or runs", self.method)
            return False
        return True

    def execute(self) -> None:
        """Run its method now. What it raises is rolled back, logged and reported, not raised.

        An error that asks for a rerun is raised, so that the job is run again.
        """
        if local.job is not None:
            local.job.update(frequency=self.frequency, cron_format=self.cron_format)
        log = None
        try:
            log = self._started()
            if self.server_script:
                raise unsupported(f"Server Script {self.server_script!r}")
            call_method(get_attr(self.method), {}, self.method)
            local.db.commit()
            self._log(log, "Complete")
        except Exception as exc:
            local.db.rollback()
            self._log(log, "Failed", get_traceback())
            if is_retryable(exc):
                raise
            report_swallowed(exc)
        except host.errors.GoesOn:
            if log is not None:  # the run that goes on writes its own
                local.db.rollback()
                store.delete(LOG, {"name": log})
                local.db.commit()
            raise

    def _started(self) -> str | None:
        """Commit that it runs, before it does, so that no scheduler starts it again."""
        log = None
        if self.create_log:
            log = Document({"doctype": LOG, "scheduled_job_type": self.name}).insert().name
        schedule_rows.started(self.name, datetime.now(timezone.utc))
        self._log(log, "Start")
        return log

    def _log(self, log: str | None, status: str, details: str = "") -> None:
        logger("scheduler").info("Scheduled Job %s: %s for %s", status, self.method, local.site)
        if log is not None:
            values = {"status": status, "details": details, **store.modified_now()}
            store.update(LOG, log, {**values, "debug_log": "\n".join(local.debug_log)})
        local.db.commit()

    def on_trash(self) -> None:
        """Delete its logs with it, as Frappe does."""
        store.delete(LOG, {"scheduled_job_type": self.name})


def run_scheduled_job(job_type: str | None = None, scheduled_job_type: str | None = None) -> None:
    """What a worker runs for a schedule entry, by the row's name (from v16) or by its method.

    Raises:
        DoesNotExistError: there is no such row any more.
    """
    named: Any = scheduled_job_type or {"method": job_type}
    ScheduledJobType(DOCTYPE, named).execute()
