"""What Django's admin sees of the standalone host: four doctypes' tables, and jobs and workers.

The tables are documents' like all others (`database.schema`), so Django migrates none of them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from frappe_pages import models as pages  # noqa: F401 (Django looks for all of them here)
from frappe_standalone.utils.dates import get_datetime
from frappe_standalone.utils.values import from_column

NAME_LENGTH = 140  # Frappe's length of names
METHOD_LENGTH = 255


class LocalTime(models.DateTimeField):  # type: ignore[type-arg]
    """A time as Frappe keeps it: on the site's clocks, without a zone, whatever USE_TZ says."""

    def get_internal_type(self) -> str:
        """None of Django's, which would convert it."""
        return "LocalTime"

    def get_prep_value(self, value: Any) -> Any:
        return from_column(self.to_python(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = value if prepared else self.get_prep_value(value)
        return str(value) if connection.vendor == "sqlite" and value is not None else value

    def to_python(self, value: Any) -> Any:
        return get_datetime(value) if isinstance(value, str) else value


class Check(models.SmallIntegerField):  # type: ignore[type-arg]
    """Frappe's field type Check: 0 or 1 in the database."""

    def formfield(self, **kwargs: Any) -> Any:
        return forms.BooleanField(
            required=False,
            label=kwargs.get("label"),
            help_text=kwargs.get("help_text") or "",
            widget=forms.CheckboxInput(check_test=bool),  # Django's own takes 0 for ticked
        )


class Row(models.Model):
    """What is shown of any document. `database.schema` makes the tables, with more columns."""

    name = models.CharField(max_length=NAME_LENGTH, primary_key=True)
    owner = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    creation = LocalTime()
    modified = LocalTime()

    class Meta:
        abstract = True
        managed = False

    def __str__(self) -> str:
        return self.name


class SchedulerEvent(Row):
    """What a Scheduled Job Type row of one's own runs."""

    scheduled_against = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    method = models.CharField(max_length=METHOD_LENGTH, default="", blank=True)

    class Meta(Row.Meta):
        verbose_name = "Scheduler Event"
        verbose_name_plural = "Scheduler Events"
        db_table = "tabScheduler Event"


class ScheduledJobType(Row):
    """A row of the live schedule."""

    method = models.CharField(max_length=METHOD_LENGTH, default="", blank=True)
    frequency = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    cron_format = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    last_execution = LocalTime(null=True, blank=True)
    stopped = Check(default=0, choices=((0, "No"), (1, "Yes")))
    create_log = Check(default=0, choices=((0, "No"), (1, "Yes")))
    server_script = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    scheduler_event = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    repeated_hour = Check(default=0)
    """Whether `last_execution` lies in an hour that the clocks had shown before."""

    class Meta(Row.Meta):
        verbose_name = "Scheduled Job Type"
        verbose_name_plural = "Scheduled Job Types"
        db_table = "tabScheduled Job Type"


class ScheduledJobLog(Row):
    """One run of a scheduled job, where its row asks for a log."""

    scheduled_job_type = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    status = models.CharField(max_length=NAME_LENGTH, default="Scheduled", blank=True)
    details = models.TextField(default="", blank=True)
    debug_log = models.TextField(default="", blank=True)

    class Meta(Row.Meta):
        verbose_name = "Scheduled Job Log"
        verbose_name_plural = "Scheduled Job Log"
        db_table = "tabScheduled Job Log"


class ErrorLog(Row):
    """What `frappe.log_error` writes, and every failed job."""

    method = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    error = models.TextField(default="", blank=True)
    reference_doctype = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    reference_name = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    trace_id = models.CharField(max_length=NAME_LENGTH, default="", blank=True)

    class Meta(Row.Meta):
        verbose_name = "Error Log"
        verbose_name_plural = "Error Log"
        db_table = "tabError Log"
