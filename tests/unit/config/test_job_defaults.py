"""What the configuration says of repeating jobs, by queue and by method."""

from __future__ import annotations

from typing import Any

import pytest

from frappe_celery.config.job_defaults import AS_CONFIGURED, JobDefaults, Retry, covering
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError


def test_a_queue_says_how_its_jobs_are_repeated_and_keeps_what_it_had() -> None:
    queues = Settings(
        workers={
            "long": {"retry": {"max": 5, "delay": 60}},
            "mail": {"retry": 2, "idempotent": True},
            "sync": {"idempotent": False},
        }
    ).queues
    assert queues["long"].defaults == JobDefaults(retry=Retry(5, delay=60))
    assert queues["long"].timeout == 1500
    assert queues["mail"].defaults == JobDefaults(AS_CONFIGURED, Retry(2))
    assert queues["sync"].defaults == JobDefaults(1)
    assert queues["short"].defaults == JobDefaults()


def test_of_patterns_the_method_itself_is_closest_then_the_longest() -> None:
    methods = Settings(
        frappe_celery_methods={
            "*": {"retry": 1},
            "myapp.sync.*": {"retry": 2},
            "myapp.*": {"idempotent": True},
            "myapp.sync.a": {"retry": 0},
            "*.sync.a*": {"retry": 4},
        }
    ).methods

    def retries(method: str) -> list[int | None]:
        return [said.retry and said.retry.max for said in covering(method, methods)]

    assert retries("myapp.sync.a") == [0, 2, 4, None, 1]
    assert retries("myapp.sync.b") == [2, None, 1]
    assert retries("other.sync.ab") == [4, 1]
    assert retries("other") == [1]


@pytest.mark.parametrize("said", ["often", {"tries": 3}, {"delay": 3}, [3]])
def test_what_is_no_retry_is_named_with_the_way_out(said: Any) -> None:
    with pytest.raises(ConfigError) as error:
        Settings(workers={"mail": {"retry": said}})
    assert "workers.mail.retry is " + repr(said) in str(error.value)
    with pytest.raises(ConfigError) as error:
        Settings(frappe_celery_methods={"myapp.*": {"retry": said}})
    assert f"frappe_celery_methods['myapp.*'].retry is {said!r}" in str(error.value)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"retry": -1}, r"\['myapp\.\*'\]\.retry is -1\. Retry\(max=-1\): it must be a whole"),
        ({"retry": True}, r"retry is True\. Retry\(max=True\)"),
        ({"retry": {"max": 3, "jitter": 2}}, r"Retry\(jitter=2\): it must be a number, from 0 to"),
        ({"retry": {"max": 3, "delay": "1m"}}, r"Retry\(delay='1m'\): it must be a number, 0 or"),
        ({"idempotent": "yes"}, r"\['myapp\.\*'\]\.idempotent is 'yes'; it must be true or false"),
        ({"timeout": 5}, r"\['myapp\.\*'\] is {'timeout': 5}; write {\"retry\": 3"),
        (3, r"\['myapp\.\*'\] is 3; write {\"retry\": 3"),
        ({}, r"\['myapp\.\*'\] is {}; write"),
    ],
)
def test_a_mistake_is_named(said: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(frappe_celery_methods={"myapp.*": said})
