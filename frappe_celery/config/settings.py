"""Configuration: one frozen object from defaults, Django, common_site_config.json and environment.

What can be set, and each default, stands in `option_defaults`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from frappe_celery.config import files, parts
from frappe_celery.config.job_defaults import JobDefaults, defaults_of_methods
from frappe_celery.config.keys import Keys
from frappe_celery.config.misfire import misfires_of
from frappe_celery.config.numbers import is_number, is_whole, require, shown
from frappe_celery.config.option_checks import checked_value, unknown_keys
from frappe_celery.config.option_defaults import KEYS, OPTIONS, Options
from frappe_celery.config.queues import CUSTOM_QUEUE_TIMEOUT, QUEUED_JOBS_A_SITE, Queue, queues_of
from frappe_celery.config.signing import Signer
from frappe_celery.errors import ConfigError, UnknownQueue

FRAPPE_VERSIONS = (14, 15, 16, 17)
LOGS = ("files", "output", "json")
LARGEST_ON_REDIS, LARGEST_ON_RABBITMQ = 2**25, 8_000_000
"""Bytes of a message, where nothing else is configured."""
REDIS_SCHEMES = ("redis://", "rediss://", "sentinel://")
FRAPPES_VARIABLES = {
    "FRAPPE_SITE": "default_site",
    "FRAPPE_REDIS_QUEUE": "redis_queue",
    "FRAPPE_REDIS_CACHE": "redis_cache",
}
"""They win in Frappe too."""
BROKERS = ("broker_url", "redis_queue", "redis_queue_sentinel_enabled")
"""Any of them says where jobs go; else Celery's own word counts."""
CELERYS_BROKER = "CELERY_BROKER_URL"
"""That word: in the environment, or in a Django project's settings."""
RABBITMQ_SCHEMES = ("amqp://", "amqps://", "pyamqp://")
"""A `broker_url` that begins so is RabbitMQ's."""
READ_ANEW = ("frappe_celery_alerts", "frappe_celery_key", "frappe_celery_accepted_keys")
"""The options of which a process that runs sees a change."""
SITES_TRIED = 5
"""How many sites, when the first ones cannot be opened."""
COMMIT_WAIT = 120
"""Seconds; as long as a request may take in a bench that says nothing."""


