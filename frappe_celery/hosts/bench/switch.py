"""On and off: a key in common_site_config.json, and a hook in the bench's environment.

A key alone would not do: a script, or a web server before its first request, imports no code of any
app. The hook alone would act in benches that share the environment's path but not the decision.
"""

from __future__ import annotations

import sys
import sysconfig
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.config.writing import edit_json
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeDiffers
from frappe_celery.jobs import hosts

KEY = "frappe_celery_enabled"
HOOK = "frappe_celery_hook"
"""Sorts after the `.pth` files that make frappe and frappe_celery importable."""
ACL_RULES = "~frappe_celery:* ~_kombu* ~*.pidbox* ~celeryev* ~rq:* &* +@all -@admin"
"""What a Redis user has to be allowed: our keys, those of Celery's remote control, RQ's."""


def imported(module: str) -> None:
    """Called by `hook` when one of Frappe's modules that lead to RQ has been imported."""
    if not settings.current().frappe_celery_enabled:
        return
    from frappe_celery.hosts.bench import fit

    try:
        from frappe_celery.hosts.bench import seam
    except (ImportError, AttributeError) as exc:  # of a name that is not there any more
        fit.refuse([str(exc)])
    else:
        seam.install(module)


def enable() -> None:
    """Have Frappe's jobs go to Celery in every process of this bench that starts from now on.

    Raises:
        ConfigError, BrokerUnreachable: it could not work here; nothing was changed.
    """
    config = settings.current()
    _refuse_where_it_cannot_work(config)
    was_hooked = is_hooked()
    try:
        copyfile(Path(__file__).with_name("hook.py"), _installed(".py"))
        _installed(".pth").write_text(f"import {HOOK}\n")
        edit_json(_common_config(config), lambda values: values.update({KEY: True}))
    except OSError as exc:
        if not was_hooked:
            with suppress(OSError):
                _remove_hook()
        raise ConfigError(f"cannot switch on: {exc}. Run it as the bench's own user") from exc
    settings.use(None)
    settings.current().signer  # noqa: B018 (the key that signs messages is made)


def disable() -> None:
    """Leave stock Frappe in every process of this bench that starts from now on.

    Raises:
        ConfigError: this is no bench, or its files cannot be written.
    """
    config = settings.current()
    if not hosts.is_bench():
        raise ConfigError(
            f"Frappe is not installed in {sys.prefix}, so nothing is switched over here: run the"
            " bench's own env/bin/frappe-celery"
        )
    try:
        edit_json(_common_config(config), lambda values: values.pop(KEY, None))
        _remove_hook()
    except OSError as exc:
        raise ConfigError(f"cannot switch off: {exc}. Run it as the bench's own user") from exc
    settings.use(None)


def is_hooked() -> bool:
    """Whether this environment has the hook, of this version."""
    ours, theirs = Path(__file__).with_name("hook.py"), _installed(".py")
    return (
        _installed(".pth").exists() and theirs.exists() and theirs.read_bytes() == ours.read_bytes()
    )


def _installed(suffix: str) -> Path:
    return Path(sysconfig.get_path("purelib")) / f"{HOOK}{suffix}"


def _remove_hook() -> None:
    _installed(".pth").unlink(missing_ok=True)
    _installed(".py").unlink(missing_ok=True)


def _common_config(config: Settings) -> Path:
    return config.root / "sites" / "common_site_config.json"


def _refuse_where_it_cannot_work(config: Settings) -> None:
    if not (config.root / "sites" / "apps.txt").exists():
        raise ConfigError(f"{config.root} is no bench (it has no sites/apps.txt): run it in one")
    if not hosts.is_bench():
        raise ConfigError(
            f"Frappe is not installed in {sys.prefix}: run the bench's own env/bin/frappe-celery,"
            " after env/bin/pip install frappe_celery"
        )
    from frappe_celery.hosts.bench import fit
    from frappe_celery.hosts.bench.pins import broken_pins

    broken = broken_pins()
    if broken:
        raise ConfigError(
            f"Celery cannot run beside this bench's packages: {'; '.join(broken)}."
            " It can from Frappe v15 on; mend the packages with bench setup requirements"
        )
    differing = fit.look()
    if differing:
        raise FrappeDiffers(
            f"this Frappe is none that frappe_celery {version('frappe_celery')} was made for:"
            f" {'; '.join(differing)}. Install a version that knows it"
        )
    if not config.queue_url and not config.broker_url:
        raise ConfigError(
            "redis_queue is not set in sites/common_site_config.json: write the URL of the Redis"
            " that Frappe's jobs go through, such as redis://127.0.0.1:11000"
        )
    _refuse_a_redis_that_may_not_be_used(config)


def _refuse_a_redis_that_may_not_be_used(config: Settings) -> None:
    from redis.exceptions import AuthenticationError, NoPermissionError

    from frappe_celery.config.urls import without_password
    from frappe_celery.jobs.connection import connect, naming_the_server

    url = config.store_url
    refused: Exception
    try:
        with naming_the_server(url):
            client = connect(url)
            client.set(f"{config.prefix}may_write", 1, ex=1)
            client.publish(f"{config.prefix}may_publish", 1)
            return
    except NoPermissionError as exc:
        refused = exc
    except BrokerUnreachable as exc:
        if not isinstance(exc.__cause__, AuthenticationError):
            raise
        refused = exc.__cause__
    raise ConfigError(
        f"the Redis at {without_password(url)} does not let us in: {str(refused).rstrip('.')}."
        " Write a user and password into redis_queue, redis://user:password@host:port, that may"
        f" use {ACL_RULES} (Frappe's own users, use_rq_auth, may use RQ's keys alone)"
    ) from refused
