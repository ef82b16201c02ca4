"""What a job changed of what Frappe 16 hands out by reference, the next one does not find."""

from __future__ import annotations

import threading
from collections import namedtuple
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import frappe
import pytest

from frappe_celery.hosts.bench import client_cache

Cached = namedtuple("Cached", ["value", "expiry"])


class Field:
    def __init__(self, name: str) -> None:
        self.fieldname, self.reqd, self.options = name, 0, ["a"]


class Meta:
    def __init__(self, fields: int) -> None:
        self.fields = [Field(f"field_{number}") for number in range(fields)]
        self.istable = 0

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.fieldname: field for field in self.fields}


class Site:
    """With entries as Frappe's client cache has them, and jobs that read some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client: Any = SimpleNamespace(cache={}, lock=threading.RLock())
        monkeypatch.setattr(frappe, "client_cache", self.client, raising=False)
        self.load()

    def load(self) -> None:
        hooks = {"doc_events": {"*": {"on_update": ["one"]}}, "app_include_js": ["x.js"]}
        for key, value in ((b"hooks", hooks), (b"small", Meta(3)), (b"large", Meta(300))):
            if key not in self.client.cache:
                self.client.cache[key] = Cached(value, 0)

    def run(self, job: Any) -> None:
        client_cache.watch()
        job(lambda key: self.client.cache[key].value)
        client_cache.drop_changed("myapp.job")

    def has(self) -> set[bytes]:
        return {*self.client.cache}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


ALL = {b"hooks", b"small", b"large"}
CHANGES = {
    "a hook's list": (b"hooks", lambda hooks: hooks["app_include_js"].append("y.js")),
    "a hook within": (b"hooks", lambda hooks: hooks["doc_events"]["*"]["on_update"].clear()),
    "a further hook": (b"hooks", lambda hooks: hooks.update(mine=1)),
    "a field's attribute": (b"large", lambda meta: setattr(meta.fields[7], "reqd", 1)),
    "a field's new attribute": (b"large", lambda meta: setattr(meta.fields[7], "secret", 1)),
    "a field's list": (b"small", lambda meta: meta.fields[0].options.append("b")),
    "a field more": (b"large", lambda meta: meta.fields.append(Field("own"))),
    "a field less": (b"small", lambda meta: meta.fields.pop()),
    "an attribute": (b"large", lambda meta: setattr(meta, "istable", 1)),
    "an attribute less": (b"small", lambda meta: delattr(meta, "istable")),
    "what a property gave": (b"small", lambda meta: meta.by_name.clear()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_job_changed_is_dropped(site: Site, change: str) -> None:
    key, changes = CHANGES[change]
    site.run(lambda read: read(b"small").by_name)
    assert site.has() == ALL, "a cached property is no change"
    site.run(lambda read: changes(read(key)))
    assert site.has() == ALL - {key}


def test_what_it_has_only_read_stays(site: Site) -> None:
    for _ in range(3):
        site.run(lambda read: [read(key) for key in ALL])
    assert site.has() == ALL


GET_HOOKS = """
def get_value(key): return client.cache[key].value
def get_hooks(hook=None, default=None):
    hooks = get_value(b"hooks")
    if hook == "set again":
        client.cache[b"hooks"] = client.cache[b"hooks"]
    return hooks.get(hook, default) if hook else dict(hooks)
"""
"""As Frappe 16 has them."""


@pytest.mark.parametrize(
    ("change", "has_changed"),
    [
        (lambda get: get("app_include_js").append("y.js"), True),
        (lambda get: (get("doc_events"), get("app_include_js").append("y.js")), True),
        (lambda get: get()["doc_events"]["*"].clear(), True),
        (lambda get: (get("doc_events"), get("none of these")), False),
        (lambda get: (get("app_include_js"), get("set again")), False),
    ],
)
def test_of_the_hook_that_is_asked_for(site: Site, change: Any, has_changed: bool) -> None:
    frappes: Any = {"__name__": "frappe", "client": site.client}
    exec(GET_HOOKS, frappes)
    site.run(lambda _: [frappes["get_hooks"](hook) for hook in ("app_include_js", None)])
    for _ in range(2):
        site.run(lambda _: change(frappes["get_hooks"]))
        assert (b"hooks" not in site.has()) is has_changed
        site.load()


def test_what_a_job_has_set_and_changed_then_is_dropped(site: Site) -> None:
    def job(read: Any) -> None:
        site.client.cache[b"own"] = Cached([1], 0)
        site.client.cache[b"kept"] = Cached([1], 0)
        site.client.cache[b"own"].value.append(2)

    site.run(job)
    assert site.has() == ALL | {b"kept"}
