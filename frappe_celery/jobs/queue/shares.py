"""Shares: how much of the workers a site gets beside others, changed while the bench runs."""

from __future__ import annotations

from contextlib import suppress

from frappe_celery.config.files import edit_json
from frappe_celery.config.settings import checked_share
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.record.store import JobStore


def follow(store: JobStore) -> None:
    """Have what waits follow the shares in the sites' configurations; one that is broken is 1.

    Raises:
        BrokerUnreachable: to be called again.
    """
    shares = dict.fromkeys(store.settings.sites(), 1.0)
    for site in shares:
        with suppress(ConfigError):  # as `doctor` says
            shares[site] = store.settings.share(site)
    known = store.client.hgetall(store.keys.shares)
    for site, share in shares.items():
        wanted = None if share == 1 else repr(share).encode()
        if known.get(site.encode()) == wanted:
            continue
        if wanted is None:
            store.client.hdel(store.keys.shares, site)
        else:
            store.client.hset(store.keys.shares, site, wanted)


def change(store: JobStore, site: str, share: float) -> None:
    """Write a site's share into its configuration, and have what waits follow it at once.

    Raises:
        ConfigError: it is none, or the file cannot be written.
        BrokerUnreachable: the workers will follow it.
    """
    share = checked_share("", share)
    path = store.settings.root / "sites" / site / "site_config.json"
    try:
        edit_json(path, lambda config: config.update(frappe_celery_share=share))
    except OSError as exc:
        raise ConfigError(
            f"{path} cannot be written: {exc.strerror}. Write frappe_celery_share there"
        ) from exc
    follow(store)
