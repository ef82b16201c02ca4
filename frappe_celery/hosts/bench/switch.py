"""On and off: keys in common_site_config.json, and a hook in the bench's environment.

A key alone would not do: a script, or a web server before its first request, imports no code of any
app. The hook alone would act in benches that share the environment's path but not the decision.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.files import edit_json
from frappe_celery.config.settings import Settings
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeDiffers
from frappe_celery.jobs import bridge, hosts
from frappe_celery.jobs.connection import connect
from frappe_celery.jobs.hosts import Host
from frappe_celery.jobs.redis_keys import Keys

SETTLED, ARMED = "frappe_celery.hosts.bench", f"{bridge.PACKAGE}.armed"
"""The rooms of which one enters a process; the second one may be partly on RQ."""
KEY = "frappe_celery_enabled"
ROUTES = "frappe_celery_routes"
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
        seam: Any = import_module(f"{room()}.seam")
    except (ImportError, AttributeError) as exc:  # of a name that is not there any more
        fit.refuse([*fit.rq_differs()] or [str(exc)])
    else:
        seam.SEAM.install(module)


def host() -> Host:
    """What jobs run in, in this process."""
    made: Host = import_module(f"{room()}.host").make_host()
    return made


@cache
def room() -> str:
    """Whose `seam` and `host` this process has, decided once: its settings are read once too."""
    return ARMED if settings.current().is_armed else SETTLED


def enable() -> None:
    """Have Frappe's jobs go to Celery in every process of this bench that starts from now on.

    Raises:
        ConfigError, BrokerUnreachable: it could not work here; nothing was changed.
    """
    config = settings.current()
    refuse_where_it_cannot_work(config)
    connect(config.store_url).delete(Keys(config.prefix).routes)
    switch_on({KEY: True})


def put_into_image() -> None:
    """Put the hook alone into this environment, where a container's image is built: there is no
    Redis, and the configuration of the bench will be on a volume. It does nothing until `enable`.

    Raises:
        ConfigError: it could not work with these packages; nothing was changed.
    """
    _refuse_packages_that_do_not_fit()
    with writing("write the hook"):
        _write_hook()


def switch_on(keys: dict[str, Any]) -> None:
    """Write the hook and these keys of the bench's configuration.

    Raises:
        ConfigError: a file cannot be written; nothing was changed.
    """
    with writing("switch on"):
        if not is_hooked():
            _write_hook()
        edit(lambda values: values.update(keys))
    settings.current().signer  # noqa: B018 (the key that signs messages is made)


def disable() -> None:
    """Leave stock Frappe in every process of this bench that starts from now on.

    Raises:
        ConfigError: this is no bench, or its files cannot be written.
    """
    _refuse_without_frappe()
    with writing("switch off"):
        edit(_without_our_keys)
        _remove_hook()


def is_hooked() -> bool:
    """Whether this environment has the hook, of this version."""
    ours, theirs = Path(__file__).with_name("hook.py"), installed(".py")
    there = installed(".pth").is_file() and theirs.exists()
    return there and theirs.read_bytes() == ours.read_bytes()


def _without_our_keys(values: dict[str, Any]) -> None:
    for key in (KEY, ROUTES):
        values.pop(key, None)


def installed(suffix: str) -> Path:
    """A file of the hook's in this environment."""
    return Path(sysconfig.get_path("purelib")) / f"{HOOK}{suffix}"


def _write_hook() -> None:
    copyfile(Path(__file__).with_name("hook.py"), installed(".py"))
    installed(".pth").write_text(f"import {HOOK}\n")


def _remove_hook() -> None:
    installed(".pth").unlink(missing_ok=True)
    installed(".py").unlink(missing_ok=True)


def edit(change: Callable[[dict[str, Any]], object]) -> None:
    """Change `sites/common_site_config.json` in place."""
    edit_json(settings.current().root / "sites" / "common_site_config.json", change)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """In which files are written, and after which the settings are read anew.

    Raises:
        ConfigError: one cannot be written; a hook that was not there before is gone.
    """
    was_hooked = is_hooked()
    try:
        yield
    except OSError as exc:
        if not was_hooked:
            with suppress(OSError):
                _remove_hook()
        raise ConfigError(f"cannot {what}: {exc}. Run it as the bench's own user") from exc
    settings.use(None)


def refuse_where_it_cannot_work(config: Settings, place: str = SETTLED) -> None:
    """Args:
        place: the room that is to enter every process.

    Raises:
        ConfigError, BrokerUnreachable: it could not work here.
    """
    if not (config.root / "sites" / "apps.txt").exists():
        raise ConfigError(f"{config.root} is no bench (it has no sites/apps.txt): run it in one")
    _refuse_packages_that_do_not_fit(place)
    if not config.redis_queue and not config.broker_url:
        raise ConfigError(
            "redis_queue is not set in sites/common_site_config.json: write the URL of the Redis"
            " that Frappe's jobs go through, such as redis://127.0.0.1:11000"
        )
    _refuse_a_redis_that_may_not_be_used(config)
    if config.on_rabbitmq:
        from frappe_celery.brokers.rabbitmq.publisher import Publisher

        Publisher(str(config.broker_url)).takes()


def _refuse_without_frappe() -> None:
    if not hosts.is_bench():
        raise ConfigError(
            f"Frappe is not installed in {sys.prefix}, so nothing is switched over here: run the"
            " bench's own env/bin/frappe-celery, after the package was installed there"
        )


def _refuse_packages_that_do_not_fit(place: str = SETTLED) -> None:
    _refuse_without_frappe()
    from frappe_celery.hosts.bench import fit
    from frappe_celery.hosts.bench.pins import broken_pins

    broken = broken_pins()
    if broken:
        raise ConfigError(
            f"Celery cannot run beside this bench's packages: {'; '.join(broken)}."
            " Mend them with bench setup requirements, on Frappe 14 afterwards with"
            " env/bin/pip install 'frappe_celery[frappe14]'"
        )
    differing = fit.look(place)
    if differing:
        raise FrappeDiffers(
            f"this Frappe is none that frappe_celery {version('frappe_celery')} was made for:"
            f" {'; '.join(differing)}. Install a version that knows it"
        )


def _refuse_a_redis_that_may_not_be_used(config: Settings) -> None:
    from redis.exceptions import AuthenticationError, NoPermissionError

    from frappe_celery.config.urls import without_password

    url = config.store_url
    refused: Exception
    try:
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
