"""Documents, schedule rows and logs of the standalone host (made by `makemigrations`)."""
# ruff: noqa: RUF012 (Django's form)

import django.db.models.deletion
from django.db import migrations, models

import frappe_celery.hosts.standalone.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", models.DateTimeField()),
                ("modified", models.DateTimeField()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("doctype", models.CharField(max_length=140)),
                ("data", frappe_celery.hosts.standalone.models.FieldsField(default=dict)),
            ],
            options={
                "db_table": "frappe_document",
                "indexes": [
                    models.Index(
                        fields=["site", "doctype", "modified"], name="frappe_document_modified"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "doctype", "name"), name="frappe_document_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", models.DateTimeField()),
                ("modified", models.DateTimeField()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("method", models.CharField(blank=True, default="", max_length=140)),
                ("error", models.TextField(blank=True, default="")),
                ("reference_doctype", models.CharField(blank=True, default="", max_length=140)),
                ("reference_name", models.CharField(blank=True, default="", max_length=140)),
                ("seen", models.BooleanField(default=False)),
                ("trace_id", models.CharField(blank=True, default="", max_length=140)),
            ],
            options={
                "db_table": "frappe_error_log",
                "indexes": [
                    models.Index(fields=["site", "creation"], name="frappe_error_log_time")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "name"), name="frappe_error_log_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledJobLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", models.DateTimeField()),
                ("modified", models.DateTimeField()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("scheduled_job_type", models.CharField(blank=True, default="", max_length=140)),
                ("status", models.CharField(blank=True, default="Scheduled", max_length=140)),
                ("details", models.TextField(blank=True, default="")),
                ("debug_log", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "frappe_scheduled_job_log",
                "indexes": [
                    models.Index(
                        fields=["site", "scheduled_job_type"], name="frappe_scheduled_job_log_type"
                    ),
                    models.Index(fields=["site", "modified"], name="frappe_scheduled_job_log_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "name"), name="frappe_scheduled_job_log_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScheduledJobType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", models.DateTimeField()),
                ("modified", models.DateTimeField()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("method", models.CharField(blank=True, default="", max_length=255)),
                ("frequency", models.CharField(blank=True, default="", max_length=140)),
                ("cron_format", models.CharField(blank=True, default="", max_length=140)),
                ("last_execution", models.DateTimeField(blank=True, null=True)),
                ("stopped", models.BooleanField(default=False)),
                ("create_log", models.BooleanField(default=False)),
                ("server_script", models.CharField(blank=True, default="", max_length=140)),
                ("scheduler_event", models.CharField(blank=True, default="", max_length=140)),
            ],
            options={
                "db_table": "frappe_scheduled_job_type",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "name"), name="frappe_scheduled_job_type_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SchedulerEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", models.DateTimeField()),
                ("modified", models.DateTimeField()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("scheduled_against", models.CharField(blank=True, default="", max_length=140)),
                ("method", models.CharField(blank=True, default="", max_length=255)),
            ],
            options={
                "db_table": "frappe_scheduler_event",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "name"), name="frappe_scheduler_event_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site", models.CharField(max_length=140)),
                ("doctype", models.CharField(max_length=140)),
                ("fieldname", models.CharField(max_length=140)),
                ("text", models.CharField(max_length=255)),
                ("number", models.FloatField(null=True)),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fields",
                        to="frappe_celery.document",
                    ),
                ),
            ],
            options={
                "db_table": "frappe_document_field",
                "indexes": [
                    models.Index(
                        fields=["site", "doctype", "fieldname", "text"], name="frappe_field_text"
                    ),
                    models.Index(
                        fields=["site", "doctype", "fieldname", "number"],
                        name="frappe_field_number",
                    ),
                ],
            },
        ),
    ]
