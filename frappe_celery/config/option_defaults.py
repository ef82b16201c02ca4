"""What can be set: every option with its type, default and meaning, here and nowhere else.

The table in docs/settings.md is made of it by `frappe-celery settings --markdown`
(`commands/settings.py`).
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Options:
    """The keys of common_site_config.json that are read, with their defaults.

    What stands below each is shown to users.
    """

    frappe_version: int = 15
    """The Frappe version whose behaviour is followed: 14, 15, 16 or 17. In a bench its own."""
    bench_id: str | None = None
    """Prefix of every key and queue, so that benches can share one Redis. Default: the bench's
    path, as in Frappe."""
    apps: list[str] | None = None
    """App packages, in order. Default: `sites/apps.txt`, else every package with a hooks.py in the
    project's folder and on PYTHONPATH."""
    job_modules: list[str] = field(default_factory=list)
    """Standalone: further packages whose functions may be jobs."""
    default_site: str | None = None
    """The site of a process that names none; $FRAPPE_SITE wins. Default: the only site."""
    broker_url: str | None = None
    """Celery's broker: a Redis, or RabbitMQ (`amqp://…`). Default: `redis_queue`, else
    CELERY_BROKER_URL in the environment or in Django's settings, else the embedded server."""
    redis_queue: str | None = None
    """Redis that keeps the jobs, behind Sentinels `sentinel://…` (docs/crashes.md), which Frappe's
    `redis_queue_sentinel_enabled` and its kin say too. Default: `broker_url`, else the embedded
    server."""
    embedded_server: bool = True
    """Where neither is set, a server of our own is started; false: that is an error."""
    redis_cache: str | None = None
    """Redis behind `frappe.cache`. Default: the one that keeps the jobs."""
    redis_socketio: str | None = None
    """Redis that Frappe's socketio server listens to. Default: as that version has it."""
    database_url: str | None = None
    """Standalone: PostgreSQL or MariaDB. Default: $DATABASE_URL, else an SQLite file."""
    workers: dict[str, Any] = field(default_factory=dict)
    """Custom queues: `{queue: {timeout: seconds, background_workers: count}}`, whose names have no
    bar, colon, asterisk, comma or space. With `idempotent: true` its jobs are run again when their
    process died, with `retry: 3` when they failed, so often, with `max_memory: 1500` one is
    killed that has more MiB (docs/jobs.md), with `fresh_process: true` each of them runs in a
    process of its own, with `full_comparison: true` all that each can leave in modules is looked
    for (docs/differences.md)."""
    cron_queues: dict[str, str] = field(default_factory=dict)
    """Queue of single cron methods: `{method: queue}`. Others run on `default`."""
    frappe_celery_methods: dict[str, Any] = field(default_factory=dict)
    """How jobs of methods are repeated, how many MiB they may have in memory, and whether each has
    a process of its own: `{path: {retry: 3, idempotent: true, max_memory: 1500, fresh_process:
    true}}`, `*` in a path stands for anything; it wins over their queue's (docs/jobs.md)."""
    frappe_celery_limits: dict[str, Any] = field(default_factory=dict)
    """How many jobs run at once and begin a minute: `{target: {running: 2, per_minute: 60}}`. A
    target is `site:…`, `queue:…`, `method:…` or `key:…`, `*` in it stands for anything
    (docs/many-sites.md)."""
    misfire: dict[str, Any] = field(default_factory=dict)
    """How late scheduled methods may run: `{method: {policy: once | skip, window: seconds}}`.
    `once`, the default, makes up for all that was missed by one run, at most `window` late; `skip`
    does not, `window` (60) is what counts as in time."""
    scheduler_interval: int | None = None
    """Seconds between two runs of `all` events (Frappe v14's name)."""
    scheduler_tick_interval: int | None = None
    """Seconds between two runs of `all` events (wins). Default: 60, v14: 240."""
    time_zone: str | None = None
    """IANA zone that cron expressions are read in. Default: the machine's."""
    rq_results_ttl: int = 600
    """Seconds that a finished job's record is kept; -1: for ever."""
    rq_job_failure_ttl: int = 604800
    """Seconds that a failed job's record is kept; -1: for ever."""
    rq_failed_jobs_limit: int = 1000
    """Failed jobs kept of each queue of a site; the newest stay."""
    max_queued_jobs: int = 500
    """v16 on: jobs of a site that may wait in a queue, and 50 more, until enqueue refuses its next
    one. A site's own configuration may say another number. Before v16 only where it is set, in a
    bench of Frappe 15.60 or later, and without the 50."""
    max_deliveries: int = 3
    """How often an idempotent job is run when its process dies, the first time included, before it
    is failed as poison."""
    frappe_celery_commit_wait: int | None = None
    """Seconds that a job waits at most for the end of the transaction in which it was enqueued,
    where that has written; 0: it does not wait, as under RQ (docs/differences.md). Default:
    `http_timeout`, else 120."""
    frappe_celery_outbox: bool = False
    """What is enqueued after commit is written into the site's database, in the transaction that it
    belongs to, so that it is neither lost nor an error while the Redis is away. A site's own
    configuration may say otherwise (docs/outbox.md)."""
    http_timeout: int | None = None
    """Seconds after which a bench's web server ends a request."""
    shutdown_seconds: int | None = None
    """Seconds that a worker told to stop (SIGTERM) lets its jobs run on; then they are failed with
    AbandonedJobError. Default: the longest timeout among its queues and what it runs. Its process
    manager must wait longer, as `frappe-celery setup` has it do."""
    celery_error_emails: dict[str, Any] = field(default_factory=dict)
    """Mail on failure: `ADMINS` as `[[name, address], …]` and `SERVER_EMAIL`; `EMAIL_HOST`
    (localhost), `EMAIL_PORT` (25), `EMAIL_USE_TLS` (STARTTLS), `EMAIL_USE_SSL`, `EMAIL_HOST_USER`,
    `EMAIL_HOST_PASSWORD`, `EMAIL_TIMEOUT` (10 seconds); equal failures become one mail each
    `digest_minutes` (5)."""
    frappe_celery_alerts: list[str] = field(default_factory=list)
    """Who is told that no worker or scheduler runs, that jobs wait or fail, and once more when it
    is over: URLs of Apprise, such as `https://hooks.example.com/x` or
    `mailtos://user:password@mail.example.com?to=ops@example.com` (docs/observability.md)."""
    frappe_celery_alive_file: str | None = None
    """A file that a worker touches every few seconds while it lives, for probes. Each worker has a
    path of its own, so set it in the worker's environment (docs/deploy.md)."""
    logs: str | None = None
    """`files`: workers and beat keep worker.log, worker.error.log, scheduler.log in `logs/`;
    `output`: they only print; `json`: JSON lines on standard output. Default: `files`, for a worker
    whose output a process manager keeps there already `output`."""
    frappe_celery_keep: list[str] = field(default_factory=list)
    """Dotted names in apps' modules, such as `myapp.ml._model`, that stay in a worker's process as
    a job left them; `*` stands for anything. All else is put back after each job
    (docs/differences.md). An app names its own in hooks.py, as `frappe_celery_keep`."""
    max_tasks_per_child: int = 5000
    """Jobs after which a worker process is replaced by a fresh one."""
    max_memory_per_child: int = 1024
    """MiB of memory above which a worker process is replaced once its job has ended; 0: never."""
    frappe_celery_enabled: bool = False
    """Bench: Frappe's jobs go to Celery. Set by `frappe-celery enable`; false in the environment
    leaves one process with stock Frappe."""
    frappe_celery_routes: dict[str, Any] | None = None
    """Bench: where jobs go by queue and site, to RQ or to Celery, and which scheduler acts. Noted
    by `frappe-celery enable --armed`, `enable` and `disable`; what holds lies in Redis."""
    frappe_celery_pickle: bool = True
    """Arguments that JSON cannot carry exactly travel as a signed pickle; false: refused."""
    frappe_celery_max_message_size: int | None = None
    """Bytes that a job's message may have, arguments included: a larger one is an error where it is
    enqueued, a larger result is not kept. Default: 33554432 (32 MiB) on Redis, 8000000 on RabbitMQ,
    whose own `max_message_size` is twice that: what tells of a failure carries its message."""
    frappe_celery_unsigned_tasks: bool = False
    """A team's own tasks are taken unsigned too, for producers with plain Celery and no key; never
    Celery's own tasks or a method of Frappe's."""
    frappe_celery_signed_control: bool = False
    """With `frappe_celery.setup(app)`: remote control (`inspect`, `control`, Flower) is acted on
    when it is signed. On this package's own app it always is."""
    frappe_celery_key: str | None = None
    """Secret of 32 characters or more that signs every message. Default: made once."""
    frappe_celery_accepted_keys: list[str] = field(default_factory=list)
    """Further keys whose signatures are accepted, while the key is exchanged."""
    frappe_celery_sql_functions: list[str] = field(default_factory=list)
    """Standalone: functions of your database that only read, for templates and `fields` to call
    beside those that are known (docs/standalone.md)."""
    frappe_celery_encrypt: bool = False
    """Arguments, results and errors of jobs are encrypted where they lie, by a key that follows
    from the one that signs (docs/security.md)."""


