"""The Celery app: built from Settings, or added to an app that a team already has by `setup`."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from ssl import CERT_REQUIRED
from typing import Any

from celery import Celery, signals
from celery.app.defaults import SETTING_KEYS
from click import Option
from kombu import Exchange, Queue

from frappe_celery import error_mail
from frappe_celery.config import sentinels, settings
from frappe_celery.config.files import module_of, options_stand_in, variable
from frappe_celery.config.settings import RABBITMQ_SCHEMES, REDIS_SCHEMES, Settings
from frappe_celery.config.urls import same_server, without_password
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.schedule import exchange
from frappe_celery.watch import caught, telemetry
from frappe_celery.watch.logs import output, stacks
from frappe_celery.worker import alive, lifecycle, maintenance, remote_control
from frappe_celery.worker.bootsteps import RABBITMQ_STEPS, STEPS
from frappe_celery.worker.readiness import Readiness, tell_of_an_early_end
from frappe_celery.worker.reaper import CameBack, Reaper
from frappe_celery.worker.task import ScheduledMethod, register

logger = logging.getLogger(__name__)

TRANSPORT = "frappe_celery.brokers.redis.transport:Transport"
RABBITMQ_TRANSPORT = "frappe_celery.brokers.rabbitmq.transport:Transport"
SENTINEL_TRANSPORT = "frappe_celery.brokers.redis.transport:SentinelTransport"
SCHEDULER = "frappe_celery.beat_schedule:Scheduler"
SCHEDULERS = {
    "celery.beat.PersistentScheduler": SCHEDULER,
    "django_celery_beat.schedulers.DatabaseScheduler": (
        "frappe_celery.beat_schedule:DatabaseScheduler"
    ),
}
"""What runs Frappe's schedule beside the entries of these."""
AUTOSCALER = "frappe_celery.worker.pool:Autoscaler"
POOL = "frappe_celery.worker.pool:Pool"
CONSUMER = "frappe_celery.worker.consumer:Consumer"
EVENTS = "frappe_celery.watch.celery_events:Events"
BURST = Option(["--burst"], is_flag=True, help="Stop when the queues are empty.")
GOSSIP = Option(["--with-gossip"], is_flag=True, help="Listen to the events of other workers.")
MINGLE = Option(["--with-mingle"], is_flag=True, help="Ask other workers what was revoked.")


class FrappeCelery(Celery):
    """The app behind `celery -A frappe_celery`; a scheduled method that it sends is a job."""

    control_cls = "frappe_celery.worker.remote_control:Control"
    events_cls = EVENTS

    def send_task(self, name: str, *args: Any, **options: Any) -> Any:
        """Like Celery's; a scheduled method becomes a job."""
        task = self.tasks.get(name)
        if isinstance(task, ScheduledMethod):
            return task.apply_async(*args, **options)
        return super().send_task(name, *args, **options)


def build(config: Settings | None = None) -> Celery:
    """The app behind `celery -A frappe_celery`.

    The project's own `celeryconfig.py` (or what $CELERY_CONFIG_MODULE names) wins over ours.

    Raises:
        ConfigError: the configuration cannot be followed.
    """
    config = config or settings.current()
    app = FrappeCelery("frappe_celery", set_as_current=False)
    own = _own_configuration(config.root)
    said = {} if own is None else vars(own)
    # kombu uses it in a format and in a pattern, in which a path's signs would have a meaning
    fanout = f"/{{db}}:{hashlib.sha1(config.prefix.encode()).hexdigest()[:16]}."
    app.add_defaults(
        lambda: {
            "task_queues": queues(config),
            "task_default_queue": "default",
            "task_create_missing_queues": False,
            "beat_scheduler": SCHEDULER,
            **worker_settings(config),
            **broker_settings(config),
            # Celery looks here before it looks into the configuration of one's own
            **{name: said[name] for name in SETTING_KEYS & said.keys()},
            "broker_transport_options": {
                "fanout_prefix": fanout,
                **said.get("broker_transport_options", {}),
            },
        }
    )
    if own is not None:
        app.config_from_object(own)
    _add(app, config)
    return app


_current: Celery | None = None


def current() -> Celery:
    """This process's: the one that was set up, else ours, built when it is first asked for.

    Raises as `build`.
    """
    global _current
    if _current is None:
        _current = build()
    return _current


