"""Whose word counts for how often a job is run: the call's, the method's, the configuration's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from frappe_celery import Retry, options
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB, JobMessage
from frappe_celery.jobs.options import repetitions
from frappe_celery.worker.again import max_deliveries

METHOD = "repeated_app.tasks.sync"


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with a method that declares nothing."""
    module: Any = ModuleType("repeated_app.tasks")
    module.sync = lambda: None
    monkeypatch.setitem(sys.modules, "repeated_app.tasks", module)
    return module


@pytest.fixture
def configured() -> Iterator[Callable[..., None]]:
    yield lambda **values: settings.use(Settings(**values))
    settings.use(None)


def message(method: Any = METHOD, **said: Any) -> JobMessage:
    fields = {"run": "r", "id": "s::r", "site": "s", "user": "u", "queue": "long", "timeout": 9}
    return JobMessage(**{**fields, "method": method, **said})


def test_a_queue_then_a_pattern_then_the_declaration_then_the_call(
    tasks: ModuleType, configured: Callable[..., None]
) -> None:
    configured()
    assert (repetitions(message()), max_deliveries(message())) == ((0, None), 1)
    queue = {"long": {"retry": 1, "idempotent": True}}
    configured(workers=queue)
    assert repetitions(message()) == (1, Retry(1).backoff)
    assert max_deliveries(message()) == 3
    assert repetitions(message(queue="short")) == (0, None)
    configured(workers=queue, frappe_celery_methods={"repeated_app.*": {"retry": 2}})
    assert repetitions(message())[0] == 2
    assert max_deliveries(message()) == 3, "each is looked for by itself"
    configured(
        workers=queue,
        frappe_celery_methods={METHOD: {"retry": 3, "idempotent": False}, "*": {"retry": 9}},
    )
    assert repetitions(message())[0] == 3
    assert max_deliveries(message()) == 1
    tasks.sync = options(retry=Retry(4, delay=1))(lambda: None)
    assert repetitions(message()) == (4, Retry(4, delay=1).backoff)
    assert max_deliveries(message()) == 1
    tasks.sync = options(retry=0, idempotent=True, max_deliveries=7)(lambda: None)
    assert repetitions(message())[0] == 0
    assert max_deliveries(message()) == 7
    assert repetitions(message(retries=5)) == (5, None)
    assert repetitions(message(backoff=Retry(0).backoff))[0] == 0
    assert max_deliveries(message(max_deliveries=2)) == 2
    tasks.sync = lambda: None
    assert repetitions(message(retries=0, attempt=4)) == (0, None), "its repetitions are used up"


def test_a_scheduled_method_goes_by_its_own_path_and_a_function_by_its_name(
    tasks: ModuleType, configured: Callable[..., None]
) -> None:
    configured(
        frappe_celery_methods={"repeated_app.tasks.*": {"retry": 2}, "frappe.*": {"retry": 9}}
    )
    assert repetitions(message(RUN_SCHEDULED_JOB, kwargs={"job_type": METHOD}))[0] == 2
    assert repetitions(message({"__pickle__": "…"}, name="repeated_app.tasks.<lambda>"))[0] == 2


@pytest.mark.parametrize("given", ["x", [], 2])
def test_idempotent_is_true_or_false(given: Any) -> None:
    with pytest.raises(ConfigError, match=r"idempotent is .*; it must be True or False"):
        options(idempotent=given)
