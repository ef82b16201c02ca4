"""Django, loaded by what uses the database and by nothing else.

A team's own project wins: DJANGO_SETTINGS_MODULE, or settings configured before us. Else Django
is configured here, on SQLite or on what `database_url` names.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from frappe_celery.host import ConfigError, settings
from frappe_celery.host import sqlite_database as sqlite
from frappe_standalone.database import altering, schema

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

APP = "frappe_standalone"
SECONDS_TO_ANSWER = 5
"""How long a database server may take to answer a new connection."""

_configured_for: settings.Settings | None = None
"""Whose database Django was configured with here; None: it was configured elsewhere, or not yet."""
_ready_for: set[tuple[str, str]] = set()
_owners: dict[str, str] = {}
"""By database: the site that it belongs to, of those that `default` can be."""
generation = 0
"""Counts how often connections that this process had were given up for others."""
_inherited: list[Any] = []
_failure: Exception | None = None
"""Why Django could not be set up: it cannot be tried a second time in a process."""
_loading = RLock()
"""Held by the thread that loads Django; another one waits."""


def is_own_project() -> bool:
    """Whether the database is that of a Django project of the team's own."""
    if _configured_for is not None:
        return False
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        return True
    found = getattr(sys.modules.get("django.conf"), "settings", None)  # None: a thread imports it
    return found is not None and found.configured


def is_loaded() -> bool:
    """Whether this process has Django's database layer ready already."""
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    return apps is not None and "django.db" in sys.modules and apps.ready


def is_a_server() -> bool:
    """Whether the default database is one that may be away; Django is loaded."""
    from django.db import connections

    _follow()
    return not connections.settings["default"]["ENGINE"].endswith("sqlite3")


def load(**more: Any) -> None:
    """Have Django ready, with our application in it.

    Args:
        more: Django settings beyond those that tasks need, where it is configured here.

    Raises:
        ConfigError: the team's project does not have us in INSTALLED_APPS, `database_url` is not
            a URL that Django has a driver for, or an application's set-up failed before.
    """
    global _configured_for
    with _loading:
        from django.apps import apps
        from django.conf import settings as django_settings

        if not is_own_project() and not django_settings.configured:
            _configured_for = settings.current()
            django_settings.configure(**{**_own_settings(_configured_for), **more})
        if not apps.ready:
            _set_up()
        _keep_from_children()
    if not apps.is_installed(APP):
        raise ConfigError(
            '"frappe_celery" is missing from INSTALLED_APPS of'
            f" {os.environ.get('DJANGO_SETTINGS_MODULE', 'your Django settings')}; add it there and"
            " run `manage.py migrate`"
        )


def _set_up() -> None:
    global _failure
    import django

    if _failure is not None:
        reason = f"{type(_failure).__name__}: {_failure}"
        raise ConfigError(f"Django could not be set up in this process: {reason}") from _failure
    try:
        django.setup()
    except Exception as exc:
        _failure = exc
        raise


@cache
def _keep_from_children() -> None:
    os.register_at_fork(after_in_child=_forget_connections)


def close_before_forks() -> None:
    """Close what was opened in the parent of processes that run jobs."""
    if not is_loaded():
        return
    from django.db import connections

    for opened in connections.all(initialized_only=True):
        if not opened.in_atomic_block:
            opened.close()
    if is_own_project():  # else they have no age
        from celery import signals  # Django

        signals.task_postrun.connect(_close_old_connections)


def _close_old_connections(**_: Any) -> None:
    """After each job, as after a request: those that are broken, or as old as CONN_MAX_AGE."""
    from django.db import connections

    for opened in connections.all(initialized_only=True):
        if not opened.in_atomic_block:
            opened.close_if_unusable_or_obsolete()


def alias_of(site: str) -> str:
    """Django's name for the database of a site.

    A team's own project has the default site in its `default`, so that documents are in the
    transactions of its models. Where Django is configured here, `default` is the database that
    `database_url` names, or the first SQLite file, and of the site that used it first.

    Raises:
        ConfigError: a team's own project has no database for the site.
    """
    from django.db import connections

    if is_own_project():
        if site in ("", settings.current().site):
            return "default"
        if site not in connections.settings:
            raise ConfigError(
                f"the site {site!r} has no database: add DATABASES[{site!r}] to"
                f" {os.environ.get('DJANGO_SETTINGS_MODULE', 'your Django settings')} (the database"
                f" `default` is that of the site {settings.current().site!r})"
            )
        return site
    return "default" if site in ("", _owner()) else site


def site_of(alias: str) -> str:
    """The site whose database Django knows by that name."""
    if alias != "default":
        return alias
    return settings.current().site if is_own_project() else _owner()


def connection(site: str) -> BaseDatabaseWrapper:
    """The connection to a site's database, its first tables made when they are not there."""
    if not is_loaded():
        load()
    from django.db import connections

    _follow()
    alias = alias_of(site)
    if alias not in connections.settings:
        _add_site(alias)
    found = connections[alias]
    if alias != "default":
        _close_other_sites(alias)
    database = (alias, str(found.settings_dict["NAME"]))
    if database not in _ready_for:
        _make_core(found)
        _ready_for.add(database)
    return found


def opened(site: str) -> BaseDatabaseWrapper | None:
    """The connection to a site's database, where this process has asked for it before."""
    if not is_loaded() or (_configured_for is not None and not _owners):
        return None
    from django.db import connections

    default = connections["default"]
    if not is_own_project() and str(default.settings_dict["NAME"]) not in _owners:
        return None
    alias = alias_of(site)
    return connections[alias] if alias in connections.settings else None