def _own_configuration(root: Path) -> Any:
    """The module that $CELERY_CONFIG_MODULE names, the one in `root`, or None."""
    if os.environ.get("CELERY_CONFIG_MODULE"):
        return import_module(os.environ["CELERY_CONFIG_MODULE"])
    path = root / "celeryconfig.py"
    return module_of(path, "celeryconfig") if path.exists() else None


def setup(app: Celery) -> None:
    """Add Frappe's jobs and schedule to a Celery app; its own tasks and schedule stay as they are.

    Its broker must be the Redis that keeps the jobs, `redis_queue`, or the RabbitMQ that
    `broker_url` names: other processes, which do not have the app, find them there.

    Raises:
        ConfigError: the app's broker is another one, or `redis_queue` is not set.
    """
    global _current
    config = settings.current()
    url = app.conf.broker_url or ""
    on_rabbitmq = url.startswith(RABBITMQ_SCHEMES)
    (_check_rabbitmq if on_rabbitmq else _check_redis)(url, config)
    own = app.amqp.Queues(app.conf.task_queues)
    scheduler = app.conf.beat_scheduler
    ours: dict[str, Any] = {
        **_broker(url),
        "task_queues": [*own.values(), *(q for q in queues(config) if q.name not in own)],
        "beat_scheduler": SCHEDULERS.get(str(scheduler).replace(":", "."), scheduler),
    }
    if not on_rabbitmq:
        ours["worker_disable_prefetch"] = True
    if app.conf.worker_consumer == "celery.worker.consumer:Consumer":
        ours["worker_consumer"] = CONSUMER
    if app.conf.worker_pool == "prefork":
        ours |= {"worker_pool": POOL, "worker_autoscaler": AUTOSCALER}
    _set(app, ours)
    if app.task_cls == "celery.contrib.django.task:DjangoTask":
        app.task_cls = "frappe_celery.jobs.outbox.tasks:OutboxTask"
    if app.events_cls == Celery.events_cls:
        app.events_cls = EVENTS
    if config.frappe_celery_signed_control:
        app.control.mailbox.node_cls = remote_control.Node  # type: ignore[attr-defined]
    _add(app, config)
    _current = app


def _check_redis(url: str, config: Settings) -> None:
    kept = config.store_url if config.broker_url or config.redis_queue else None
    if not url.startswith(REDIS_SCHEMES) or kept is None or not same_server(url, kept):
        raise ConfigError(
            f"the app's broker_url is {without_password(url)!r}, redis_queue is"
            f" {repr(without_password(kept)) if kept else 'not set'}: set both to the same redis://"
            f" URL; redis_queue in {options_stand_in()} or as {variable('redis_queue')}"
        )


def _check_rabbitmq(url: str, config: Settings) -> None:
    known = config.broker_url
    if known is None or not same_server(url, known) or not config.redis_queue:
        raise ConfigError(
            f"the app's broker_url is {without_password(url)!r}, ours is"
            f" {repr(without_password(known)) if known else 'not set'}, redis_queue is"
            f" {'set' if config.redis_queue else 'not set'}: set broker_url to the same amqp:// URL"
            f" (or {variable('broker_url')}), and redis_queue to the Redis that is to keep the"
            f" jobs' records (or {variable('redis_queue')}), in {options_stand_in()}"
        )


def _set(app: Celery, ours: dict[str, Any]) -> None:
    """It wins over `CELERY_…` in Django's settings too, which Celery looks up first."""
    conf: Any = app.conf
    conf.update(ours)
    for name, value in ours.items() if conf.prefix else ():
        key = conf.prefix + name
        conf.changes[key.upper() if conf.prefix.isupper() else key] = value


def broker_settings(config: Settings) -> dict[str, Any]:
    """Where the broker is.

    Raises:
        ConfigError: it cannot be used.
    """
    url = config.broker_url or config.store_url
    if not url.startswith((*RABBITMQ_SCHEMES, *REDIS_SCHEMES)):
        raise ConfigError(
            f"the broker {url.split('://')[0]}:// is not supported: write redis_queue (or"
            " broker_url) as redis://host:port/db, rediss://… or sentinel://…, or broker_url as"
            " amqp://user:password@host/vhost (RabbitMQ)"
        )
    tls = {"rediss": {"ssl_cert_reqs": "required"}, "amqps": {"cert_reqs": CERT_REQUIRED}}
    return {
        **_broker(url),
        "broker_use_ssl": tls.get(url.partition("://")[0]),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        **(_rabbitmq_settings(config) if url.startswith(RABBITMQ_SCHEMES) else {}),
    }


