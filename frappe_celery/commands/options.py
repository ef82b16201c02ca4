"""Options that several commands have, and the errors that a wrong value gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.watch.words import instant

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*options: Decorator) -> Decorator:
    """Several options of a command as one decorator, in the order of its help."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
trusting_pickles = click.option(
    "--trust-pickles",
    "trusted",
    is_flag=True,
    help="Read RQ's jobs as RQ's workers do, importing and running what their pickles name.",
)


def when(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """`instant` as a callback of click's."""
    try:
        return None if value is None else instant(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None


def known_site(site: str | None) -> str | None:
    """The value of `--site`; a site that there is not is refused. None: every site."""
    config = settings.current()
    if site is not None and config.site_folder(site) is None:
        raise click.BadParameter(
            f"{site!r} is no site here; there are: {', '.join(config.sites())}", param_hint="--site"
        )
    return site


def known_sites(site: str | None) -> list[str]:
    """The sites that `--site` means, as `known_site`."""
    known = known_site(site)
    return [known] if known else settings.current().sites()


def known_queue(queue: str | None) -> str | None:
    """The value of `--queue`; raises UnknownQueue. None: every queue."""
    return None if queue is None else settings.current().queue(queue).name


def site_with_jobs(site: str | None) -> str | None:
    """As `known_site`; one that is gone counts while jobs of it are left."""
    return site if site and get_store().places(site, None) else known_site(site)


def queue_with_jobs(queue: str | None) -> str | None:
    """As `known_queue`; one that is configured no more counts while jobs of it are left."""
    return queue if queue and get_store().places(None, queue) else known_queue(queue)
