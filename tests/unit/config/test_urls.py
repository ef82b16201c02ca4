"""Which URLs are one server."""

from __future__ import annotations

import pytest

from frappe_celery.config.urls import same_server

LOCAL = "redis://localhost:6379/0"


@pytest.mark.parametrize(
    "url",
    [
        *(LOCAL, "redis://127.0.0.1:6379/0", "redis://127.0.0.1", "redis://LOCALHOST/0"),
        *("redis://[::1]:6379", "redis://:secret@localhost:6379/", "redis://localhost?db=0"),
    ],
)
def test_one_server_by_many_names(url: str) -> None:
    assert same_server(url, LOCAL)
    assert same_server(LOCAL, url)


@pytest.mark.parametrize(
    "url",
    [
        *("redis://localhost:6379/1", "redis://localhost:6380/0", "redis://other:6379/0"),
        *("rediss://localhost:6379/0", "amqp://localhost:6379/0", "redis://localhost?db=1"),
        "sentinel://localhost:6379/0?master_name=a",
    ],
)
def test_others_are_not(url: str) -> None:
    assert not same_server(url, LOCAL)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("amqp://guest:guest@127.0.0.1//", True),
        ("pyamqp://localhost:5672/%2F", True),
        ("amqp://localhost:5673", False),
        ("amqp://localhost/team", False),
        ("amqps://localhost", False),
    ],
)
def test_a_rabbitmq_by_many_names(url: str, is_one: bool) -> None:
    assert same_server(url, "amqp://localhost") is is_one


def test_sentinels_are_told_apart_by_all_that_they_say() -> None:
    one, other = (f"sentinel://localhost:26379/0?master_name={name}" for name in "ab")
    assert same_server(one, one)
    assert not same_server(one, other)
