"""Opening a site for a job."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress

import frappe

from frappe_celery.config import settings
from frappe_celery.config.files import read_json
from frappe_celery.errors import ConfigError

TRIES = 20
PAUSE_SECONDS = 0.05


def enter_sites_folder() -> None:
    """Frappe finds sites in the current folder, which the job before may have left.

    Raises:
        ConfigError: this is no bench.
    """
    sites = settings.current().sites_path
    if sites is None:
        raise ConfigError(
            f"{settings.current().root} has no folder `sites`: start in the bench, or set"
            " FRAPPE_BENCH_ROOT to its path"
        )
    os.chdir(sites)


def init(site: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """`frappe.init`, for v15, whose execute_job makes nothing of it when it calls that once more.

    From v16 on it opens the site anew, whatever was open.

    Frappe writes a site's configuration in place. A half-written one v15 takes for an empty one, so
    that the job would fail for want of a database, and v16 refuses: it is read until it is whole.
    """
    for _ in range(TRIES):
        with suppress(json.JSONDecodeError):
            frappe.init(site)
            if _is_whole(site):
                return
        frappe.destroy()
        sleep(PAUSE_SECONDS)
    frappe.init(site)  # it is broken for good: as Frappe deals with that


def is_opened_anew() -> bool:
    """Whether execute_job itself opens the site, and does not take half a configuration (v16)."""
    return int(frappe.__version__.partition(".")[0]) >= 16


def _is_whole(site: str) -> bool:
    try:
        common, own = read_json("common_site_config.json"), read_json(f"{site}/site_config.json")
    except ConfigError:
        return False
    conf = frappe.local.conf
    return all(key in conf for key in (*common, *own))
