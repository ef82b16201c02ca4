"""What the admin calls our tables, and what it shows that has none (made by `makemigrations`)."""
# ruff: noqa: RUF012 (Django's form)

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("frappe_celery", "0001_documents"),
    ]

    operations = [
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
                    ("see_all_sites", "Can see every site, not only that of the process")
                ],
                "managed": False,
                "default_permissions": ("view", "change", "delete"),
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
        migrations.AlterModelOptions(
            name="errorlog",
            options={"verbose_name": "Error Log", "verbose_name_plural": "Error Log"},
        ),
        migrations.AlterModelOptions(
            name="scheduledjoblog",
            options={
                "verbose_name": "Scheduled Job Log",
                "verbose_name_plural": "Scheduled Job Log",
            },
        ),
        migrations.AlterModelOptions(
            name="scheduledjobtype",
            options={
                "verbose_name": "Scheduled Job Type",
                "verbose_name_plural": "Scheduled Job Types",
            },
        ),
        migrations.AlterModelOptions(
            name="schedulerevent",
            options={"verbose_name": "Scheduler Event", "verbose_name_plural": "Scheduler Events"},
        ),
    ]
