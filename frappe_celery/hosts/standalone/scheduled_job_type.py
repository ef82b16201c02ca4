"""The controller of `Scheduled Job Type`: a row of the live schedule and the runs of it.

FRAPPE_FACTS 'Scheduler'. When it is due is the schedule's to say; here is what a due one does.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from frappe_celery import settings
from frappe_celery.hosts.standalone import store
from frappe_celery.hosts.standalone.app_hooks import get_hooks
from frappe_celery.hosts.standalone.calling import get_attr
from frappe_celery.hosts.standalone.context import local
from frappe_celery.hosts.standalone.database_errors import is_retryable
from frappe_celery.hosts.standalone.document import Document
from frappe_celery.hosts.standalone.error_log import get_traceback, report_swallowed
from frappe_celery.hosts.standalone.exceptions import ValidationError
from frappe_celery.hosts.standalone.logs import logger
from frappe_celery.hosts.standalone.missing import unsupported
from frappe_celery.hosts.standalone.utils.dates import as_aware, get_system_timezone, now_datetime
from frappe_celery.hosts.standalone.values import from_column
from frappe_celery.schedule.cron import Cron, CronError
from frappe_celery.schedule.frequencies import cron_of
from frappe_celery.schedule.spread import next_start

DOCTYPE = "Scheduled Job Type"
LOG = "Scheduled Job Log"
CRON = "Cron"


class ScheduledJobType(Document):
    """`frappe.get_doc("Scheduled Job Type", name)`."""

    method: Any

    def autoname(self) -> None:
        """The last two parts of the method's path, the whole path where another has those."""
        self.name = free_name(self.method or self.scheduler_event or "", self.cron_format or "")

    def validate(self) -> None:
        """Fill in what the row leaves open.

        Raises:
            ValidationError: no method can be found, or the cron expression is broken.
        """
        self.method = self.method or method_of_event(self.scheduler_event)
        if not self.method and not self.server_script:
            raise ValidationError(
                f"Scheduled Job Type {self.name or ''} has no method. Set `method`, or set it on"
                f" the Scheduler Event {self.scheduler_event or ''}, or name it in hooks.py:"
                " scheduled_against = {'<doctype>': 'myapp.tasks.method'}"
            )
        if always_logs(self.frequency):
            self.create_log = 1
        if self.frequency == CRON and not self.cron_format:
            raise ValidationError("Cron format is required for job types with Cron frequency.")
        try:
            self._cron()
        except CronError as exc:
            raise ValidationError(f"Scheduled Job Type {self.name or self.method}: {exc}") from exc

    def _cron(self) -> Cron:
        here = settings.current()
        tick = here.scheduler_tick_interval or here.scheduler_interval
        tick = tick or (60 if here.frappe_version > 14 else 240)
        return Cron(cron_of(self.cron_format or self.frequency or "", tick), get_system_timezone())

    # -- when

    @property
    def next_execution(self) -> Any:
        """When it is due, in the site's time."""
        return self.get_next_execution()

    def get_next_execution(self) -> datetime:
        """When it is due: the first time after its last run, or its creation when it never ran."""
        due = next_start(
            self._cron(),
            as_aware(self.last_execution or self.creation or now_datetime()),
            frequency=self.frequency or CRON,
            site=local.site,
            key=self.name or self.method,
            version=settings.current().frappe_version,
        )
        when: datetime = from_column(due)
        return when

    def is_event_due(self, current_time: datetime | None = None) -> bool:
        """Whether that time has come."""
        return self.get_next_execution() <= (current_time or now_datetime())

    # -- running

    @property
    def rq_job_id(self) -> str:
        """The job id that keeps two runs of it apart."""
        named = self.name if settings.current().frappe_version >= 16 else self.method
        return f"scheduled_job::{named}"

    def is_job_in_queue(self) -> bool:
        """Whether a run waits or runs."""
        from frappe_celery.enqueue_shim import is_job_enqueued

        return is_job_enqueued(self.rq_job_id)

    def get_queue_name(self) -> str:
        """The queue that it runs on."""
        return queue_of(self.frequency or "", self.method or "")

    def enqueue(self, force: bool = False) -> bool:
        """Enqueue a run when it is due (or forced) and none waits or runs; whether it did."""
        from frappe_celery import enqueue_shim

        if not (force or self.is_event_due()):
            return False
        job_id = self.rq_job_id
        if enqueue_shim.is_job_enqueued(job_id):
            logger("scheduler").error("%s not queued again: it waits or runs", self.method)
            return False
        enqueue_shim.enqueue(
            RUN_SCHEDULED_JOB,
            queue=self.get_queue_name(),
            job_id=job_id,
            job_type=self.method,
            scheduled_job_type=self.name,
        )
        return True

    def execute(self) -> None:
        """Run its method now. What it raises is rolled back, logged and reported, not raised.

        An error that asks for a rerun (FRAPPE_FACTS 'Run') is raised, so that the job is run again.
        """
        if local.job is not None:
            local.job.update(frequency=self.frequency, cron_format=self.cron_format)
        log = None
        try:
            log = self._started()
            if self.server_script:
                raise unsupported(f"Server Script {self.server_script!r}")
            get_attr(self.method)()
            local.db.commit()
            self._log(log, "Complete")
        except Exception as exc:
            local.db.rollback()
            self._log(log, "Failed", get_traceback())
            if is_retryable(exc):
                raise
            report_swallowed(exc)

    def _started(self) -> str | None:
        """Commit that it runs, before it does, so that no scheduler starts it again."""
        log = None
        if self.create_log:
            log = Document({"doctype": LOG, "scheduled_job_type": self.name}).insert().name
        store.update(DOCTYPE, self.name, {"last_execution": datetime.now(timezone.utc)})
        self._log(log, "Start")
        return log

    def _log(self, log: str | None, status: str, details: str = "") -> None:
        logger("scheduler").info("Scheduled Job %s: %s for %s", status, self.method, local.site)
        if log is not None:
            values = {"status": status, "details": details, **store.modified_now()}
            store.update(LOG, log, {**values, "debug_log": "\n".join(local.debug_log)})
        local.db.commit()

    def on_trash(self) -> None:
        """Its logs go with it."""
        store.delete(LOG, {"scheduled_job_type": self.name})


