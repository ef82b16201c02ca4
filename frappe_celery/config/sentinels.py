"""Redis behind Sentinels: the URL that names them, and pools whose connections lead to the master.

    sentinel://[user:password@]host:26379;sentinel://host2:26379/0?master_name=mymaster

That is kombu's syntax, with the master's name in the query, since callers need it too. User and
password are the master's; the Sentinels' are `sentinel_username` and `sentinel_password` there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection

from frappe_celery.config.urls import without_password
from frappe_celery.errors import ConfigError

SCHEME = "sentinel://"
PORT = 26379


@dataclass(frozen=True)
class Sentinels:
    """What a `sentinel://` URL names: who is asked for the address of the master."""

    addresses: tuple[tuple[str, int], ...]
    master_name: str
    username: str | None = None
    password: str | None = None
    db: int = 0
    sentinel_username: str | None = None
    sentinel_password: str | None = None

    @classmethod
    def of(cls, url: str) -> Sentinels:
        """Read a URL.

        Raises:
            ConfigError: it names no master, or cannot be read; says how to write it.
        """
        try:
            parts = [urlsplit(part) for part in re.split(f";(?={SCHEME})", url)]
            hosts = [(part.hostname or "127.0.0.1", part.port or PORT) for part in parts]
            query = dict(parse_qsl(parts[-1].query))
            return cls(
                addresses=tuple(hosts),
                master_name=query["master_name"],
                username=unquote(parts[0].username or "") or None,
                password=unquote(parts[0].password or "") or None,
                db=int(parts[-1].path.strip("/") or 0),
                sentinel_username=query.get("sentinel_username"),
                sentinel_password=query.get("sentinel_password"),
            )
        except (KeyError, ValueError):
            raise ConfigError(
                f"{without_password(url)!r} names no master behind Sentinels. Write it as"
                " sentinel://host:26379;sentinel://host2:26379/0?master_name=mymaster,"
                " and / # ? % of a password as %2F %23 %3F %25"
            ) from None

    def first_url(self) -> str:
        """For kombu, which changes to a transport of its own when it is given several; without the
        user, which is the pool's."""
        host, port = self.addresses[0]
        return f"{SCHEME}{host}:{port}/{self.db}"

    def master_pool(self, **options: Any) -> Any:
        """Connections to the master, whichever it is when they connect; `options` are theirs."""
        own = {name: value for name, value in options.items() if name.startswith("socket_")}
        own |= {"username": self.sentinel_username, "password": self.sentinel_password}
        own["retry"] = Retry(NoBackoff(), 0)  # there are other Sentinels to ask
        login = {"username": self.username, "password": self.password, "db": self.db}
        options = {"connection_class": SentinelManagedConnection, **login, **options}
        make: Any = Sentinel
        asked = make(self.addresses, sentinel_kwargs=own, **options)
        return asked.master_for(self.master_name).connection_pool


def url_of(said: Mapping[str, Any]) -> str:
    """The URL of what Frappe's keys say (`option_defaults.FrappesSentinels`).

    Raises:
        ConfigError: a part is missing or cannot be read.
    """
    for needed in ("redis_queue_sentinels", "redis_queue_master_service"):
        if not said.get(needed):
            raise ConfigError(f"redis_queue_sentinel_enabled needs {needed} too")
    for node in said["redis_queue_sentinels"]:
        if not re.fullmatch(r".+:\d+", node):
            raise ConfigError(f"redis_queue_sentinels has {node!r}; write each as host:port")
    user, password, *own = (
        said.get(f"redis_queue_{whose}_{what}") or ""
        for whose in ("master", "sentinel")
        for what in ("username", "password")
    )
    login = f"{quote(user, '')}:{quote(password, '')}@" if user or password else ""
    names = ("master_name", "sentinel_username", "sentinel_password")
    query = zip(names, (said["redis_queue_master_service"], *own), strict=True)
    hosts = ";".join(f"{SCHEME}{login}{node}" for node in said["redis_queue_sentinels"])
    return f"{hosts}/0?{urlencode([each for each in query if each[1]])}"
