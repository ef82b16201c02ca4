"""Real pytest runs of a small Django project whose Redis is somebody's live one.

A test module that takes `run` has `pytest_plugins = ["pytester"]`.
"""

from __future__ import annotations

import os
import textwrap
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

Run = Callable[..., pytest.RunResult]

SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "team.sqlite3"}}
ROOT_URLCONF = "shop.urls"
FRAPPE_CELERY = {"redis_queue": "LIVE", "bench_id": "BENCH"}
CELERY_BROKER_URL = "LIVE"
CELERY_RESULT_BACKEND = "LIVE"
"""

CELERY = """
from celery import Celery

import frappe_celery

app = Celery("team")
app.config_from_object("django.conf:settings", namespace="CELERY")
frappe_celery.setup(app)


@app.task
def add(a, b):
    return a + b
"""

MODELS = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default="new")
"""

TASKS = """
import frappe
from django.db import transaction


def ship(number, fail=False):
    from shop.models import Order

    if not Order.objects.filter(number=number).update(state="shipped"):
        Order.objects.create(number=number)
    if fail:
        raise ValueError(f"{number} is lost")
    transaction.on_commit(lambda: frappe.cache.set_value("committed", number))
    return number


def ship_two(number):
    ship(number)
    frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number=number + "b")


def who():
    return frappe.session.user
"""

URLS = """
import frappe
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

from shop.models import Order


def order(request):
    with transaction.atomic():
        Order.objects.create(number="SO-1")
        frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="SO-2")
    return HttpResponse(frappe.session.user)


urlpatterns = [path("order", order)]
"""


@pytest.fixture
def live(redis_url: str) -> str:
    """A database of the shared Redis that is the project's own; a worker could listen there."""
    return redis_url


@pytest.fixture
def run(pytester: pytest.Pytester, live: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest with pytest-django in the project, on a test file's text."""
    root = pytester.path
    bench = f"live-{uuid.uuid4().hex[:8]}"
    settings = SETTINGS.replace("LIVE", live).replace("BENCH", bench)
    files = {
        "team/__init__.py": "from team.celery import app\n",
        "team/settings.py": settings,
        "team/celery.py": CELERY,
        "shop/__init__.py": "",
        "shop/hooks.py": "",
        "shop/models.py": MODELS,
        "shop/tasks.py": TASKS,
        "shop/urls.py": URLS,
        "shop/migrations/__init__.py": "",
    }
    for name, text in files.items():
        write(root / name, text)
    for name in [name for name in os.environ if name.startswith(("FRAPPE_", "CELERY_"))]:
        monkeypatch.delenv(name)
    path = [str(root), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))

    def run(test: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        ini = f"[pytest]\nDJANGO_SETTINGS_MODULE = team.settings\n{ini}\n"
        write(root / "pytest.ini", ini)
        write(root / "test_shop.py", test)
        before = set(redis.Redis.from_url(live).scan_iter(f"*{bench}*"))
        result = pytester.runpytest_subprocess("--no-migrations", *arguments)
        result.live = set(redis.Redis.from_url(live).scan_iter(f"*{bench}*")) - before
        return result

    return run


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
