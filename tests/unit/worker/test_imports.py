"""Watching imports changes nothing of how Python imports."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib.machinery import BuiltinImporter

import pytest

from frappe_celery.worker.between_jobs import _put_finders_back
from frappe_celery.worker.state.imports import Imports


def test_what_is_built_in_can_be_imported_as_often_as_before() -> None:
    """Its loader is a class, which all built-in modules share."""
    imports = Imports(lambda _: True, lambda: pytest.fail("watched"), lambda _: None)
    before = BuiltinImporter.exec_module
    sys.meta_path.insert(0, imports)
    try:
        for _ in range(2):
            sys.modules.pop("_symtable", None)
            __import__("_symtable")
    finally:
        sys.meta_path.remove(imports)
    assert BuiltinImporter.exec_module is before


class Old:
    """As the `six` of botocore is, which Python asks itself until 3.11: it has no find_spec."""

    def find_module(self, name: str, path: object = None) -> None:
        return None


def test_a_finder_of_old_is_no_reason_to_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    imports = Imports(lambda _: True, nullcontext, print)
    monkeypatch.setattr(sys, "meta_path", [imports, Old(), *sys.meta_path])
    found = imports.find_spec("this")
    assert found is not None
    assert str(found.origin).endswith("this.py")


def test_what_libraries_add_stays_where_they_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [*sys.meta_path]
    first, last = Old(), Old()
    monkeypatch.setattr(sys, "meta_path", [first, *reversed(before), last])
    monkeypatch.setattr("frappe_celery.worker.state.restoring.state", lambda: NoApps)
    _put_finders_back(before)
    assert sys.meta_path == [first, *before, last]


class NoApps:
    @staticmethod
    def is_of_an_app(_: str) -> bool:
        return False
