"""The pages of an armed bench: what goes to RQ is said, and is not taken for what nobody serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from frappe_bridge import routes
from frappe_bridge.routes import EVERY, Routes, Rule
from frappe_celery.jobs import JobStore
from tests.integration.cli import OTHER, SITE
from tests.integration.pages.client import Client
from tests.integration.pages.server import prepare
from tests.project import Project
from tests.servers import RedisServer
from tests.warm import WarmPython

ADMIN = "/admin/frappe_celery/"
Users = Callable[[str], Client]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, broker: RedisServer, warm: WarmPython
) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("shop"), broker.url, warm)
    project.write(f"sites/{OTHER}/site_config.json", "{}")
    project.configure(default_site=SITE, frappe_celery_routes={"rules": [], "schedule": "rq"})
    prepare(project)
    yield project
    project.close()


def lead(store: JobStore, *rules: Rule) -> None:
    routes.change(store, lambda _: Routes(routes.after(None), rules, False))


def test_queues_and_sites_in_rq_are_named(user: Users, store: JobStore) -> None:
    lead(store, Rule(EVERY, EVERY, True), Rule("long", EVERY, False), Rule("short", OTHER, False))
    anna = user("anna")
    said = f"In RQ, by the routes: queue short of {OTHER}; queue long. RQ's workers run these jobs"
    first = anna.get(ADMIN).text
    assert said in first
    assert "long in RQ 0" in first
    assert "short no worker in RQ of 1 site 0" in first
    assert f"{SITE} long in RQ 0" in anna.get(f"{ADMIN}site/").text
    its = anna.get(f"{ADMIN}site/{OTHER}/").text
    assert "short in RQ 0" in its
    assert "default no worker 0" in its
    workers = anna.get(f"{ADMIN}worker/").text
    assert said in workers
    assert "No worker runs: no job that goes to Celery will run" in workers
    assert "queue short, long. RQ's" in user("olga").get(ADMIN).text
    assert SITE not in user("olga").get(ADMIN).text


def test_where_all_is_in_rq_no_worker_is_missed(user: Users, store: JobStore) -> None:
    lead(store)
    for page in (ADMIN, f"{ADMIN}site/{OTHER}/", f"{ADMIN}worker/"):
        text = user("anna").get(page).text
        assert "In RQ, by the routes: every queue. RQ's" in text
        assert "no worker" not in text
        assert "no job" not in text.partition("every queue")[2]