@dataclass(frozen=True)
class Settings(Options):
    """One bench's or project's configuration; `current()` gives this process's.

    Raises (when loaded):
        ConfigError: a value or a file cannot be followed; names the key, the value and the file.
    """

    root: Path = field(default_factory=Path.cwd)
    from_environment: Mapping[str, Any] = field(default_factory=dict)
    """The options that the environment set: they win over every file."""
    unknown: tuple[str, ...] = ()
    """A sentence for each key that no option has, as far as it looks like one of ours."""

    @classmethod
    def load(cls, root: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read everything anew: defaults < Django < common_site_config.json < environment."""
        environ = os.environ if environ is None else environ
        root = (root or files.find_root(environ)).resolve()
        django = dict(files.of_django("FRAPPE_CELERY", environ, root) or {})
        values, installed = dict(django), files.frappe_version_in(root)
        if installed is not None:
            values["frappe_version"] = min(max(installed, FRAPPE_VERSIONS[0]), FRAPPE_VERSIONS[-1])
        common = files.read_json(root / "sites" / "common_site_config.json")
        values.update(common)
        if environ.get("DATABASE_URL"):
            values.setdefault("database_url", environ["DATABASE_URL"])
        values |= {name: environ[v] for v, name in FRAPPES_VARIABLES.items() if environ.get(v)}
        own = files.parse_environment(environ)
        values.update(own)
        if not any(map(values.get, BROKERS)):
            named = environ.get(CELERYS_BROKER) or files.of_django(CELERYS_BROKER, environ, root)
            values["broker_url"] = named and str(named)
        checked = {name: checked_value(name, values[name]) for name in KEYS if name in values}
        if checked.get("redis_queue_sentinel_enabled"):
            from frappe_celery.config import sentinels  # redis-py

            checked["redis_queue"] = sentinels.url_of(checked)
        options = {name: value for name, value in checked.items() if name in OPTIONS}
        return cls(
            root=root,
            from_environment={name: checked[name] for name in own},
            unknown=tuple(unknown_keys(django, common, environ)),
            **options,
        )

    def __post_init__(self) -> None:
        allowed = {"frappe_version": FRAPPE_VERSIONS, "logs": LOGS}
        for name, values in allowed.items():
            value = getattr(self, name)
            is_right = value is None or value in values
            require(is_right, name, value, f"one of {', '.join(map(str, values))}")
        queues, _ = self.queues, self.methods  # checked at once, not at the first job
        misfires_of(self.misfire)
        for method, queue in self.cron_queues.items():
            known = f"one of {', '.join(queues)}"
            require(queue in list(queues), f"cron_queues.{method}", queue, known)

    @property
    def sites_path(self) -> Path | None:
        """The bench's `sites` folder, where there is one."""
        path = self.root / "sites"
        return path if path.is_dir() else None

    @property
    def is_armed(self) -> bool:
        """Whether routes say in which system a job of this bench goes."""
        return self.frappe_celery_routes is not None

    @property
    def log_path(self) -> Path:
        """Folder of worker.log, scheduler.log and the others."""
        return self.root / "logs"

    @cached_property
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

    @cached_property
    def methods(self) -> Mapping[str, JobDefaults]:
        """How methods' jobs are repeated, by pattern of their paths, the closest first."""
        return defaults_of_methods(self.frappe_celery_methods)

    def queue(self, name: str) -> Queue:
        """The queue of that name.

        Raises:
            UnknownQueue: with Frappe's words, 'Queue should be one of …'.
        """
        try:
            return self.queues[name]
        except (KeyError, TypeError):
            raise UnknownQueue(no_such_queue(name, self.queues)) from None

    @cached_property
    def app_names(self) -> tuple[str, ...]:
        """The app packages of the bench or project, as they were when first asked for."""
        if self.apps is not None:
            return tuple(self.apps)
        listed = self.root / "sites" / "apps.txt"
        if listed.exists():
            return tuple(line.strip() for line in listed.read_text().splitlines() if line.strip())
        return files.find_apps(self.root)

    @property
    def site(self) -> str:
        """The site of a process that names none."""
        sites = self.sites()
        return self.default_site or (sites[0] if len(sites) == 1 else "standalone")

    def sites(self) -> list[str]:
        """Every site: the folders in `sites` with a site_config.json, else one `standalone`."""
        folder = f"{self.root}/sites"
        found = files.folders_in(folder)
        sites = [name for name in found if os.path.exists(f"{folder}/{name}/site_config.json")]
        return sorted(sites) or [self.default_site or "standalone"]

    def sites_to_try(self) -> list[str]:
        """The first few, the default site before them, where whichever opens will do."""
        return sorted(self.sites(), key=lambda site: site != self.default_site)[:SITES_TRIED]

    def site_folder(self, site: str) -> str | None:
        """Where a site's files lie, made when one is written there; None: there is no such site."""
        sites = f"{self.root}/sites"
        if os.access(f"{sites}/{site}/site_config.json", os.F_OK):
            return f"{sites}/{site}"
        if not os.access(sites, os.F_OK):
            return f"{self.state_path}/sites/{site}"
        return f"{sites}/{site}" if site in self.sites() else None

    def site_config(self, site: str) -> dict[str, Any]:
        """What `frappe.conf` holds for a site: the bench's configuration, the site's own wins.

        Raises:
            ConfigError: broken JSON; names the file and the line.
        """
        folder = f"{self.root}/sites"
        return {
            **self._options,
            **files.read_json(f"{folder}/common_site_config.json"),
            **self.from_environment,
            **files.read_json(f"{folder}/{site}/site_config.json"),
        }

    def most_waiting(self, site: str) -> int:
        """How many jobs of a site may wait in a queue; 0: any number (before Frappe v16).

        The site's own `max_queued_jobs` counts, and it is a number for each site, not for all.
        """
        if self.frappe_version < 16:
            return 0
        own = self._own(site, "max_queued_jobs")
        most = own if is_whole(own) and own > 0 else self.max_queued_jobs
        return most + QUEUED_JOBS_A_SITE

    def outbox(self, site: str) -> bool:
        """Whether what the site enqueues after commit goes by its outbox; not where routes lead
        some of its jobs to RQ."""
        if self.is_armed:
            return False
        own = self._own(site, "frappe_celery_outbox")
        return own if isinstance(own, bool) else self.frappe_celery_outbox

    def _own(self, site: str, name: str) -> Any:
        """What the site's own file says; None also where it is broken, which fails the job."""
        with suppress(ConfigError):
            return files.read_json(f"{self.root}/sites/{site}/site_config.json").get(name)
        return None

    @property
    def commit_wait(self) -> int:
        """Seconds that a job waits for its caller's transaction at most; 0: it does not."""
        if self.frappe_celery_commit_wait is not None:
            return self.frappe_celery_commit_wait
        return self.http_timeout or COMMIT_WAIT

    def ending_seconds(self, queues: Iterable[str]) -> int:
        """How long a worker of these queues that is told to stop lets its jobs run on."""
        timeouts = [self.queues[name].timeout for name in queues if name in self.queues]
        return self.shutdown_seconds or max(timeouts, default=CUSTOM_QUEUE_TIMEOUT)

    def share(self, site: str) -> float:
        """How much of the workers a site gets, beside one that has 1 (`frappe_celery_share` in its
        own site_config.json: one that all sites had would change nothing).

        Raises:
            ConfigError: it is no number above 0, or the site's configuration is broken.
        """
        where = f"sites/{site}/site_config.json"
        said = files.read_json(f"{self.root}/{where}")
        return checked_share(f" in {where}", said.get("frappe_celery_share", 1))

    @cached_property
    def _options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in OPTIONS}

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
    def store_url(self) -> str:
        """URL of the Redis that keeps the jobs; starts the embedded server when none is named.

        Raises:
            ConfigError: none is named, and the embedded server is forbidden or does not start.
        """
        if self.broker_url and self.broker_url.startswith(REDIS_SCHEMES):
            return self.broker_url
        if self.redis_queue:
            return self.redis_queue
        server = parts.load(parts.HOSTS, "embedded")
        if not self.embedded_server:
            raise ConfigError(
                f"no broker is configured, and embedded_server is false. {server.OTHER_WAYS}"
            )
        return str(server.ensure(self.state_path))

    @property
    def on_rabbitmq(self) -> bool:
        """Whether what waits, waits in RabbitMQ."""
        return (self.broker_url or "").startswith(RABBITMQ_SCHEMES)

    @cached_property
    def max_message_size(self) -> int:
        """Bytes that a job's message may have on this broker."""
        default = LARGEST_ON_RABBITMQ if self.on_rabbitmq else LARGEST_ON_REDIS
        return self.frappe_celery_max_message_size or default

    @cached_property
    def signer(self) -> Signer:
        """Signs and checks this bench's messages."""
        return Signer(*self.keys.now(), kept=self.keys.now, encrypts=self.frappe_celery_encrypt)

    @property
    def keys(self) -> Keys:
        """Where the keys of that are."""
        return Keys(self._options, self.from_environment, self.sites_path, self.state_path)