def _close_other_sites(alias: str) -> None:
    """A thread that goes from site to site keeps one of them open, beside `default`."""
    from django.db import connections

    for other in connections.all(initialized_only=True):
        if other.connection is None or other.in_atomic_block or other.alias in ("default", alias):
            continue
        if other.alias in settings.current().sites():
            other.close()


def _owner() -> str:
    """The site that the database `default` belongs to, where Django is configured here."""
    from django.db import connections

    found = connections["default"]
    database = str(found.settings_dict["NAME"])
    if database not in _owners:
        _make_core(found)
        _owners[database] = altering.owner(found)
    return _owners[database]


def _add_site(site: str) -> None:
    """A database beside `default`, which is made when the site is first visited."""
    from django.db import connections

    beside = connections.configure_settings(
        {"default": _beside(connections.settings["default"], site)}
    )
    connections.settings[site] = beside["default"]


def _beside(base: dict[str, Any], site: str) -> dict[str, Any]:
    own = f"{re.sub('[^a-z0-9]', '_', site.lower())[:30]}_{zlib.crc32(site.encode()):08x}"
    config = {**base, "OPTIONS": {**base.get("OPTIONS", {})}}
    if config["ENGINE"].endswith("sqlite3"):
        path = Path(config["NAME"])
        return {**config, "NAME": str(path.with_name(f"{path.stem}.{site}{path.suffix}"))}
    if config["ENGINE"].endswith("mysql"):
        _create(f"create database if not exists `{config['NAME']}_{own}` character set utf8mb4")
        return {**config, "NAME": f"{config['NAME']}_{own}"}
    _create(f'create schema if not exists "{own}"')
    config["OPTIONS"]["options"] = f"-c search_path={own}"
    return config


def _create(statement: str) -> None:
    """On a connection of its own, so that nobody's transaction is in the way.

    Raises:
        ConfigError: the database's user may not; says what somebody who may has to do.
    """
    from django.db import DatabaseError, connections

    aside = connections.create_connection("default")
    try:
        with aside.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as exc:
        raise ConfigError(f"a site has a database of its own; run `{statement}`: {exc}") from exc
    finally:
        aside.close()


def _follow() -> None:
    """Where the process went over to another project (`settings.use`), so do its databases."""
    global _configured_for, generation
    here = settings.current()
    if _configured_for is None or _configured_for is here:
        return
    from django.db import connections

    opened = connections.all(initialized_only=True)
    if not any(connection.in_atomic_block for connection in opened):
        for connection in opened:
            connection.close()
            del connections[connection.alias]
        generation += 1
        connections.settings = connections.configure_settings(_own_settings(here)["DATABASES"])
        _configured_for = here


def _own_settings(here: settings.Settings) -> dict[str, Any]:
    return {
        "INSTALLED_APPS": [APP],
        "DATABASES": {"default": _database(here.database_url, here.state_path)},
        "USE_TZ": True,
        "TIME_ZONE": here.zone,
        "LOGGING_CONFIG": None,
    }


def _database(url: str | None, state_path: Path) -> dict[str, Any]:
    if url is None:
        state_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return sqlite(state_path / "frappe.sqlite3")
    import dj_database_url

    if url.startswith(("mariadb://", "mysql://")):
        url = "mysql://" + url.split("://", 1)[1]
        _mysql_driver()
    try:
        config: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True)
        )
    except ValueError as exc:
        raise ConfigError(
            f"database_url {url.split('@')[-1]!r} cannot be read: {exc}. Write"
            " mysql://user:password@host:3306/name, postgres://… or sqlite:///path"
        ) from None
    if config["ENGINE"].endswith("sqlite3"):
        return sqlite(Path(config["NAME"]))
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", SECONDS_TO_ANSWER)
    if config["ENGINE"].endswith("mysql"):
        options.setdefault("charset", "utf8mb4")
    return config


def _mysql_driver() -> None:
    with suppress(ImportError):
        import_module("MySQLdb")
        return
    try:
        import_module("pymysql").install_as_MySQLdb()
    except ImportError:
        raise ConfigError(
            "database_url names MariaDB, but neither mysqlclient nor PyMySQL is installed;"
            " `pip install 'frappe_celery[mariadb]'`"
        ) from None


def _make_core(found: BaseDatabaseWrapper) -> None:
    """Make the tables of the package's own, once, whichever of many processes comes first.

    Raises:
        ConfigError: they are not there, and making them would commit what the caller has open.
    """
    if altering.has_core(found):
        return
    if found.in_atomic_block and found.vendor == "mysql":
        raise ConfigError("the tables of frappe_celery are missing; run `manage.py migrate` first")
    with _one_at_a_time():
        if altering.has_core(found):
            return
        if found.vendor == "sqlite" and not found.in_atomic_block:
            schema.run(found, "PRAGMA journal_mode=WAL")
        altering.make_core(found, settings.current().site)


def migrate() -> None:
    """Make the tables of every application that was loaded, those of Django's admin too."""
    from django.core.management import call_command

    found = connection(settings.current().site)
    with _one_at_a_time():
        call_command("migrate", database=found.alias, verbosity=0, interactive=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of all the processes that want to change tables."""
    state_path = settings.current().state_path
    state_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state_path / "migrate.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_connections() -> None:
    """In a forked child: the parent's connections are the parent's, not even to be closed here."""
    global generation
    from django.db import connections

    generation += 1
    for inherited in connections.all(initialized_only=True):
        _inherited.append(inherited.connection)
        del connections[inherited.alias]
