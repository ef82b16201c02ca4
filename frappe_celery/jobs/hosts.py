"""What a host is: the place that a job runs in, a real Frappe or our own `frappe` namespace.

`current()` hands out this process's. Which one that is, the package's `__init__` registers, so that
nothing here knows of a host in particular.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from frappe_celery.config.installed import find_real

if TYPE_CHECKING:
    from frappe_celery.jobs import Job


ADMINISTRATOR = "Administrator"
"""The user for whom nobody asked."""


@dataclass(frozen=True)
class AppHooks:
    """One app's hooks.py, as a module's values."""

    app: str
    hooks: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    """Why it could not be imported; its hooks are then empty."""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A Scheduled Job Type row: one entry of a site's live schedule."""

    site: str
    name: str
    method: str
    frequency: str
    """Frappe's words: All, Hourly, Daily Long, …, Cron."""
    queue: str
    creation: datetime
    """Aware. Counts as the last execution of a row that never ran."""
    cron_format: str | None = None
    last_execution: datetime | None = None
    """When it was last run, with a time zone."""
    stopped: bool = False
    create_log: bool = True
    app: str | None = None
    source: str = ""
    """Where it comes from, for people: `myapp hooks.py scheduler_events.daily`."""
    server_script: str | None = None
    scheduler_event: str | None = None

    @property
    def since(self) -> datetime:
        """It is due next after this; ahead of now where somebody has put it off."""
        return self.last_execution or self.creation


@dataclass
class SyncReport:
    """What bringing the hooks into a site's rows changed (the counterpart of `bench migrate`)."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Host(Protocol):
    """Where jobs run. One object a process."""

    def current_site(self) -> str:
        """The site of the calling code."""

    def current_user(self) -> str:
        """The user of the calling code."""

    def in_test(self) -> bool:
        """Whether tests run (`frappe.flags.in_test`, from v16 on `frappe.in_test`)."""

    def job_id(self, own_id: str, site: str) -> str:
        """Frappe's `create_job_id` for a site: what a job is called by across sites."""

    def in_site(self, site: str, user: str) -> AbstractContextManager[None]:
        """init, connect, set_user; rolled back and destroyed at the end, whatever happens."""

    def open_database(self) -> None:
        """The current site's, where a job begins, if that is to find it open."""

    def keeps_out(self, error: BaseException) -> bool:
        """Whether it comes of a database that lets nobody in; asked within the site, where that
        could be entered."""

    def leave_site(self) -> None:
        """Forget, in this context alone, what its start or another job had of a site."""

    def commit(self) -> None:
        """Commit the connected site's database."""

    def call(self, method: str | Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """`frappe.call`: arguments that the function does not take are dropped."""

    def get_attr(self, path: str) -> Callable[..., Any]:
        """The function at a dotted path."""

    def job_function(self, path: str) -> Callable[..., Any]:
        """The same, of a path that came with a message; raises Refused when it may be no job."""

    def missing_names(self, function: Callable[..., Any]) -> list[str]:
        """Names of Frappe's that it uses and this host has not, as far as its code tells."""

    def route_to_celery(self, queue: str, site: str) -> int | None:
        """The number of the routes by which such a job goes there (see `bridge`); None: nothing
        leads elsewhere. Raises ConfigError: they lead to RQ."""

    def open_transaction(self) -> str | None:
        """A name for the calling code's transaction, where it has written and will be known to end
        (`JobStore.transaction_ended`); None elsewhere."""

    def outbox_rows(self) -> list[Any]:
        """`at_commit.CallRows`: what the open transaction has written into its site's outbox."""

    def check_commit(self) -> None:
        """Raise ConfigError where the open transaction is one of another database alone: a row in
        the outbox, or a callback after the commit, would not share its fate."""

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement of the database's own kind in it; `%s` stands for each value."""

    def database_kind(self) -> str:
        """mariadb, postgres or sqlite: of the current site."""

    def may_commit(self) -> bool:
        """Whether the calling code's transaction ends by `commit`, and not by a block around it."""

    def publish_progress(
        self, done: float, total: float | None, text: str, names: tuple[str | None, ...]
    ) -> None:
        """Tell Desk how far a job is; names: a document's doctype and name, a task's id."""

    def after_commit(self, callback: Callable[[], Any]) -> None:
        """Call back after the transaction that is open now; never when it is rolled back."""

    def run(self, job: Job) -> Any:
        """The whole of Frappe's `execute_job`; returns what the method returned."""

    def import_apps(self) -> None:
        """Import the apps' code, so that forked workers share it."""

    def load_django(self) -> None:
        """Have Django ready: a team's own project, or the host's; raises ConfigError."""

    @property
    def encrypt_passwords_anew(self) -> Callable[[], int] | None:
        """Encrypts the current site's passwords with the key that signs now, and says how many they
        are; None where the bench's key does not encrypt them."""

    def app_hooks(self, site: str) -> list[AppHooks]:
        """The hooks of a site's installed apps, in that order."""

    def task_hooks(self) -> dict[str, list[AppHooks]]:
        """By site, the hooks whose scheduled methods Celery knows by name; no database is asked."""

    kept_state: tuple[str, ...]
    """Dotted names in modules of apps that stay as a job left them; `*` stands for anything."""

    finds_in_apps_alone: bool
    """Whether a method's path has to lie in an installed app; a function may lie anywhere."""

    site_databases: bool
    """Whether every site has a database of its own, which costs a connection and may hang alone."""

    def changed_sites(self) -> set[str]:
        """Sites whose schedule was edited since the last call, as far as that is easily known.

        Raises:
            BrokerUnreachable: the Redis that keeps them does not answer.
        """

    def visiting(self, site: str) -> AbstractContextManager[None]:
        """While a site's schedule is looked at: one connection, where one can be shared."""

    def time_zone(self, site: str) -> str | None:
        """The zone of the site's times, IANA name; None: its configuration says."""

    def delays_long(self, site: str) -> bool:
        """Whether the site's Frappe starts `*_long` events up to ten minutes after their time."""

    def schedule_rows(self, site: str) -> list[ScheduleRow]:
        """The site's Scheduled Job Type rows as they are stored now."""

    def scheduling_off(self, site: str) -> str | None:
        """Why nothing of the site is scheduled now, for people; None: it is."""

    def sync_schedule(self, site: str, wanted: list[ScheduleRow]) -> SyncReport:
        """Make the rows that come from hooks follow `wanted`."""

    def scheduled_run(self, row: ScheduleRow) -> tuple[str, dict[str, str]]:
        """The job id that keeps two runs of a row apart, and `run_scheduled_job`'s arguments."""


_make: Callable[[], Host]
_host: Host | None = None


def register(make: Callable[[], Host]) -> None:
    """Have `make` called for this process's host when it is first asked for."""
    global _make
    _make = make


def current() -> Host:
    """This process's host, made at the first call."""
    global _host
    if _host is None:
        _host = _make()
    return _host


def is_bench() -> bool:
    """Whether a real Frappe (a `frappe/__init__.py`, not a stray folder) can be imported."""
    return find_real("frappe") is not None