def no_such_queue(name: str, known: Iterable[str]) -> str:
    """In Frappe's words, with the way out."""
    return (
        f"Queue should be one of {', '.join(known)}; {shown(name)} is not. A custom queue is named"
        f' under "workers" in {files.options_stand_in()}'
    )


def checked_share(where: str, value: Any) -> float:
    """The value of `frappe_celery_share`; raises ConfigError where it is none."""
    if is_number(value) and 0.01 <= value <= 100:
        return float(value)
    raise ConfigError(
        f"frappe_celery_share is {shown(value)}{where}; it must be a number from 0.01 to 100, such"
        " as 2 for twice what others get"
    )


_current: Settings | None = None


def current() -> Settings:
    """This process's settings, read when first asked for."""
    global _current
    if _current is None:
        _current = Settings.load()
    return _current


_compared: tuple[Mapping[str, Any], tuple[str, ...]] | None = None


def outdated() -> tuple[str, ...]:
    """The options that common_site_config.json has changed since this was first asked."""
    global _compared
    here, found = current(), _compared[1] if _compared else ()
    with suppress(ConfigError):  # it is being written
        common = files.read_json(here.root / "sites" / "common_site_config.json")
        if _compared and common != _compared[0]:
            now = Settings.load()
            names = (name for name in OPTIONS if name not in READ_ANEW)
            found = tuple(name for name in names if getattr(now, name) != getattr(here, name))
        _compared = common, found
    return found


def use(settings: Settings | None) -> None:
    """Make `settings` this process's; None has them read anew when next asked for."""
    global _current
    _current = settings
