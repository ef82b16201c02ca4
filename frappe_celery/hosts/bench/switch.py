"""On and off: keys in common_site_config.json, and a hook in the bench's environment.

A key alone would not do: a script, or a web server before its first request, imports no code of any
app. The hook alone would act in benches that share the environment's path but not the decision.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.config.writing import edit_json
from frappe_celery.errors import BrokerUnreachable, ConfigError, FrappeDiffers
from frappe_celery.jobs import get_store, hosts, routes
from frappe_celery.jobs.connection import connect, naming_the_server
from frappe_celery.jobs.keys import Keys
from frappe_celery.jobs.routes import EVERY, Routes, Rule
from frappe_celery.schedule import changed_sites

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
    with naming_the_server(config.store_url):  # what is left of a bench that was armed once
        connect(config.store_url).delete(Keys(config.prefix).routes)
    _switch_on(config, {KEY: True})


def put_into_image() -> None:
    """Put the hook alone into this environment, where a container's image is built: there is no
    Redis, and the configuration of the bench will be on a volume. It does nothing until `enable`.

    Raises:
        ConfigError: it could not work with these packages; nothing was changed.
    """
    _refuse_packages_that_do_not_fit()
    try:
        _write_hook()
    except OSError as exc:
        with suppress(OSError):
            _remove_hook()
        raise ConfigError(f"cannot write the hook: {exc}. Run it as the bench's own user") from exc


def arm() -> None:
    """Put the seam into every process that starts from now on, with routes that say in which system
    a job goes and which scheduler acts; at first those that it is now.

    Raises:
        ConfigError, BrokerUnreachable: it could not work here; nothing was changed.
    """
    config = settings.current()
    _refuse_where_it_cannot_work(config)
    note = config.frappe_celery_routes
    if note is None:
        is_on = config.frappe_celery_enabled
        rules = (Rule(EVERY, EVERY, is_on),)
        note = routes.noted(_change(lambda old: Routes(routes.after(old), rules, is_on)))
        store = get_store()
        with naming_the_server(store.url):
            store.client.delete(store.keys.armed)
    _switch_on(config, {KEY: True, ROUTES: note})
    if not config.is_armed:
        os.utime(_installed(".pth"))  # those that began before know of no routes


def change_routes(following: Callable[[Routes], Routes]) -> None:
    """Have jobs, or the schedule, go elsewhere from now on, in each process of an armed bench.

    Raises:
        BrokerUnreachable, ConfigError: what holds is in Redis, but could not be noted in the file.
    """
    config = settings.current()
    noted_before = routes.of_note(config.frappe_celery_routes or {})
    note = routes.noted(_change(lambda old: following(old or noted_before)))
    for site in config.sites():
        changed_sites.mark(site)
    try:
        edit_json(_common_config(config), lambda values: values.update({ROUTES: note}))
    except OSError as exc:
        raise ConfigError(f"cannot note the routes: {exc}. Run it as the bench's own user") from exc
    settings.use(None)


def forget_routes() -> None:
    """Take the routes away once all leads to Celery: no process that starts reads them."""
    config = settings.current()
    edit_json(_common_config(config), lambda values: values.pop(ROUTES, None))
    settings.use(None)


def _change(following: Callable[[Routes | None], Routes]) -> Routes:
    store = get_store()
    return routes.change(store.client, store.keys.routes, store.url, following)


def _switch_on(config: Settings, keys: dict[str, Any]) -> None:
    was_hooked = is_hooked()
    try:
        if not was_hooked:
            _write_hook()
        edit_json(_common_config(config), lambda values: values.update(keys))
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
        edit_json(_common_config(config), _without_our_keys)
        _remove_hook()
    except OSError as exc:
        raise ConfigError(f"cannot switch off: {exc}. Run it as the bench's own user") from exc
    settings.use(None)


def is_hooked() -> bool:
    """Whether this environment has the hook, of this version."""
    ours, theirs = Path(__file__).with_name("hook.py"), _installed(".py")
    there = _installed(".pth").is_file() and theirs.exists()
    return there and theirs.read_bytes() == ours.read_bytes()


def hooked_since() -> float:
    """Since when processes that start have the hook and know of routes, in seconds since the epoch.

    Raises:
        ConfigError: the environment has no hook.
    """
    try:
        return _installed(".pth").stat().st_mtime
    except FileNotFoundError:
        raise ConfigError(
            f"the hook is not in the environment {sys.prefix}: write it anew with frappe-celery"
            " enable --armed, and restart the bench's processes"
        ) from None


def _without_our_keys(values: dict[str, Any]) -> None:
    for key in (KEY, ROUTES):
        values.pop(key, None)


def _installed(suffix: str) -> Path:
    return Path(sysconfig.get_path("purelib")) / f"{HOOK}{suffix}"


def _write_hook() -> None:
    copyfile(Path(__file__).with_name("hook.py"), _installed(".py"))
    _installed(".pth").write_text(f"import {HOOK}\n")


def _remove_hook() -> None:
    _installed(".pth").unlink(missing_ok=True)
    _installed(".py").unlink(missing_ok=True)


def _common_config(config: Settings) -> Path:
    return config.root / "sites" / "common_site_config.json"


def _refuse_where_it_cannot_work(config: Settings) -> None:
    if not (config.root / "sites" / "apps.txt").exists():
        raise ConfigError(f"{config.root} is no bench (it has no sites/apps.txt): run it in one")
    _refuse_packages_that_do_not_fit()
    if not config.queue_url and not config.broker_url:
        raise ConfigError(
            "redis_queue is not set in sites/common_site_config.json: write the URL of the Redis"
            " that Frappe's jobs go through, such as redis://127.0.0.1:11000"
        )
    _refuse_a_redis_that_may_not_be_used(config)


def _refuse_packages_that_do_not_fit() -> None:
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


def _refuse_a_redis_that_may_not_be_used(config: Settings) -> None:
    from redis.exceptions import AuthenticationError, NoPermissionError

    from frappe_celery.config.urls import without_password

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
