"""The bench host: what the core asks of the place that jobs run in, answered by Frappe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

import frappe
from frappe.utils import background_jobs
from kombu.utils.imports import symbol_by_name

from frappe_celery import jobs
from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.hosts.bench import connecting, preload, run, schedule, seam, transaction
from frappe_celery.hosts.bench.rq_job import Job
from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.jobs.hosts import ADMINISTRATOR, AppHooks, Host, ScheduleRow, SyncReport
from frappe_celery.jobs.outbox.at_commit import CallRows
from frappe_celery.schedule import changed_sites

CONNECTIONS = (
    *("frappe.cache", "frappe.redis_server", "frappe.client_cache", "frappe.loggers"),
    *("frappe.utils.background_jobs._redis_queue_conn", "frappe.realtime.redis_server"),
    "frappe.utils.telemetry.posthog._get_posthog_instance",
    "frappe.utils.pdf_generator.chrome_pdf_generator.ChromePDFGenerator._instance",
)
"""Of what stays in a worker's process as a job left it; Redis tells the client cache of changes."""
OF_CODE_ALONE = (
    *("frappe._get_cached_signature_params", "frappe._cached_inspect_signature"),
    *("frappe.database.query._sanitize_field", "frappe.database.query._validate_select_field"),
    "frappe.desk.reportview.extract_fieldnames",
    "frappe.model.base_document._create_extended_class",
    "frappe.model.db_query._parse_sql",
    "frappe.modules.utils.doctype_python_modules",
    "frappe.translate.get_parent_language",
    "frappe.utils._get_traceback_sanitizer",
    "frappe.utils.data._sanitize_column",
    "frappe.utils.get_site_name",
    "frappe.utils.safe_exec._flatten",
    "frappe.utils.typing_validations.TypeAdapter",
)
"""Caches of functions whose answer depends on nothing but their arguments."""
DONE_ONCE = (
    *("frappe._one_time_setup", "frappe._qb_patched"),
    *("frappe.query_builder.*", "*._computed_ct_props_updated"),
    *("frappe.controllers", "frappe.lazy_controllers"),
)
"""Methods that Frappe adds to classes when it first needs them, its notes that it has, and which
class a site's documents have."""


