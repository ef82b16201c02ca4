"""The standalone host: what the core asks of the place that jobs run in."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from frappe_celery.host import ConfigError, hosts, settings
from frappe_standalone.database import blocks, django_setup, errors, open_transaction
from frappe_standalone.exceptions import DuplicateEntryError
from frappe_standalone.jobs import run
from frappe_standalone.local import local
from frappe_standalone.namespace import importer
from frappe_standalone.site import allowed, app_hooks, calling
from frappe_standalone.site.context import ADMINISTRATOR, importing, visit

if TYPE_CHECKING:
    from frappe_celery.host import Job, OutboxRows

logger = logging.getLogger(__name__)


class StandaloneHost:
    """No Frappe: our own `frappe` namespace on Django's database."""

    kept_state: tuple[str, ...] = ()

    def __init__(self) -> None:
        importer.install()
        app_hooks.make_importable()

    def current_site(self) -> str:
        """The site of the calling code; the default one where it named none."""
        return str(local.site)

    def current_user(self) -> str:
        """The user of the calling code; Administrator where it named none."""
        return str(local.session.user or ADMINISTRATOR)

    def in_test(self) -> bool:
        return bool(local.flags.in_test)

    def job_id(self, own_id: str, site: str) -> str:
        """`site::own_id`, from v16 on `site||own_id` with ':' as '|'."""
        if settings.current().frappe_version >= 16:
            return f"{site}||{own_id.replace(':', '|')}"
        return f"{site}::{own_id}"

    def in_site(self, site: str, user: str) -> AbstractContextManager[None]:
        """Be in a site as a user; rolled back and forgotten at the end."""
        return visit(site, user)

    open_database = staticmethod(run.open_database)
    keeps_out = staticmethod(errors.keeps_out)

    def leave_site(self) -> None:
        local.clear()

    def commit(self) -> None:
        local.db.commit()

    def call(self, method: str | Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        return calling.call(method, **kwargs)

    def get_attr(self, path: str) -> Callable[..., Any]:
        """The function at a dotted path; raises ImportError or AttributeError."""
        found: Callable[..., Any] = calling.get_attr(path)
        return found

    def job_function(self, path: str) -> Callable[..., Any]:
        """The same, of a path that came with a message.

        Raises:
            ImportError, AttributeError: there is none.
            Refused: it may be no job (see `allowed`).
        """
        allowed.check(path)
        return self.get_attr(path)

    def missing_names(self, function: Callable[..., Any]) -> list[str]:
        """What of Frappe's the function uses and is not in the namespace."""
        from frappe_standalone.namespace.uses import missing_names

        return missing_names(function)

    def route_to_celery(self, queue: str, site: str) -> int | None:
        """None: there is no other system."""
        return None

    def open_transaction(self) -> str | None:
        """Of the current site's connection; None where the calling code is in no site."""
        name = open_transaction.current(self.current_site()) if "flags" in local else None
        return None if name is None or self.in_test() else name

    def outbox_rows(self) -> list[OutboxRows]:
        """What the open transaction has written into its site's outbox."""
        return open_transaction.of(self.current_site()).rows

    def check_commit(self) -> None:
        """Raise ConfigError where the only open block is one of another database."""
        blocks.check_database_of_commit(self.current_site())

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement of the database's own kind in the open transaction."""
        rows: list[tuple[Any, ...]] = local.db._run_as_it_is(statement, values)
        return rows

    def database_kind(self) -> str:
        """mariadb, postgres or sqlite."""
        return str(local.db.db_type)

    def may_commit(self) -> bool:
        """Whether no `atomic` block of the caller's, nor Django by itself, decides."""
        return not local.db._decided_elsewhere()

    def publish_progress(self, *_: Any) -> None:
        """Nobody looks on from a Desk."""

    def after_commit(self, callback: Callable[[], Any]) -> None:
        """Call back after the open transaction's commit; never when it is rolled back.

        Raises as `check_commit`.
        """
        self.check_commit()
        local.db.after_commit.add(callback)

    def run(self, job: Job) -> Any:
        """Run it as Frappe's `execute_job` does, on a site of our own."""
        return run.execute(
            run.Run(job.site, job.user, job.function, job.kwargs, job.method, job.job_name)
        )

    def import_apps(self) -> None:
        """Import what every job needs and the apps' hooks and scheduled code.

        No time limit of a job's can cut that short; what is written meanwhile is committed.
        """
        app_hooks.make_importable()
        with importing():
            try:
                django_setup.load()
            except Exception as exc:  # jobs that use it will say so; the others must start
                logger.error("Django cannot be set up: %s: %s", type(exc).__name__, exc)
            for needed in ("frappe", "frappe_standalone.database.database"):
                importlib.import_module(needed)
            for app in settings.current().app_names:
                found = app_hooks.app_hooks(app)
                if found.error:
                    logger.error("%s", found.error)
                for method in app_hooks.scheduled_methods(found):
                    self._import(method.rpartition(".")[0])
        django_setup.close_before_forks()

    def load_django(self) -> None:
        """The team's own project, or ours."""
        django_setup.load()

    def load_pages(self, address: str, url: str | None) -> None:
        """Have Django ready with its admin in it, and every table made, for a project without one.

        Raises:
            ConfigError: the project has a Django of its own, and as `pages_settings`.
        """
        from frappe_pages import server

        if django_setup.is_own_project():
            project = os.environ.get("DJANGO_SETTINGS_MODULE", "configured before")
            raise ConfigError(
                f"this project has a Django of its own ({project}): the pages are in its admin,"
                ' with "frappe_celery" and "django.contrib.admin" in INSTALLED_APPS. Start that,'
                " such as by `manage.py runserver`"
            )
        own = server.django_settings(address, url)
        own["INSTALLED_APPS"].append(django_setup.APP)
        django_setup.load(**own)
        django_setup.migrate()

    def encrypt_passwords_anew(self) -> int:
        from frappe_standalone.documents import passwords

        return passwords.encrypt_anew()

    @staticmethod
    def _import(module: str) -> None:
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as exc:  # its jobs will say so; the others must start
            logger.error("%s cannot be imported: %s: %s", module, type(exc).__name__, exc)

    def app_hooks(self, site: str) -> list[hosts.AppHooks]:
        """The hooks of a site's apps, each by itself, with the error of one that has any."""
        from frappe_standalone.schedule.every import with_marked

        return [*map(with_marked, app_hooks.site_hooks(site))]

    def task_hooks(self) -> dict[str, list[hosts.AppHooks]]:
        return {site: self.app_hooks(site) for site in settings.current().sites()}

    # -- the schedule

    finds_in_apps_alone = False
    site_databases = False

    def changed_sites(self) -> set[str]:
        """Sites whose rows, Scheduler Events or System Settings were saved, added or deleted."""
        from frappe_standalone.schedule.changes import changed_sites

        return changed_sites()

    @contextmanager
    def visiting(self, site: str) -> Iterator[None]:
        """Be in a site to look at its schedule; each question has a transaction of its own."""
        if local.is_set_up and local.site == site and getattr(local, "looking", False):
            try:
                yield
            finally:
                local.db.rollback()
            return
        with visit(site, ADMINISTRATOR):
            local.looking = True
            yield

    def time_zone(self, site: str) -> None:
        """Always None: the site's configuration says which one."""

    def delays_long(self, site: str) -> bool:
        """As Frappe does until v15."""
        return settings.current().frappe_version < 16

    def schedule_rows(self, site: str) -> list[hosts.ScheduleRow]:
        """The site's Scheduled Job Type rows."""
        from frappe_standalone.schedule.rows import read

        with self.visiting(site):
            return read()

    def scheduling_off(self, site: str) -> str | None:
        """Why nothing of the site is scheduled now."""
        from frappe_standalone.schedule.scheduler import why_dormant, why_inactive

        with self.visiting(site):
            return why_inactive() or why_dormant()

    def sync_schedule(self, site: str, wanted: list[hosts.ScheduleRow]) -> hosts.SyncReport:
        """Make the rows of hooks follow `wanted`, in one transaction."""
        try:
            return self._sync(site, wanted)
        except DuplicateEntryError:  # another process was faster: look at its rows
            return self._sync(site, wanted)

    @staticmethod
    def _sync(site: str, wanted: list[hosts.ScheduleRow]) -> hosts.SyncReport:
        from frappe_standalone.schedule.rows import sync

        with visit(site, ADMINISTRATOR):
            report = sync(wanted)
            local.db.commit()
            return report

    def scheduled_run(self, row: hosts.ScheduleRow) -> tuple[str, dict[str, str]]:
        """Frappe's job id and arguments for a row's run, in the version that this stands in for."""
        from frappe_standalone.schedule.rows import scheduled_run

        return scheduled_run(row)
