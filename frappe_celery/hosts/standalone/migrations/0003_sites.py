"""Sites and limits, which the admin shows and which have no table (made by `makemigrations`)."""
# ruff: noqa: RUF012 (Django's form)

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("frappe_celery", "0002_pages"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="job",
            options={
                "default_permissions": ("view", "change", "delete"),
                "managed": False,
                "permissions": [
                    ("see_all_sites", "Can see every site, not only those of their groups")
                ],
                "verbose_name": "Job",
                "verbose_name_plural": "Jobs",
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
    ]
