"""Paths and files of `frappe` and `frappe.utils`: of the bench, its sites and its apps."""

from __future__ import annotations

import importlib
import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.site.context import get_site_path
from frappe_standalone.utils.text import scrub


def get_bench_path() -> str:
    """The folder of the bench or project."""
    return str(settings.current().root)


def get_app_path(app_name: str, *joins: str) -> str:
    """A path inside an app's package."""
    return get_pymodule_path(app_name, *joins)


def get_pymodule_path(modulename: str, *joins: str) -> str:
    """A path beside a module's file."""
    file = importlib.import_module(modulename).__file__ or ""
    if "public" not in joins:
        joins = tuple(scrub(part) for part in joins)
    return os.path.abspath(os.path.join(os.path.dirname(file), *joins))


def get_files_path(*path: str, is_private: bool = False) -> str:
    """A path in the site's files."""
    return get_site_path("private" if is_private else "public", "files", *path)


def read_file(path: str, raise_not_found: bool = False, as_base64: bool = False) -> str | None:
    """A file's text, or its bytes in base64; None when there is none.

    Raises:
        OSError: with `raise_not_found`.
    """
    if os.path.exists(path):
        file = Path(path)
        return b64encode(file.read_bytes()).decode() if as_base64 else file.read_text()
    if raise_not_found:
        raise OSError(f"{path} Not Found")
    return None


def get_file_json(path: str) -> Any:
    """What a JSON file holds; raises when there is none."""
    return json.loads(Path(path).read_text())