RUN_SCHEDULED_JOB = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"


def run_scheduled_job(job_type: str | None = None, scheduled_job_type: str | None = None) -> None:
    """What a worker runs for a schedule entry, by the row's name (from v16) or by its method.

    Raises:
        DoesNotExistError: there is no such row any more.
    """
    named: Any = scheduled_job_type or {"method": job_type}
    ScheduledJobType(DOCTYPE, named).execute()


def method_of_event(scheduler_event: str | None) -> str:
    """What a Scheduler Event runs: its method, else what a hook gives for its doctype."""
    event = store.get("Scheduler Event", scheduler_event) if scheduler_event else None
    if event is None:
        return ""
    against = get_hooks("scheduled_against") or {}
    return str(event["method"] or against.get(event["scheduled_against"], [""])[-1])


def always_logs(frequency: str | None) -> bool:
    """Whether rows of this frequency always write a Scheduled Job Log."""
    without = ("All",) if settings.current().frappe_version < 16 else ("All", CRON)
    return frequency not in without


def queue_of(frequency: str, method: str) -> str:
    """`long` for the long and maintenance events, `cron_queues` for cron, else `default`."""
    if frequency.endswith((" Long", " Maintenance")):
        return "long"
    if frequency == CRON:
        return str((local.conf.get("cron_queues") or {}).get(method, "default"))
    return "default"


def free_name(method: str, otherwise: str = "") -> str:
    """A name for a row: Frappe's short one unless it is taken, which in v14 and v15 loses a row."""
    short = ".".join(method.split(".")[-2:])
    for name in (short, method, f"{method} {otherwise}".strip()):
        if name and store.get(DOCTYPE, name) is None:
            return name
    number = 2
    while store.get(DOCTYPE, f"{method} {number}") is not None:
        number += 1
    return f"{method} {number}"
