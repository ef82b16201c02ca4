"""Django, loaded by what uses the database and by nothing else.

A team's own project wins: DJANGO_SETTINGS_MODULE, or settings configured before us. Else Django
is configured here, on SQLite or on what `database_url` names.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.config.sqlite import sqlite
from frappe_celery.errors import ConfigError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

APP = "frappe_celery.hosts.standalone"
LABEL = "frappe_celery"
SECONDS_TO_ANSWER = 5
"""How long a database server may take to answer a new connection."""

_configured_for: Settings | None = None
"""Whose database Django was configured with here; None: it was configured elsewhere, or not yet."""
_ready_for: set[str] = set()
_inherited: list[Any] = []


def is_own_project() -> bool:
    """Whether the database is that of a Django project of the team's own."""
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        return True
    conf = sys.modules.get("django.conf")
    return conf is not None and conf.settings.configured and _configured_for is None


def is_loaded() -> bool:
    """Whether this process has Django's database layer ready already."""
    apps = sys.modules.get("django.apps")
    return apps is not None and "django.db" in sys.modules and apps.apps.ready


def load(**more: Any) -> None:
    """Have Django ready, with our application in it.

    Args:
        more: Django settings beyond those that tasks need, where it is configured here.

    Raises:
        ConfigError: the team's project does not have us in INSTALLED_APPS, or `database_url` is
            not a URL that Django has a driver for.
    """
    global _configured_for
    import django
    from django.apps import apps
    from django.conf import settings as django_settings

    if not is_own_project() and not django_settings.configured:
        _configured_for = settings.current()
        django_settings.configure(**{**_own_settings(_configured_for), **more})
    if not apps.ready:
        django.setup()
        os.register_at_fork(after_in_child=_forget_connections)
    if not apps.is_installed(APP):
        raise ConfigError(
            '"frappe_celery" is missing from INSTALLED_APPS of'
            f" {os.environ.get('DJANGO_SETTINGS_MODULE', 'your Django settings')}; add it there and"
            " run `manage.py migrate`"
        )


def connection() -> BaseDatabaseWrapper:
    """Django's default connection, its tables made when this process first asks for it."""
    if not is_loaded():
        load()
    from django.db import connections

    if _configured_for is not None and _configured_for is not settings.current():
        _follow(settings.current())
    found = connections["default"]
    database = str(found.settings_dict["NAME"])
    if database not in _ready_for:
        _make_tables(found)
        _ready_for.add(database)
    return found


def _follow(here: Settings) -> None:
    """The process went over to another project (`settings.use`): so does its database."""
    global _configured_for
    from django.db import connections

    if not connections["default"].in_atomic_block:
        connections.close_all()
        del connections["default"]
        connections.settings = connections.configure_settings(_own_settings(here)["DATABASES"])
        _configured_for = here


def _own_settings(here: Settings) -> dict[str, Any]:
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
    try:
        import_module("MySQLdb")
    except ImportError:
        try:
            pymysql = import_module("pymysql")
        except ImportError:
            raise ConfigError(
                "database_url names MariaDB, but neither mysqlclient nor PyMySQL is installed;"
                " `pip install frappe-celery[mariadb]`"
            ) from None
        pymysql.install_as_MySQLdb()


def _make_tables(found: BaseDatabaseWrapper) -> None:
    """Migrate our application once, whichever of many processes comes first."""
    if _is_migrated(found):
        return
    if found.in_atomic_block:
        raise ConfigError("the tables of frappe_celery are missing; run `manage.py migrate` first")
    from django.core.management import call_command

    with _one_at_a_time():
        if _is_migrated(found):
            return
        if found.vendor == "sqlite":
            with found.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode=WAL")
        call_command("migrate", LABEL, database=found.alias, verbosity=0, interactive=False)


def migrate() -> None:
    """Make the tables of every application that was loaded, those of Django's admin too."""
    from django.core.management import call_command

    found = connection()
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


def _is_migrated(found: BaseDatabaseWrapper) -> bool:
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    if MigrationLoader.migrations_module(LABEL)[0] is None:  # tests that make tables without them
        return True
    folder = Path(__file__).parents[1] / "migrations"
    wanted = {(LABEL, path.stem) for path in folder.glob("0*.py")}
    return wanted <= set(MigrationRecorder(found).applied_migrations())


def _forget_connections() -> None:
    """In a forked child: the parent's connections are the parent's, not even to be closed here."""
    from django.db import connections

    for inherited in connections.all(initialized_only=True):
        _inherited.append(inherited.connection)
        del connections[inherited.alias]
