"""Sites, which the admin shows and which have no table (made by `makemigrations`)."""
# ruff: noqa: RUF012 (Django's form)

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("frappe_celery", "0002_pages"),
    ]

    operations = [
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
    ]