class BenchHost(Host):
    """A real Frappe: what jobs run in on a bench. What it leaves out is None there: a bench that is
    not armed has no routes, its rows have no cheaper stamp than reading them (SQL leaves no other
    trace), its passwords are Frappe's, encrypted with its `encryption_key`."""

    kept_state: tuple[str, ...] = (*CONNECTIONS, *OF_CODE_ALONE, *DONE_ONCE)

    def __init__(self) -> None:
        jobs.JobStore.job_class = Job
        self._delays_long: bool | None = None

    def current_site(self) -> str:
        """The site of the calling code."""
        return str(frappe.local.site)

    def current_user(self) -> str:
        """The user of the calling code."""
        return str(frappe.session.user)

    def in_test(self) -> bool:
        """`frappe.in_test`, which v15 has as a flag."""
        return bool(getattr(frappe, "in_test", False) or frappe.flags.in_test)

    def job_id(self, own_id: str, site: str) -> str:
        """Frappe's own `create_job_id`, which asks for nothing but the name of a site to be in."""
        here = getattr(frappe.local, "site", None)
        frappe.local.site = site
        try:
            return str(background_jobs.create_job_id(own_id))
        finally:
            if here is None:
                del frappe.local.site
            else:
                frappe.local.site = here

    @contextmanager
    def in_site(self, site: str, user: str) -> Iterator[None]:
        """Be in a site as a user; its connection is closed, uncommitted work lost, at the end."""
        run.enter_sites_folder()
        try:
            run.open_site(site)
            frappe.connect()
            frappe.set_user(user)
            yield
        finally:
            frappe.destroy()

    open_database = staticmethod(connecting.connect)
    keeps_out = staticmethod(connecting.keeps_out)

    def load_django(self) -> None:
        """A project of the team's own: a bench has none."""
        import django
        from django.core.exceptions import ImproperlyConfigured

        try:
            django.setup()
        except ImproperlyConfigured as exc:
            raise ConfigError(
                f"a bench has no Django: name your project in DJANGO_SETTINGS_MODULE ({exc})"
            ) from exc

    def leave_site(self) -> None:
        """Frappe's own `destroy` without a connection to close."""
        frappe.release_local(frappe.local)

    def commit(self) -> None:
        frappe.db.commit()

    def call(self, method: str | Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        return frappe.call(method, **kwargs)

    def get_attr(self, path: str) -> Callable[..., Any]:
        """The function at a dotted path; within a site in an app that the site has."""
        found: Callable[..., Any] = (frappe.get_attr if frappe.db else symbol_by_name)(path)
        return found

    job_function = get_attr  # within a site Frappe itself refuses what lies in no app of it

    def missing_names(self, function: Callable[..., Any]) -> list[str]:
        """None: it is Frappe."""
        return []

    def open_transaction(self) -> str | None:
        """Of the current site's connection. A test's transaction never ends."""
        database = transaction.database()
        return None if database is None or self.in_test() else transaction.name_of(database)

    def outbox_rows(self) -> list[CallRows]:
        """What the open transaction has written into its site's outbox."""
        return transaction.of(transaction.database()).rows

    def check_commit(self) -> None:
        """A site has one database."""

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement in the transaction that is open on the connection that can write."""
        return list(transaction.database().sql(statement, values) or ())

    def database_kind(self) -> str:
        """mariadb, postgres or sqlite."""
        return str(transaction.database().db_type)

    def may_commit(self) -> bool:
        return True

    def publish_progress(
        self, done: float, total: float | None, text: str, names: tuple[str | None, ...]
    ) -> None:
        """By Frappe's own, where something is named: else it opens a dialog to the user."""
        percent, (doctype, docname, task_id) = 100 * done / total if total else 0, names
        task = getattr(frappe.local, "_current_task_handle", None)  # from 17 on
        if task is not None:
            task.publish_progress(percent, text)
        if (doctype and docname) or task_id:
            about = {"title": text, "doctype": doctype, "docname": docname, "task_id": task_id}
            frappe.publish_progress(percent, **{n: v for n, v in about.items() if v is not None})

    after_commit = staticmethod(transaction.after_commit)

    def run(self, job: jobs.Job) -> Any:
        """Run it by Frappe's own `execute_job`, which connects the site and commits."""
        assert isinstance(job, Job)
        return run.execute(job)

    def import_apps(self) -> None:
        """Make this process the parent of a worker, as `bench worker` would."""
        run.enter_sites_folder()
        if not IS_14:
            background_jobs._start_sentry()
        niceness = settings.current().site_config("").get("background_process_niceness")
        os.nice(background_jobs.BACKGROUND_PROCESS_NICENESS if niceness is None else int(niceness))
        preload.import_all()
        seam.install_in_worker()

    def app_hooks(self, site: str) -> list[AppHooks]:
        """The hooks of the apps that a site has installed, in that order."""
        with self.visiting(site):
            apps = frappe.get_installed_apps()
        return [_hooks_of(app) for app in apps]

    def task_hooks(self) -> dict[str, list[AppHooks]]:
        """Those of all the bench's apps, as if the default site had them: no database is asked."""
        here = settings.current()
        return {here.site: [_hooks_of(app) for app in here.app_names]}

    # -- the schedule

    finds_in_apps_alone = True
    site_databases = True

    def visiting(self, site: str) -> AbstractContextManager[None]:
        """Be in a site to look at its schedule; within another visit it is the same connection."""
        is_there = frappe.db and frappe.local.site == site
        return nullcontext() if is_there else self.in_site(site, ADMINISTRATOR)

    def changed_sites(self) -> set[str]:
        """Sites whose rows or System Settings were saved since the last call."""
        return changed_sites.take()

    def time_zone(self, site: str) -> str:
        """The zone of the site's times, IANA name (System Settings)."""
        with self.visiting(site):
            return schedule.time_zone()

    def delays_long(self, site: str) -> bool:
        """As its `ScheduledJobType.get_next_execution` does: 15.55 delays, 15.101 does not."""
        if self._delays_long is None:
            with self.visiting(site):
                self._delays_long = schedule.delays_long()
        return self._delays_long

    def scheduling_off(self, site: str) -> str | None:
        """Why beat does not schedule the site (System Settings, dormant); None: it does."""
        with self.visiting(site):
            return schedule.why_off()

    def schedule_rows(self, site: str) -> list[ScheduleRow]:
        """The site's Scheduled Job Type rows."""
        with self.visiting(site):
            return schedule.read()

    def sync_schedule(self, site: str, wanted: list[ScheduleRow]) -> SyncReport:
        """What `bench migrate` does: Frappe's own `sync_jobs`, which reads the hooks by itself."""
        with self.visiting(site):
            return schedule.sync()

    def scheduled_run(self, row: ScheduleRow) -> tuple[str, dict[str, str]]:
        """Frappe's job id and arguments for a row's run."""
        return schedule.scheduled_run(row)


def _hooks_of(app: str) -> AppHooks:
    try:
        return AppHooks(app, dict(vars(import_module(f"{app}.hooks"))))
    except (Exception, SystemExit) as exc:
        return AppHooks(app, error=f"cannot be imported: {type(exc).__name__}: {exc}")


make_host = BenchHost
