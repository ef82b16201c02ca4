"""A Django project of a team with frappe_celery installed; mypy reads the models by it."""

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django_celery_beat", "frappe_standalone"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