@dataclass(frozen=True)
class FrappesSentinels:
    """Frappe's keys for a Redis behind Sentinels; `redis_queue` is made of them where they say
    so."""

    redis_queue_sentinel_enabled: bool = False
    redis_queue_sentinels: list[str] = field(default_factory=list)
    redis_queue_master_service: str | None = None
    redis_queue_master_username: str | None = None
    redis_queue_master_password: str | None = None
    redis_queue_sentinel_username: str | None = None
    redis_queue_sentinel_password: str | None = None


def kind(key: str) -> str:
    """What a value of it has to be: `int`, `str`, `bool`, `dict` or `list`."""
    return str(KEYS[key].type).partition(" ")[0].partition("[")[0]


def meanings() -> dict[str, str]:
    """What stands below each option, by its name."""
    (options,) = ast.parse(inspect.getsource(Options)).body
    assert isinstance(options, ast.ClassDef)
    return {
        ast.unparse(option.target): " ".join(ast.literal_eval(meaning.value).split())
        for option, meaning in pairwise(options.body)
        if isinstance(option, ast.AnnAssign) and isinstance(meaning, ast.Expr)
    }


OPTIONS = {option.name: option for option in fields(Options)}
KEYS = {**OPTIONS, **{key.name: key for key in fields(FrappesSentinels)}}
"""All that are read."""
OF_COMMANDS = (
    *("frappe_celery_enabled", "frappe_celery_routes"),
    *("frappe_celery_key", "frappe_celery_accepted_keys"),
)
"""What commands write."""
