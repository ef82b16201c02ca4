"""Watching imports changes nothing of how Python imports."""

from __future__ import annotations

import sys
from importlib.machinery import BuiltinImporter

import pytest

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
