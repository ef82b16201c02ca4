"""A project's own celeryconfig.py wins over ours, and leaves alone what it does not name."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import Celery

from frappe_celery.celery_app import build
from frappe_celery.config.settings import Settings

URL = "redis://nowhere:1/0"


def app(root: Path, **more: str) -> Celery:
    environ = {"FRAPPE_CELERY_REDIS_QUEUE": URL, "FRAPPE_CELERY_BENCH_ID": "mine", **more}
    return build(Settings.load(root, environ))


@pytest.fixture(autouse=True)
def _no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_CONFIG_MODULE", raising=False)


def test_without_one_ours_is_as_documented(tmp_path: Path) -> None:
    conf = app(tmp_path).conf
    assert conf.broker_url == URL
    assert [queue.name for queue in conf.task_queues] == ["short", "default", "long"]
    assert (conf.worker_prefetch_multiplier, conf.worker_disable_prefetch) == (1, True)
    assert conf.worker_max_tasks_per_child == 5000
    assert conf.broker_transport_options["fanout_prefix"].startswith("/{db}:")


def test_what_it_names_wins(tmp_path: Path) -> None:
    (tmp_path / "celeryconfig.py").write_text(
        "import os\n"
        "worker_max_tasks_per_child = 7\n"
        "worker_concurrency = 3\n"
        "result_backend = 'file:///tmp'\n"
        "_private = os\n"
    )
    conf = app(tmp_path).conf
    assert (conf.worker_max_tasks_per_child, conf.worker_concurrency) == (7, 3)
    assert conf.result_backend == "file:///tmp"
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_url == URL


def test_one_transport_option_leaves_the_others(tmp_path: Path) -> None:
    before = app(tmp_path).conf.broker_transport_options
    (tmp_path / "celeryconfig.py").write_text("broker_transport_options = {'socket_timeout': 1}\n")
    assert app(tmp_path).conf.broker_transport_options == {**before, "socket_timeout": 1}


def test_the_environment_s_module_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "celeryconfig.py").write_text("worker_concurrency = 3\n")
    (tmp_path / "other_configuration.py").write_text("worker_concurrency = 4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("CELERY_CONFIG_MODULE", "other_configuration")
    assert app(tmp_path).conf.worker_concurrency == 4


def test_one_that_breaks_says_so(tmp_path: Path) -> None:
    (tmp_path / "celeryconfig.py").write_text("worker_concurrency = 1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        app(tmp_path)


def test_queues_of_control_and_events_on_rabbitmq_are_of_one_kind(tmp_path: Path) -> None:
    """Celery 5.7 refuses durable ones that are exclusive, which they are there by default."""
    conf = app(tmp_path, FRAPPE_CELERY_BROKER_URL="amqp://guest:guest@127.0.0.1:1//").conf
    assert (conf.control_queue_durable, conf.control_queue_exclusive) == (True, False)
    assert (conf.event_queue_durable, conf.event_queue_exclusive) == (True, False)