def _rabbitmq_settings(config: Settings) -> dict[str, Any]:
    return {
        "task_default_exchange": f"{config.prefix}tasks",
        # control messages and events of benches that share a virtual host stay apart
        "control_exchange": f"{config.prefix}control",
        # RabbitMQ is about to refuse others that are not exclusive, which Celery 5.7 has them be
        "control_queue_durable": True,
        "control_queue_exclusive": False,
        "event_exchange": f"{config.prefix}events",
        "event_queue_prefix": f"{config.prefix}events",
        "event_queue_durable": True,
        "event_queue_exclusive": False,
        "worker_disable_prefetch": False,  # Celery knows it on Redis only; `bootsteps.Room`
    }


def _broker(url: str) -> dict[str, str]:
    if url.startswith(RABBITMQ_SCHEMES):
        return {"broker_url": url, "broker_transport": RABBITMQ_TRANSPORT}
    if url.startswith(sentinels.SCHEME):
        first = sentinels.Sentinels.of(url).first_url()
        return {"broker_url": first, "broker_transport": SENTINEL_TRANSPORT}
    return {"broker_url": url, "broker_transport": TRANSPORT}


def queues(config: Settings) -> list[Queue]:
    """Celery's queues in the order in which a worker empties them."""
    return [Queue(name, Exchange(""), routing_key=name) for name in config.queues]


def worker_settings(config: Settings) -> dict[str, Any]:
    """How the worker runs; each can be set otherwise in a celeryconfig module."""
    return {
        "worker_consumer": CONSUMER,
        "worker_pool": POOL,
        "worker_autoscaler": AUTOSCALER,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_proc_alive_timeout": 60.0,  # Celery does not look while it connects again
        "worker_max_tasks_per_child": config.max_tasks_per_child,
        "worker_max_memory_per_child": config.max_memory_per_child * 1024 or None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # else Celery closes a Django project's connections after each job; CONN_MAX_AGE counts
        "CELERY_DB_REUSE_MAX": sys.maxsize,
        # Frappe hands sys.stderr to faulthandler, and what a job prints stands in worker.log
        "worker_redirect_stdouts": not hosts.is_bench(),
        "result_backend": None,
    }


def _add(app: Celery, config: Settings) -> None:
    if app.finalized:  # type: ignore[attr-defined]  # celery-types lacks it
        register(app)
    else:
        app.on_after_finalize.connect(register)
    app.steps["consumer"].update(
        (*STEPS, *maintenance.STEPS, Reaper, CameBack, lifecycle.BeatBeside, alive.Rounds)
    )
    app.steps["worker"].update((*lifecycle.STEPS, Readiness))
    tell_of_an_early_end()
    if config.on_rabbitmq:
        app.steps["consumer"].update(RABBITMQ_STEPS)
    output.connect(app)
    stacks.connect()
    signals.beat_init.connect(exchange.register)
    error_mail.connect(app)
    error_mail.swallowed.connect(caught.note)
    app.user_options["worker"].update((BURST, GOSSIP, MINGLE))
    signals.worker_init.connect(_keep_to_oneself)
    signals.celeryd_init.connect(lifecycle.check_queues)
    signals.worker_init.connect(lifecycle.prepare)
    for begins in (signals.worker_process_init, signals.worker_ready):
        begins.connect(telemetry.connect)
    for begins in (signals.worker_init, signals.beat_init):
        begins.connect(_name_unknown_keys)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(_tell_of_another_scheduler)


def _keep_to_oneself(sender: Any, **_: Any) -> None:
    """What Celery does unasked, and hears from anybody, is off before its steps are made."""
    for name in ("gossip", "mingle") if isinstance(sender.app, FrappeCelery) else ("gossip",):
        sender.options[f"without_{name}"] = not sender.options.get(f"with_{name}")


def _tell_of_another_scheduler(sender: Any, **_: Any) -> None:
    """`celery beat --scheduler` wins over `setup`, as does a subclass of django-celery-beat's."""
    from frappe_celery.schedule.scheduler import Scheduler

    named = type(sender.scheduler)
    if not issubclass(named, Scheduler):
        logger.error(
            "Frappe's schedule stands still: this beat runs %s.%s, which does not know it. Start it"
            " without --scheduler, or with %s; a subclass inherits from that one",
            *(named.__module__, named.__qualname__),
            SCHEDULERS["django_celery_beat.schedulers.DatabaseScheduler"],
        )


def _name_unknown_keys(**_: Any) -> None:
    for sentence in settings.current().unknown:
        logger.warning("%s", sentence)
