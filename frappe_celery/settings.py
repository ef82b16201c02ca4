"""Configuration: one frozen object from defaults, Django, common_site_config.json and environment.

Every default stands here and nowhere else; the table in the documentation is made from `OPTIONS`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from frappe_celery.config_files import (
    django_values,
    find_apps,
    find_root,
    folders_in,
    frappe_version_in,
    parse_environment,
    read_json,
)
from frappe_celery.errors import ConfigError, UnknownQueue
from frappe_celery.option_checks import checked_value
from frappe_celery.queues import Queue, queues_of
from frappe_celery.schedule.misfire import misfires_of
from frappe_celery.signing import Signer, load_key

FRAPPE_VERSIONS = (14, 15, 16, 17)
REDIS_SCHEMES = ("redis://", "rediss://", "sentinel://")


def _option(default: Any, doc: str, check: type | tuple[type, ...] | None = None) -> Any:
    metadata = {"doc": doc, "check": check}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """The keys of common_site_config.json that are read, with their defaults."""

    frappe_version: int = _option(
        15,
        "The Frappe version whose behaviour is followed: 14, 15, 16 or 17. Default in a bench: the"
        " one in `apps`.",
        int,
    )
    bench_id: str | None = _option(
        None,
        "Prefix of every key and queue, so that benches can share one Redis."
        " Default: the bench's path, as in Frappe.",
        str,
    )
    apps: list[str] | None = _option(
        None,
        "App packages, in order. Default: `sites/apps.txt`, else every package with a hooks.py"
        " in the project's folder and on PYTHONPATH.",
        list,
    )
    job_modules: list[str] = _option(
        [], "Standalone: further packages whose functions may be jobs.", list
    )
    default_site: str | None = _option(
        None,
        "The site of a process that names none; $FRAPPE_SITE wins. Default: the only site.",
        str,
    )
    broker_url: str | None = _option(
        None,
        "Celery's broker: a Redis, or RabbitMQ (`amqp://…`). Default: `redis_queue`, else the"
        " embedded server.",
        str,
    )
    redis_queue: str | None = _option(
        None, "Redis that keeps the jobs. Default: `broker_url`, else the embedded server.", str
    )
    redis_queue_sentinel_enabled: bool = _option(
        False, "Sentinels, instead of `redis_queue`, name the Redis that keeps the jobs.", bool
    )
    redis_queue_sentinels: list[str] = _option(
        [], "The Sentinels, each as `host:port`. As one URL: docs/crashes.md.", list
    )
    redis_queue_master_service: str | None = _option(None, "The master's name there.", str)
    redis_queue_master_username: str | None = _option(None, "The jobs' user on the master.", str)
    redis_queue_master_password: str | None = _option(None, "The password of that user.", str)
    redis_queue_sentinel_username: str | None = _option(None, "The user on the Sentinels.", str)
    redis_queue_sentinel_password: str | None = _option(None, "The password of that user.", str)
    redis_cache: str | None = _option(
        None, "Redis behind `frappe.cache`. Default: the one that keeps the jobs.", str
    )
    redis_socketio: str | None = _option(
        None,
        "Redis that Frappe's socketio server listens to. Default: as that version has it.",
        str,
    )
    database_url: str | None = _option(
        None,
        "Standalone: PostgreSQL or MariaDB. Default: $DATABASE_URL, else an SQLite file.",
        str,
    )
    workers: dict[str, Any] = _option(
        {},
        "Custom queues: `{queue: {timeout: seconds, background_workers: count}}`. With"
        " `idempotent: true` its jobs are run again when their process died.",
        dict,
    )
    cron_queues: dict[str, str] = _option(
        {}, "Queue of single cron methods: `{method: queue}`. Others run on `default`.", dict
    )
    misfire: dict[str, Any] = _option(
        {},
        "How late scheduled methods may run: `{method: {policy: once | skip, window: seconds}}`."
        " `once`, the default, makes up for all that was missed by one run, at most `window` late;"
        " `skip` does not, `window` (60) is what counts as in time.",
        dict,
    )
    scheduler_interval: int | None = _option(
        None, "Seconds between two runs of `all` events (Frappe v14's name).", int
    )
    scheduler_tick_interval: int | None = _option(
        None, "Seconds between two runs of `all` events (wins). Default: 60, v14: 240.", int
    )
    time_zone: str | None = _option(
        None, "IANA zone that cron expressions are read in. Default: the machine's.", str
    )
    rq_results_ttl: int = _option(
        600, "Seconds that a finished job's record is kept; -1: for ever.", int
    )
    rq_job_failure_ttl: int = _option(
        604800, "Seconds that a failed job's record is kept; -1: for ever.", int
    )
    rq_failed_jobs_limit: int = _option(
        1000, "Failed jobs kept of each queue of a site; the newest stay.", int
    )
    max_queued_jobs: int = _option(
        500,
        "v17: jobs that may wait in a queue, and 50 more for each site, before enqueue refuses.",
        int,
    )
    max_deliveries: int = _option(
        3,
        "How often an idempotent job is run when its process dies, the first time included, before"
        " it is failed as poison.",
        int,
    )
    shutdown_seconds: int = _option(
        300,
        "Seconds that a worker told to stop (SIGTERM) lets its jobs run on; then they are failed"
        " with AbandonedJobError. Its process manager must wait longer.",
        int,
    )
    celery_error_emails: dict[str, Any] = _option(
        {},
        "Mail on failure: `ADMINS` as `[[name, address], …]` and `SERVER_EMAIL`; `EMAIL_HOST`"
        " (localhost), `EMAIL_PORT` (25), `EMAIL_USE_TLS` (STARTTLS), `EMAIL_USE_SSL`,"
        " `EMAIL_HOST_USER`, `EMAIL_HOST_PASSWORD`, `EMAIL_TIMEOUT` (10 seconds); equal failures"
        " become one mail each `digest_minutes` (5).",
        dict,
    )
    logs: str | None = _option(
        None,
        "`files`: workers and beat keep worker.log, worker.error.log, scheduler.log in `logs/`;"
        " `output`: they only print; `json`: JSON lines on standard output. Default: `files`, for"
        " a worker whose output a process manager keeps there already `output`.",
        str,
    )
    max_tasks_per_child: int = _option(
        5000, "Jobs after which a worker process is replaced by a fresh one.", int
    )
    frappe_celery_enabled: bool = _option(
        False,
        "Bench: Frappe's jobs go to Celery. Set by `frappe-celery enable`; false in the environment"
        " leaves one process with stock Frappe.",
        bool,
    )
    frappe_celery_pickle: bool = _option(
        True,
        "Arguments that JSON cannot carry exactly travel as a signed pickle; false: refused.",
        bool,
    )
    frappe_celery_key: str | None = _option(
        None, "Secret of 32 characters or more that signs every message. Default: made once.", str
    )


OPTIONS = tuple(fields(Options))
_TEXTS = {o.name for o in OPTIONS if o.metadata["check"] is str}


@dataclass(frozen=True)
class Settings(Options):
    """One bench's or project's configuration; `current()` gives this process's.

    Raises (when loaded):
        ConfigError: a value or a file cannot be followed; names the key, the value and the file.
    """

    root: Path = field(default_factory=Path.cwd)
    from_environment: Mapping[str, Any] = field(default_factory=dict)
    """The options that the environment set: they win over every file."""

    @classmethod
    def load(cls, root: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read everything anew: defaults < Django < common_site_config.json < environment."""
        environ = os.environ if environ is None else environ
        root = (root or find_root(environ)).resolve()
        values = django_values(environ, root)
        installed = frappe_version_in(root)
        if installed is not None:
            values["frappe_version"] = min(max(installed, FRAPPE_VERSIONS[0]), FRAPPE_VERSIONS[-1])
        common = root / "sites" / "common_site_config.json"
        if common.exists():
            values.update(read_json(common))
        if environ.get("FRAPPE_SITE"):
            values["default_site"] = environ["FRAPPE_SITE"]
        if environ.get("DATABASE_URL"):
            values.setdefault("database_url", environ["DATABASE_URL"])
        for name in ("redis_queue", "redis_cache"):  # Frappe's own variables win in Frappe too
            if environ.get(f"FRAPPE_{name.upper()}"):
                values[name] = environ[f"FRAPPE_{name.upper()}"]
        own = parse_environment(environ, [o.name for o in OPTIONS], _TEXTS)
        values.update(own)
        checked = {o.name: checked_value(o, values[o.name]) for o in OPTIONS if o.name in values}
        return cls(root=root, from_environment={name: checked[name] for name in own}, **checked)

    def __post_init__(self) -> None:
        if self.frappe_version not in FRAPPE_VERSIONS:
            raise ConfigError(
                f"frappe_version is {self.frappe_version!r}; it must be one of"
                f" {', '.join(map(str, FRAPPE_VERSIONS))}"
            )
        if self.logs not in (None, "files", "output", "json"):
            raise ConfigError(f"logs is {self.logs!r}; it must be one of files, output, json")
        queues = self.queues  # checked at once, not at the first job
        misfires_of(self.misfire)
        for method, queue in self.cron_queues.items():
            if queue not in queues:
                raise ConfigError(
                    f"cron_queues.{method} is {queue!r}; it must be one of {', '.join(queues)}"
                )

    @property
    def sites_path(self) -> Path | None:
        """The bench's `sites` folder, where there is one."""
        path = self.root / "sites"
        return path if path.is_dir() else None

    @property
    def log_path(self) -> Path:
        """Folder of worker.log, scheduler.log and the others (research document section 7)."""
        return self.root / "logs"

    @property
    def state_path(self) -> Path:
        """What standalone keeps: the embedded server's data, the key, the SQLite file."""
        return self.root / ".frappe_celery"

    @cached_property
    def prefix(self) -> str:
        """Begins every Redis key of this bench."""
        bench_id = self.bench_id or str(self.root).strip("/").replace("/", "-")
        return f"frappe_celery:{bench_id}:"

    @cached_property
    def queues(self) -> Mapping[str, Queue]:
        """All queues in the order that a worker empties them: short, default, long, custom."""
        return queues_of(self.workers)

    def queue(self, name: str) -> Queue:
        """The queue of that name.

        Raises:
            UnknownQueue: with Frappe's words, 'Queue should be one of …'.
        """
        try:
            return self.queues[name]
        except KeyError:
            raise UnknownQueue(
                f"Queue should be one of {', '.join(self.queues)}; {name!r} is not. A custom queue"
                ' is named under "workers" in sites/common_site_config.json'
            ) from None

    @cached_property
    def app_names(self) -> tuple[str, ...]:
        """The app packages of the bench or project, as they were when first asked for."""
        if self.apps is not None:
            return tuple(self.apps)
        listed = self.root / "sites" / "apps.txt"
        if listed.exists():
            return tuple(line.strip() for line in listed.read_text().splitlines() if line.strip())
        return find_apps(self.root)

    @property
    def site(self) -> str:
        """The site of a process that names none."""
        sites = self.sites()
        return self.default_site or (sites[0] if len(sites) == 1 else "standalone")

    def sites(self) -> list[str]:
        """Every site: the folders in `sites` with a site_config.json, else one `standalone`."""
        folder = f"{self.root}/sites"
        found = folders_in(folder)
        sites = [name for name in found if os.path.exists(f"{folder}/{name}/site_config.json")]
        return sorted(sites) or [self.default_site or "standalone"]

    def has_site(self, site: str) -> bool:
        """Whether there is a site of that name; any name will do where there is no `sites`."""
        folder = f"{self.root}/sites"
        return (
            os.path.exists(f"{folder}/{site}/site_config.json")
            or not os.path.isdir(folder)
            or site in self.sites()
        )

    def site_config(self, site: str) -> dict[str, Any]:
        """What `frappe.conf` holds for a site: the bench's configuration, the site's own wins.

        Raises:
            ConfigError: broken JSON; names the file and the line.
        """
        folder = f"{self.root}/sites"
        return {
            **self._options,
            **read_json(f"{folder}/common_site_config.json"),
            **self.from_environment,
            **read_json(f"{folder}/{site}/site_config.json"),
        }

    @cached_property
    def _options(self) -> dict[str, Any]:
        return {option.name: getattr(self, option.name) for option in OPTIONS}

    @cached_property
    def zone(self) -> str:
        """IANA name of the zone that schedules are read in."""
        if self.time_zone is None:
            from tzlocal import get_localzone_name

            return get_localzone_name() or "UTC"
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(self.time_zone).key
        except (LookupError, ValueError, OSError):
            raise ConfigError(
                f"time_zone is {self.time_zone!r}; write an IANA name such as 'Europe/Brussels'"
            ) from None

    @cached_property
    def queue_url(self) -> str | None:
        """URL of what `redis_queue`, or the Sentinels in its place, name; None: nothing does.

        Raises:
            ConfigError: not all that Sentinels need is there.
        """
        if not self.redis_queue_sentinel_enabled:
            return self.redis_queue
        from frappe_celery.jobs import sentinels

        return sentinels.url_of(
            self.redis_queue_sentinels,
            self.redis_queue_master_service,
            username=self.redis_queue_master_username,
            password=self.redis_queue_master_password,
            sentinel_username=self.redis_queue_sentinel_username,
            sentinel_password=self.redis_queue_sentinel_password,
        )

    @cached_property
    def store_url(self) -> str:
        """URL of the Redis that keeps the jobs; starts the embedded server when none is named."""
        if self.broker_url and self.broker_url.startswith(REDIS_SCHEMES):
            return self.broker_url
        if self.queue_url:
            return self.queue_url
        from frappe_celery import embedded

        return embedded.ensure(self.state_path)

    @cached_property
    def signer(self) -> Signer:
        """Signs and checks this bench's messages."""
        return Signer(load_key(self.frappe_celery_key, self.sites_path, self.state_path))


_current: Settings | None = None


def current() -> Settings:
    """This process's settings, read when first asked for."""
    global _current
    if _current is None:
        _current = Settings.load()
    return _current


def use(settings: Settings | None) -> None:
    """Make `settings` this process's; None has them read anew when next asked for."""
    global _current
    _current = settings
