"""What goes over Redis: realtime events as each version's socketio server reads them, the cache."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from frappe_celery.config import settings
from frappe_standalone.documents import tables
from frappe_standalone.host import StandaloneHost
from frappe_standalone.local import local
from frappe_standalone.schedule import scheduler
from frappe_standalone.site.context import connect, destroy, init, visit
from tests.project import Project


@pytest.fixture
def frappe(project: Project) -> Iterator[Any]:
    """`frappe` on the project's site, whose Redis is a real one."""
    import frappe as served

    with local.apart():
        init(project.site)
        connect()
        yield served
        destroy()


@pytest.fixture
def heard(project: Project, redis_url: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The events of this project's site so far."""
    with Redis.from_url(redis_url) as client:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe("events")
        listener.get_message(timeout=5)

        def events() -> list[dict[str, Any]]:
            client.publish("events", json.dumps({"event": "end"}))
            found = []
            while True:
                message = listener.get_message(timeout=5)
                if message is None:
                    continue
                event = json.loads(message["data"])
                if event["event"] == "end":
                    return found
                found.append(event)

        yield events
        listener.close()


@pytest.mark.parametrize("version", [14, 15, 16, 17])
def test_rooms(frappe: Any, project: Project, heard: Any, version: int, redis_url: str) -> None:
    project.configure(frappe_version=version, redis_socketio=redis_url)
    settings.use(None)
    frappe.set_user("a@example.com")
    frappe.publish_realtime("show_alert", {"message": "Done!"})
    frappe.publish_realtime("show_alert", {"message": "Done!"}, user=frappe.session.user)
    frappe.publish_realtime("x", {}, doctype="ToDo", docname="t1")
    frappe.publish_realtime("list_update", {"doctype": "ToDo"})
    frappe.publish_realtime("docinfo_update", {}, doctype="ToDo", docname="t1")
    frappe.publish_realtime("msgprint", "hello")
    frappe.publish_realtime(message={"n": 1}, task_id="42")
    frappe.publish_progress(50, title="T")
    frappe.publish_progress(50, title="T", doctype="ToDo", docname="t1")
    events = heard()
    rooms = [
        *("all", "user:a@example.com", "doc:ToDo/t1", "doctype:ToDo", "doc:ToDo/t1"),
        *("user:a@example.com", "task_progress:42", "user:a@example.com", "doc:ToDo/t1"),
    ]
    site = project.site
    if version == 14:
        assert [e["room"] for e in events] == [f"{site}:{room}" for room in rooms]
        assert "namespace" not in events[0]
    else:
        assert [e["room"] for e in events] == rooms
        assert {e["namespace"] for e in events} == {site}
    assert events[0]["event"] == "show_alert"
    assert events[0]["message"] == {"message": "Done!"}
    assert (events[6]["event"], events[6]["message"]) == (
        "task_progress",
        {"n": 1, "task_id": "42"},
    )
    assert events[7]["message"] == {"percent": 50, "title": "T", "description": None}


def test_events_after_the_commit_come_once_or_never(frappe: Any, heard: Any) -> None:
    for _ in range(2):
        frappe.publish_realtime("one", {"n": 1}, after_commit=True)
    assert heard() == []
    frappe.db.commit()
    assert [event["event"] for event in heard()] == ["one"]
    frappe.publish_realtime("two", {}, after_commit=True)
    frappe.db.rollback()
    frappe.db.commit()
    frappe.publish_realtime("three", {}, after_commit=True)
    frappe.db.commit()
    assert [event["event"] for event in heard()] == ["three"]


def test_a_redis_that_is_away_does_not_stop_the_job(
    frappe: Any, project: Project, caplog: Any
) -> None:
    project.configure(redis_queue="redis://127.0.0.1:1")
    settings.use(None)
    frappe.publish_realtime("x", {})
    assert "was not published" in caplog.text
    frappe.cache.set_value("k", 1, expires_in_sec=10)
    assert frappe.cache.get_value("k") is None
    assert frappe.cache.get_keys("") == []


def test_a_redis_that_stands_still_is_a_cache_that_holds_nothing(
    frappe: Any, project: Project
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        project.configure(redis_cache=f"redis://127.0.0.1:{silent.getsockname()[1]}")
        settings.use(None)
        assert frappe.cache.get_value("k") is None


# -- the cache


def fresh(frappe: Any) -> None:
    """Forget what this job remembers, so that Redis is asked."""
    frappe.local.cache = {}


def test_values_both_ways_of_asking(frappe: Any) -> None:
    for value in ({"a": [1, None]}, "text", 3, frappe.utils.getdate("2026-01-01"), {1: (2,)}):
        frappe.cache.set_value("k", value)
        fresh(frappe)
        assert frappe.cache().get_value("k") == value
    frappe.cache().delete_value("k")
    assert frappe.cache.get_value("k") is None
    assert frappe.cache.get_value("k", lambda: "made") == "made"
    fresh(frappe)
    assert frappe.cache.get_value("k") == "made"


def test_hashes(frappe: Any) -> None:
    frappe.cache.hset("h", "a", {"x": 1})
    frappe.cache.hset("h", "b", 2)
    fresh(frappe)
    assert frappe.cache.hget("h", "a") == {"x": 1}
    assert frappe.cache.hgetall("h") == {b"a": {"x": 1}, b"b": 2}
    assert sorted(frappe.cache.hkeys("h")) == [b"a", b"b"]
    frappe.cache.hdel("h", "a")
    fresh(frappe)
    assert not frappe.cache.hexists("h", "a")
    assert frappe.cache.hget("h", "a", lambda: "made") == "made"


def test_keys_sites_and_users_are_apart(frappe: Any) -> None:
    frappe.cache.set_value("mine", 1)
    frappe.cache.set_value("mine", 2, user="a@example.com")
    assert frappe.cache.get_value("mine", user="a@example.com") == 2
    frappe.cache.set_value("all", 3, shared=True)
    with visit("site1.localhost", "Administrator"):
        local.site = "other"
        assert frappe.cache.get_value("mine") is None
        assert frappe.cache.get_value("all", shared=True) == 3
    assert len(frappe.cache.get_keys("mine")) == 1
    frappe.cache.delete_keys("mi")
    fresh(frappe)
    assert frappe.cache.get_value("mine") is None
    frappe.cache.delete_value("all", shared=True)


def test_an_expiry(frappe: Any) -> None:
    frappe.cache.set_value("k", 1, expires_in_sec=100)
    key = frappe.cache.make_key("k")
    assert 90_000 < frappe.cache.client.pttl(key) <= 100_000
    assert frappe.cache.get_value("k", expires=True) == 1


def test_lists_and_sets(frappe: Any) -> None:
    frappe.cache.rpush("l", "a")
    frappe.cache.rpush("l", "b")
    assert frappe.cache.lrange("l", 0, -1) == [b"a", b"b"]
    assert frappe.cache.lpop("l") == b"a"
    with pytest.raises(AttributeError, match="no 'flushall' here: that Redis may have the jobs"):
        frappe.cache.flushall()


def test_other_commands_of_redis_are_on_keys_as_given(frappe: Any) -> None:
    key = frappe.cache.make_key("count")
    assert frappe.cache.set(key, 4, ex=100, nx=True)
    assert not frappe.cache().set(key, 9, nx=True)
    assert frappe.cache.incrby(key, 2) == 6
    assert frappe.cache.get(key) == b"6"
    assert frappe.cache.client.get(key) == b"6"
    assert frappe.cache.expire(key, 900)
    assert 100 < frappe.cache.ttl(key) <= 900
    assert frappe.cache.delete(key) == 1
    assert frappe.cache.mget(key) == [None]
    with frappe.cache.lock(key, timeout=5):
        assert frappe.cache.exists("count")
    assert not hasattr(frappe.cache, "nothing_of_redis")


def test_what_somebody_else_wrote_is_not_opened(frappe: Any) -> None:
    import pickle

    class Trap:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("it was unpickled",))

    key = frappe.cache.make_key("k")
    for text in (pickle.dumps(Trap()), b"", b"x" * 100, b'{"__pickle__": "x"}'):
        frappe.cache.client.set(key, text)
        fresh(frappe)
        assert frappe.cache.get_value("k") is None


def test_cached_functions(frappe: Any) -> None:
    from frappe.utils.caching import redis_cache, request_cache

    calls: list[Any] = []

    @redis_cache(ttl=60)
    def slow(a: int, b: int = 0) -> int:
        calls.append((a, b))
        return a + b

    assert [slow(1), slow(1), slow(1, b=2), slow(1, b=2)] == [1, 1, 3, 3]
    assert len(calls) == 2
    slow.clear_cache()
    slow(1)
    assert len(calls) == 3

    @request_cache
    def once(a: int) -> int:
        calls.append(a)
        return a

    assert [once(7), once(7)] == [7, 7]
    assert calls.count(7) == 1

    @request_cache
    def counted(what: Any) -> int:
        calls.append(what)
        return len(what)

    assert [counted([]), counted([])] == [0, 0]
    assert calls.count([]) == 2
    with pytest.raises(TypeError):
        counted(8)
    assert calls.count(8) == 1


def test_a_dormant_site_stays_awake_for_an_hour(frappe: Any, project: Project) -> None:
    project.configure(frappe_version=15)
    settings.use(None)
    host, site = StandaloneHost(), project.site
    tables.make_one(site, "Activity Log", {})
    frappe.get_doc({"doctype": "Activity Log"}).insert()
    long_ago = {"creation": "2026-01-01", "modified": "2026-01-01"}
    frappe.db.set_value("Activity Log", {}, long_ago, update_modified=False)
    frappe.db.commit()
    assert host.scheduling_off(site) is None, "it was never scheduled"
    frappe.get_doc({"doctype": "Scheduled Job Log"}).insert()
    frappe.db.commit()
    assert host.scheduling_off(site) is None, "it is awake"
    key = frappe.cache.make_key(scheduler.AWAKE)
    assert 3590 <= frappe.cache.client.ttl(key) <= 3600
    frappe.cache.delete_value(scheduler.AWAKE)
    assert "it is dormant" in str(host.scheduling_off(site))


def test_a_cached_value_counts_where_it_was_put_and_nowhere_else(
    frappe: Any, redis_url: str
) -> None:
    cache = frappe.cache
    cache.set_value("role", "Administrator")
    cache.set_value("mine", "Guest")
    cache.hset("roles", "a", "Administrator")
    cache.hset("roles", "b", "Guest")
    with Redis.from_url(redis_url) as client:
        client.copy(cache.make_key("role"), cache.make_key("mine"), replace=True)
        roles = cache.make_key("roles")
        client.hset(roles, "b", client.hget(roles, "a"))
    local.cache.clear()
    assert (cache.get_value("role"), cache.get_value("mine")) == ("Administrator", None)
    assert (cache.hget("roles", "a"), cache.hget("roles", "b")) == ("Administrator", None)
    assert cache.hgetall("roles") == {b"a": "Administrator", b"b": None}
