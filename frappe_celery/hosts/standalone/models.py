"""The tables of the standalone host. Every row belongs to a site.

Four doctypes have a table of their own; every other doctype's documents are rows of `Document`,
whose scalar fields are also rows of `DocumentField`, so that filters and orders are plain SQL,
with an index, on SQLite, MariaDB and PostgreSQL alike.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

import frappe_celery.pages.models  # noqa: F401 (Django looks for all of them here)
from frappe_celery.hosts.standalone.utils.values import FieldDecoder, FieldEncoder

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField

NAME_LENGTH = 140  # Frappe's length of names
INDEXED_LENGTH = 255


class FieldsField(TextField):
    """A document's fields as JSON text: exactly as written, where PostgreSQL's own JSON changes
    numbers. Nothing searches in it; `DocumentField` is for that."""

    def get_prep_value(self, value: Any) -> Any:
        """The text."""
        return json.dumps(value, cls=FieldEncoder)

    def from_db_value(self, value: str, *_: Any) -> Any:
        """The fields."""
        return json.loads(value, cls=FieldDecoder)

    def to_python(self, value: Any) -> Any:
        """The fields, from a form's text too."""
        return self.from_db_value(value) if isinstance(value, str) else value


class Row(models.Model):
    """The columns that every document has in Frappe, and its site."""

    site = models.CharField(max_length=NAME_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH)
    owner = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    creation = models.DateTimeField()
    modified = models.DateTimeField()
    modified_by = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    docstatus = models.SmallIntegerField(default=0)
    idx = models.IntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Document(Row):
    """A document of any doctype that has no table of its own."""

    doctype = models.CharField(max_length=NAME_LENGTH)
    data = FieldsField(default=dict)

    class Meta:
        db_table = "frappe_document"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "doctype", "name"], name="frappe_document_name")
        ]
        indexes: ClassVar = [
            models.Index(fields=["site", "doctype", "modified"], name="frappe_document_modified")
        ]


class DocumentField(models.Model):
    """A scalar field of a document, its first 255 characters, for filters and orders."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="fields")
    site = models.CharField(max_length=NAME_LENGTH)
    doctype = models.CharField(max_length=NAME_LENGTH)
    fieldname = models.CharField(max_length=NAME_LENGTH)
    text = models.CharField(max_length=INDEXED_LENGTH)
    number = models.FloatField(null=True)

    class Meta:
        db_table = "frappe_document_field"
        indexes: ClassVar = [
            models.Index(fields=["site", "doctype", "fieldname", "text"], name="frappe_field_text"),
            models.Index(
                fields=["site", "doctype", "fieldname", "number"], name="frappe_field_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fieldname}={self.text}"


def _one_of_a_name(table: str) -> list[models.BaseConstraint]:
    """A site has one row of a name."""
    return [models.UniqueConstraint(fields=["site", "name"], name=f"{table}_name")]


class SchedulerEvent(Row):
    """What a Scheduled Job Type row of one's own runs (research document section 8)."""

    scheduled_against = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    method = models.CharField(max_length=INDEXED_LENGTH, default="", blank=True)

    class Meta:
        verbose_name = "Scheduler Event"
        verbose_name_plural = "Scheduler Events"
        db_table = "frappe_scheduler_event"
        constraints: ClassVar = _one_of_a_name("frappe_scheduler_event")


class ScheduledJobType(Row):
    """A row of the live schedule."""

    method = models.CharField(max_length=INDEXED_LENGTH, default="", blank=True)
    frequency = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    cron_format = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    last_execution = models.DateTimeField(null=True, blank=True)
    stopped = models.BooleanField(default=False)
    create_log = models.BooleanField(default=False)
    server_script = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    scheduler_event = models.CharField(max_length=NAME_LENGTH, default="", blank=True)

    class Meta:
        verbose_name = "Scheduled Job Type"
        verbose_name_plural = "Scheduled Job Types"
        db_table = "frappe_scheduled_job_type"
        constraints: ClassVar = _one_of_a_name("frappe_scheduled_job_type")


class ScheduledJobLog(Row):
    """One run of a scheduled job, where its row asks for a log."""

    scheduled_job_type = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    status = models.CharField(max_length=NAME_LENGTH, default="Scheduled", blank=True)
    details = models.TextField(default="", blank=True)
    debug_log = models.TextField(default="", blank=True)

    class Meta:
        verbose_name = "Scheduled Job Log"
        verbose_name_plural = "Scheduled Job Log"
        db_table = "frappe_scheduled_job_log"
        constraints: ClassVar = _one_of_a_name("frappe_scheduled_job_log")
        indexes: ClassVar = [
            models.Index(
                fields=["site", "scheduled_job_type"], name="frappe_scheduled_job_log_type"
            ),
            models.Index(fields=["site", "modified"], name="frappe_scheduled_job_log_time"),
        ]


class ErrorLog(Row):
    """What `frappe.log_error` writes, and every failed job."""

    method = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    error = models.TextField(default="", blank=True)
    reference_doctype = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    reference_name = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    seen = models.BooleanField(default=False)
    trace_id = models.CharField(max_length=NAME_LENGTH, default="", blank=True)

    class Meta:
        verbose_name = "Error Log"
        verbose_name_plural = "Error Log"
        db_table = "frappe_error_log"
        constraints: ClassVar = _one_of_a_name("frappe_error_log")
        indexes: ClassVar = [
            models.Index(fields=["site", "creation"], name="frappe_error_log_time")
        ]
