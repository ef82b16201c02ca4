"""Our transport behind Redis Sentinels: each connection leads to whoever is the master then."""

from __future__ import annotations

from typing import Any

from redis.sentinel import SentinelManagedConnection

from frappe_celery.brokers.redis import transport
from frappe_celery.config.sentinels import PORT, Sentinels
from frappe_celery.jobs import get_store


class Channel(transport.Channel):
    """The store's URL names the Sentinels and the master."""

    connection_class = SentinelManagedConnection
    keyprefix_fanout: str

    def _get_pool(self, asynchronous: bool = False) -> Any:
        options = self._connparams(asynchronous)
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=options["db"])
        for name in ("host", "port", "db", "username", "password"):
            options.pop(name, None)
        return Sentinels.of(get_store().url).master_pool(**options)


class Transport(transport.Transport):
    """Named in `broker_transport` when `broker_url` begins with sentinel://."""

    Channel = Channel
    default_port = PORT
