"""Options that several commands have, and the errors that a wrong value gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.watch.instants import instant


def when(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """`instant` as a callback of click's."""
    try:
        return None if value is None else instant(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None


def known_site(site: str | None) -> str | None:
    """The value of `--site`; a site that there is not is refused. None: every site."""
    known = settings.current().sites()
    if site is not None and not settings.current().has_site(site):
        raise click.BadParameter(
            f"{site!r} is no site here; there are: {', '.join(known)}", param_hint="--site"
        )
    return site


def known_queue(queue: str | None) -> str | None:
    """The value of `--queue`; raises UnknownQueue. None: every queue."""
    return None if queue is None else settings.current().queue(queue).name


def site_with_jobs(site: str | None) -> str | None:
    """As `known_site`; one that is gone counts while jobs of it are left."""
    return site if site and get_store().places(site, None) else known_site(site)


def queue_with_jobs(queue: str | None) -> str | None:
    """As `known_queue`; one that is configured no more counts while jobs of it are left."""
    return queue if queue and get_store().places(None, queue) else known_queue(queue)


def listening(port: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--port` and `--address` of a command that serves; `port` is the default."""
    takes_port = click.option(
        "--port",
        "-p",
        type=click.IntRange(0, 65535),
        default=port,
        show_default=True,
        help="Where to listen; 0: any free port.",
    )
    takes_address = click.option(
        "--address",
        default="127.0.0.1",
        show_default=True,
        help="Where to listen; 0.0.0.0 for every network.",
    )
    return lambda command: takes_port(takes_address(command))


def cannot_listen(address: str, port: int, exc: OSError) -> click.ClickException:
    """The error of a port that is taken or forbidden."""
    return click.ClickException(f"cannot listen on {address}:{port}: {exc}. Use --port")
