"""What Django's admin knows of; the tables are not Django's (made by `makemigrations`)."""
# ruff: noqa: RUF012 (Django's form)

from django.db import migrations, models

import frappe_celery.hosts.standalone.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ErrorLog",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("method", models.CharField(blank=True, default="", max_length=140)),
                ("error", models.TextField(blank=True, default="")),
                ("reference_doctype", models.CharField(blank=True, default="", max_length=140)),
                ("reference_name", models.CharField(blank=True, default="", max_length=140)),
                (
                    "seen",
                    frappe_celery.hosts.standalone.models.Check(
                        choices=[(0, "No"), (1, "Yes")], default=0
                    ),
                ),
                ("trace_id", models.CharField(blank=True, default="", max_length=140)),
            ],
            options={
                "verbose_name": "Error Log",
                "verbose_name_plural": "Error Log",
                "db_table": "tabError Log",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("run_id", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=255)),
            ],
            options={
                "verbose_name": "Job",
                "verbose_name_plural": "Jobs",
                "permissions": [
                    ("see_all_sites", "Can see every site, not only those of their groups")
                ],
                "managed": False,
                "default_permissions": ("view", "change", "delete"),
            },
        ),
        migrations.CreateModel(
            name="ScheduledJobLog",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("scheduled_job_type", models.CharField(blank=True, default="", max_length=140)),
                ("status", models.CharField(blank=True, default="Scheduled", max_length=140)),
                ("details", models.TextField(blank=True, default="")),
                ("debug_log", models.TextField(blank=True, default="")),
            ],
            options={
                "verbose_name": "Scheduled Job Log",
                "verbose_name_plural": "Scheduled Job Log",
                "db_table": "tabScheduled Job Log",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ScheduledJobType",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("method", models.CharField(blank=True, default="", max_length=255)),
                ("frequency", models.CharField(blank=True, default="", max_length=140)),
                ("cron_format", models.CharField(blank=True, default="", max_length=140)),
                (
                    "last_execution",
                    frappe_celery.hosts.standalone.models.LocalTime(blank=True, null=True),
                ),
                (
                    "stopped",
                    frappe_celery.hosts.standalone.models.Check(
                        choices=[(0, "No"), (1, "Yes")], default=0
                    ),
                ),
                (
                    "create_log",
                    frappe_celery.hosts.standalone.models.Check(
                        choices=[(0, "No"), (1, "Yes")], default=0
                    ),
                ),
                ("server_script", models.CharField(blank=True, default="", max_length=140)),
                ("scheduler_event", models.CharField(blank=True, default="", max_length=140)),
                ("repeated_hour", frappe_celery.hosts.standalone.models.Check(default=0)),
            ],
            options={
                "verbose_name": "Scheduled Job Type",
                "verbose_name_plural": "Scheduled Job Types",
                "db_table": "tabScheduled Job Type",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SchedulerEvent",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("owner", models.CharField(blank=True, default="", max_length=140)),
                ("creation", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified", frappe_celery.hosts.standalone.models.LocalTime()),
                ("modified_by", models.CharField(blank=True, default="", max_length=140)),
                ("docstatus", models.SmallIntegerField(default=0)),
                ("idx", models.IntegerField(default=0)),
                ("scheduled_against", models.CharField(blank=True, default="", max_length=140)),
                ("method", models.CharField(blank=True, default="", max_length=255)),
            ],
            options={
                "verbose_name": "Scheduler Event",
                "verbose_name_plural": "Scheduler Events",
                "db_table": "tabScheduler Event",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "Site",
                "verbose_name_plural": "Sites",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("target", models.CharField(max_length=255, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "Limit",
                "verbose_name_plural": "Limits",
                "managed": False,
                "default_permissions": ("change",),
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("name", models.CharField(max_length=140, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "Worker",
                "verbose_name_plural": "Workers",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
