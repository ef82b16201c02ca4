"""The site that code runs in: `frappe.init`, `connect`, `set_user`, `destroy` and what they set."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import django_setup
from frappe_standalone.exceptions import IncorrectSitePath
from frappe_standalone.local import Local, local, proxy
from frappe_standalone.missing import ANY, lacks, unsupported
from frappe_standalone.site import requests
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.numbers import sbool

logger = logging.getLogger(__name__)

ADMINISTRATOR = "Administrator"


def _enter_default_site() -> None:
    """For code that named no site: in a team's Django project its transactions stay Django's."""
    already_set = dict(iter(local))
    init(settings.current().site)
    connect()
    local.db.is_djangos = django_setup.is_own_project()
    local.by_default = True
    for name, value in already_set.items():
        setattr(local, name, value)


def leave_request(**_: Any) -> None:
    """Forget it and the default site, unless the code entered a site by itself."""
    requests.ends()
    if not local.is_set_up:
        local.clear()
    elif getattr(local, "by_default", False):
        destroy()


local.on_first_use(_enter_default_site)

db = proxy(local, "db")
conf = proxy(local, "conf")
flags = proxy(local, "flags")
session = proxy(local, "session")
form_dict = proxy(local, "form_dict")
request = proxy(local, "request")
response = proxy(local, "response")
job = proxy(local, "job")
lang = proxy(local, "lang")
message_log = proxy(local, "message_log")
error_log = proxy(local, "error_log")
debug_log = proxy(local, "debug_log")


def init(
    site: str | None = None,
    sites_path: str | None = None,
    new_site: bool = False,
    force: bool = False,
) -> None:
    """Make `site` the current one; nothing of a former one remains.

    `sites_path` is taken for the sake of Frappe's signature; the settings say where sites are.

    Raises:
        IncorrectSitePath: the bench has a `sites` folder without that site.
        ConfigError: the site's configuration is broken; names the file and the line.
    """
    if local.is_set_up and local.site == site and not force:
        return
    site = site or ""
    here = settings.current()
    folder = here.site_folder(site)
    if folder is None and site and not new_site:
        raise IncorrectSitePath(
            f"{site} does not exist; the sites in {here.sites_path} are {', '.join(here.sites())}"
        )
    folder = (folder or f"{here.root}/sites/{site}").removesuffix("/")
    if local.is_set_up:
        destroy()
    config = _dict(here.site_config(site))
    local.replace(
        {
            "site": site,
            "site_name": site,
            "sites_path": folder.removesuffix(f"/{site}"),
            "site_path": folder,
            "conf": config,
            "apps": apps_of(config),
            "flags": _dict(currently_saving=[], in_test=False, in_migrate=False, new_site=new_site),
            "session": _dict(user=None, sid=None, data=_dict()),
            "form_dict": _dict(),
            "dev_server": int(sbool(os.environ.get("DEV_SERVER", "0"))),
            "response": _dict(docs=[]),
            "cache": {},
            **{name: [] for name in ("message_log", "error_log", "debug_log", "realtime_log")},
            "locked_documents": [],
            "lang": "en",
            **dict.fromkeys(("db", "job", "task_id", "request_ip")),
            "initialised": True,
        }
    )


def connect(
    site: str | None = None, db_name: str | None = None, set_admin_as_user: bool = True
) -> None:
    """Give the current site its database; nothing is opened before something uses it.

    In a request of Django's the user is the request's (`requests`), not Administrator.
    """
    from frappe_standalone.database.database import Database

    if db_name:
        raise unsupported("frappe.connect(db_name=…)")
    if site is not None:
        init(site)
    if local.db is not None:
        local.db.close()
    local.db = Database(local.site)
    if set_admin_as_user:
        set_user(requests.user() or ADMINISTRATOR)


def set_user(username: str) -> None:
    """Make `username` the current user; nothing is kept for another one."""
    local.update(
        session=_dict(user=username, sid=username, data=_dict()), cache={}, form_dict=_dict()
    )


def destroy() -> None:
    """Leave the site: what was not committed is rolled back, what was set is forgotten."""
    if not local.is_set_up:
        return
    try:
        if local.db is not None:
            local.db.close()
    finally:
        local.clear()


@contextmanager
def init_site(site: str | None = None) -> Iterator[Local]:
    """`with frappe.init_site(site):` only the configuration, no database."""
    init(site, force=True)
    try:
        yield local
    finally:
        destroy()


@contextmanager
def visit(site: str, user: str) -> Iterator[None]:
    """Be in a site as a user; whatever happens, all of it is gone afterwards."""
    with local.apart():
        try:
            init(site)
            connect(set_admin_as_user=False)
            set_user(user)
            yield
        finally:
            destroy()


@contextmanager
def importing() -> Iterator[None]:
    """Commit what code writes while it is imported, and leave the site that it entered.

    In a site that was entered before, nothing is done: that transaction is the caller's.
    """
    if local.is_set_up:
        yield
        return
    try:
        yield
    finally:
        if local.is_set_up:
            try:
                if local.db is not None:
                    local.db.commit()
            except Exception:
                logger.exception("what was written on %s by imports is lost", local.site)
            destroy()


def site_folder(site: str) -> Path:
    """The folder of a site's files and locks, made when something is written there."""
    here = settings.current()
    return Path(here.site_folder(site) or f"{here.root}/sites/{site}")


def get_site_path(*joins: str) -> str:
    """A path below the current site's folder."""
    return os.path.join(local.site_path, *joins)


@lacks(sites_path=None, site_path=None, cached=ANY)
def get_site_config() -> _dict:
    """The bench's configuration with the site's own over it."""
    return _dict(settings.current().site_config(local.site))


def get_conf(site: str | None = None) -> _dict:
    """As `frappe.conf`, of another site too."""
    if site is None or site == local.site:
        return _dict(local.conf)
    return _dict(settings.current().site_config(site))


AppsKey = tuple[str, tuple[str, ...]]
"""The bench's folder and the apps of a site: what is known of apps' code is kept by it."""


def current_apps() -> AppsKey:
    """The current site's, as its configuration had them when it was entered."""
    found: AppsKey = local.apps
    return found


def apps_of(config: Mapping[str, Any]) -> AppsKey:
    """Those of a site with this configuration, in the order in which their hooks count."""
    here = settings.current()
    named = config.get("installed_apps")
    return str(here.root), tuple(here.app_names if named is None else named)


@lacks(_ensure_on_bench=ANY)
def get_installed_apps() -> list[str]:
    """The current site's apps: `installed_apps` in its configuration, else all of the bench's."""
    return list(current_apps()[1])
