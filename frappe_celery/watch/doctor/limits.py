"""Limits, pauses and shares: what is kept back on purpose, and what of them cannot be followed."""

from __future__ import annotations

import shlex
from contextlib import suppress

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.limits.rules import Limit, configured, covers
from frappe_celery.watch import words
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section


def check(section: Section, now: Now) -> None:
    """Every limit and pause that is about the sites, and whether they can be followed."""
    config, sites = now.store.settings, now.sites
    for limit in now.limits:
        target = limit.target
        if not target.startswith("site:") or any(covers(target, f"site:{s}") for s in sites):
            _show(section, limit)
    try:
        configured(config)
    except ConfigError as exc:
        section.problem(str(exc), "the limits before it hold until a worker starts with others")
    for site in sites:
        _check_share(section, site, config)
    if config.on_rabbitmq and len(sites) > 1:
        section.note(
            "RabbitMQ is the broker: sites are not served in turn there, and what one floods a"
            " queue with goes before what others enqueue later",
            "limit what of each site runs at once: frappe-celery limits set 'site:*' --running 4",
        )


def _show(section: Section, limit: Limit) -> None:
    section.row(
        target=limit.target,
        limit=words.in_words(limit),
        running=None if limit.rule.running is None else limit.running,
        kept_back=limit.kept_back,
        said_by=words.said_by(limit),
    )
    if limit.paused is not None:
        tell_pause(section, limit.target, limit.paused)


def tell_pause(section: Section, target: str, ends: float) -> None:
    """`ends` as `Limit.paused`."""
    section.note(
        f"{target} is {words.pause(ends)}",
        f"resume it: frappe-celery limits resume {shlex.quote(target)}",
        "PauseForgotten",
        target=target,
    )


def _check_share(section: Section, site: str, config: Settings) -> None:
    with suppress(ConfigError):  # as the scheduler's group says
        config.site_config(site)
        try:
            config.share(site)
        except ConfigError as exc:
            section.problem(str(exc), "until then it counts as 1")
