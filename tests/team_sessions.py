"""Real pytest runs of a small Django project whose Redis is somebody's live one.

A test module that takes `run` has `pytest_plugins = ["pytester"]`.
"""

from __future__ import annotations

import os
import textwrap
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.ports import LOOPBACK
from tests.warm import WarmPython

Run = Callable[..., pytest.RunResult]
DATABASES = ("memory", "disk", "postgres", "mariadb")
SESSION_SECONDS = 300

SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {"default": {}}
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
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=20, default="new")


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    item = models.CharField(max_length=20)
    amount = models.FloatField()
"""

TASKS = """
import frappe
import frappe_celery
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


def leave():
    raise SystemExit(3)


def order_again(number):
    from shop.models import Order

    Order.objects.create(number=number)


def ship_locked(number):
    from shop.models import Order

    order = Order.objects.select_for_update().get(number=number)
    order.state = "shipped"
    order.save()


def half(number):
    from shop.models import Order

    Order.objects.create(number=number)
    try:
        with transaction.atomic():
            Order.objects.update(state="lost")
            raise ValueError
    except ValueError:
        pass


def mail_order(number):
    from django.core.mail import send_mail

    send_mail(number, "It was shipped.", "shop@example.com", ["you@example.com"])


def tell(word, then=None, each_hour=False, fail=False):
    if fail:
        raise ValueError("it fails")
    if then or each_hour:
        later = {"word": then} if then else {"word": word, "each_hour": True}
        frappe_celery.enqueue_in(3600, "shop.tasks.tell", **later)
"""

URLS = """
import frappe
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.urls import path

from shop.models import Order


def order(request):
    with transaction.atomic():
        Order.objects.create(number="SO-1")
        frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="SO-2")
    return HttpResponse(frappe.session.user)


@transaction.atomic
def broken(request):
    Order.objects.create(number="SO-1")
    frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="SO-2")
    raise ValueError("the view is broken")


async def later(request):
    return JsonResponse({"job": frappe.enqueue("shop.tasks.who").id})


urlpatterns = [path("order", order), path("broken", broken), path("later", later)]
"""


@pytest.fixture
def live(redis_url: str) -> str:
    """A database of the shared Redis that is the project's own; a worker could listen there."""
    return redis_url


def database(request: pytest.FixtureRequest, kind: str) -> dict[str, Any]:
    """Django's settings of a database of one of DATABASES, whose server runs."""
    if kind == "memory":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": "team.sqlite3"}
    if kind == "disk":
        # pytest-django's own process writes, and with xdist each has a file of its own
        return {**database(request, "memory"), "TEST": {"NAME": "test_team.sqlite3"}}
    engine = {"mariadb": "mysql", "postgres": "postgresql"}[kind]
    server = request.getfixturevalue(f"{kind}_server")
    return {
        **{"ENGINE": f"django.db.backends.{engine}", "NAME": f"team{uuid.uuid4().hex[:8]}"},
        **{"USER": "root", "HOST": LOOPBACK, "PORT": server.port},
    }


@pytest.fixture
def run(
    pytester: pytest.Pytester,
    live: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    warm: WarmPython,
) -> Run:
    """Run pytest with pytest-django in the project, on a test file's text; a test that is
    parametrized indirectly by `run` says on which of DATABASES."""
    root = pytester.path
    bench = f"live-{uuid.uuid4().hex[:8]}"
    kind = getattr(request, "param", "memory")
    settings = SETTINGS.replace("LIVE", live).replace("BENCH", bench)
    settings = settings.replace("{}", repr(database(request, kind)))
    if kind == "mariadb":
        settings = "import pymysql\n\npymysql.install_as_MySQLdb()\n" + settings
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

    def session(*arguments: str) -> Any:
        """`pytester.runpytest_subprocess`, from a Python that has the libraries."""
        log, began = root / "session.log", time.perf_counter()
        log.unlink(missing_ok=True)
        where = {"folder": root, "environment": dict(os.environ), "log": log}
        options = (f"--basetemp={root / 'basetemp'}", *arguments)
        code = warm.start("-m", "pytest", *options, **where).wait(SESSION_SECONDS)
        lines = log.read_text().splitlines()
        return pytest.RunResult(code, lines, [], time.perf_counter() - began)

    def run(test: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        ini = f"[pytest]\nDJANGO_SETTINGS_MODULE = team.settings\n{ini}\n"
        write(root / "pytest.ini", ini)
        write(root / "test_shop.py", test)
        before = set(redis.Redis.from_url(live).scan_iter(f"*{bench}*"))
        result = session("--no-migrations", *arguments)
        result.live = set(redis.Redis.from_url(live).scan_iter(f"*{bench}*")) - before
        return result

    return run


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
