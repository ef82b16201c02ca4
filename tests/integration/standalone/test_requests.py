"""What a view of a team's Django project enqueues has the request's user."""

from __future__ import annotations

import sys

import pytest

from tests.team_sessions import Run, write

pytest_plugins = ["pytester"]

AUTH = """
INSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes",
                   "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *MINE,
]
"""
URLS = """
import frappe
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

from shop.models import Order


def waiting():
    return len(frappe.get_all("RQ Job"))


def sync(request):
    frappe.enqueue("shop.tasks.who")
    return HttpResponse(frappe.session.user)


async def on_loop(request):
    frappe.enqueue("shop.tasks.who")
    frappe.enqueue("shop.tasks.who", enqueue_after_commit=True)
    return HttpResponse(frappe.session.user)


async def in_block(request):
    from asgiref.sync import sync_to_async

    def order():
        with transaction.atomic():
            Order.objects.create(number=f"SO-{Order.objects.count()}")
            frappe.enqueue("shop.tasks.who", enqueue_after_commit=True)
            request.waited = waiting() == before
            if "lost" in request.GET:
                transaction.set_rollback(True)

    before = await sync_to_async(waiting)()
    await sync_to_async(order)()
    return HttpResponse(f"{frappe.session.user} {request.waited}")


def connecting(request):
    frappe.connect()
    frappe.enqueue("shop.tasks.who")
    return HttpResponse(frappe.session.user)


urlpatterns = [path(v.__name__, v) for v in (sync, on_loop, in_block, connecting)]
"""
MINE = '["frappe_celery.middleware.RequestUser"]'


@pytest.fixture
def views(run: Run, pytester: pytest.Pytester) -> Run:
    root = pytester.path
    write(root / "shop/urls.py", URLS)
    with (root / "team/settings.py").open("a") as settings:
        settings.write(AUTH.replace("MINE", MINE))
    return run


def test_it_is_the_requests_user_in_views_of_both_kinds(views: Run) -> None:
    views(
        """
        import pytest
        from django.contrib.auth import get_user_model

        @pytest.fixture
        def anna(transactional_db):
            return get_user_model().objects.create_user("anna@example.com", password="x")

        def test_guest_where_nobody_is_logged_in(client, frappe_jobs, db):
            assert client.get("/sync").content == b"Guest"
            assert [job.user for job in frappe_jobs.run()] == ["Guest"]
            assert frappe_jobs.enqueued()[0].result == "Guest"

        def test_of_a_sync_view(client, frappe_jobs, anna):
            client.force_login(anna)
            assert client.get("/sync").content == b"anna@example.com"
            assert frappe_jobs.run()[0].result == "anna@example.com"

        def test_frappes_connect_makes_nobody_administrator(client, frappe_jobs, anna):
            assert client.get("/connecting").content == b"Guest"

        def test_of_an_async_view(async_client, frappe_jobs, anna):
            import asyncio
            from asgiref.sync import async_to_sync

            async_client.force_login(anna)
            get = async_to_sync(async_client.get)
            assert get("/sync").content == b"anna@example.com"
            assert get("/on_loop").content == b"anna@example.com"
            assert len(frappe_jobs.enqueued()) == 3
            assert get("/in_block").content == b"anna@example.com True"
            assert len(frappe_jobs.enqueued()) == 4
            get("/in_block?lost=1")
            assert {job.user for job in frappe_jobs.enqueued()} == {"anna@example.com"}
            assert len(frappe_jobs.enqueued()) == 4

        def test_whoever_calls_himself_administrator_is_none(client, frappe_jobs, db):
            user = get_user_model().objects.create_user("administrator", password="x")
            client.force_login(user)
            assert client.get("/sync").content == b"Guest"
            user.is_superuser = True
            user.save()
            assert client.get("/sync").content == b"administrator"

        def test_outside_of_a_request_it_is_administrator_as_in_a_console():
            import frappe
            assert frappe.session.user == "Administrator"
        """
    ).assert_outcomes(passed=6)


def test_without_the_middleware_it_is_guest(views: Run, pytester: pytest.Pytester) -> None:
    path = pytester.path / "team/settings.py"
    path.write_text(path.read_text().replace(MINE, "[]"))
    views(
        """
        def test_it(client, frappe_jobs):
            assert client.get("/sync").content == b"Guest"
            assert frappe_jobs.enqueued()[0].user == "Guest"
        """
    ).assert_outcomes(passed=1)


SERVED = """
import asyncio, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "team.settings"
from django.core.asgi import get_asgi_application
app = get_asgi_application()

async def get(path):
    sent = []
    asked = []
    async def receive():
        if asked:
            await asyncio.sleep(3600)
        asked.append(1)
        return {"type": "http.request", "body": b""}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
             "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
             "server": ("testserver", 80), "client": ("x", 1), "scheme": "http"}
    await app(scope, receive, send)
    return sent[1]["body"].decode()

print(asyncio.run(get("/sync")), asyncio.run(get("/on_loop")))
"""


@pytest.mark.parametrize("mine", [MINE, "[]"], ids=["with the middleware", "without it"])
def test_a_real_asgi_application_makes_nobody_administrator(
    views: Run, pytester: pytest.Pytester, mine: str
) -> None:
    path = pytester.path / "team/settings.py"
    path.write_text(path.read_text().replace(MINE, mine))
    write(pytester.path / "serve.py", SERVED)
    done = pytester.run(sys.executable, "-m", "django", "migrate", "--settings=team.settings")
    assert done.ret == 0
    done = pytester.run(sys.executable, "serve.py")
    assert done.outlines == ["Guest Guest"], done.errlines
