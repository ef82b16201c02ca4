"""Paths and files of `frappe` and `frappe.utils`: of the bench, its sites and its apps."""

from __future__ import annotations

import importlib
import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.site.context import get_site_path
from frappe_standalone.utils.text import scrub, strip


def get_bench_path() -> str:
    """The folder of the bench or project."""
    return str(settings.current().root)


def get_bench_id() -> str:
    """What tells benches apart that share one Redis."""
    here = settings.current()
    return here.bench_id or here.root.name


@lacks(sites_path=ANY)
def get_sites() -> list[str]:
    """The names of all sites."""
    return settings.current().sites()


@lacks(with_internal_apps=ANY, sites_path=ANY)
def get_all_apps() -> list[str]:
    """Every app of the bench or project."""
    return list(settings.current().app_names)


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


def touch_file(path: str) -> str:
    """Make the file, or make it new."""
    Path(path).touch()
    return path


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


def get_file_items(
    path: str, raise_not_found: bool = False, ignore_empty_lines: bool = True
) -> list[str]:
    """A file's lines; `ignore_empty_lines` leaves out those that begin with '#', too."""
    lines = strip(read_file(path, raise_not_found) or "").splitlines()
    kept = (each for each in lines if each.strip() and not each.startswith("#"))
    return [each.strip() for each in (kept if ignore_empty_lines else lines)]


def get_file_json(path: str) -> Any:
    """What a JSON file holds; raises when there is none."""
    return json.loads(Path(path).read_text())
