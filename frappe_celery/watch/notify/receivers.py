"""Who is told: what stands behind each URL of `frappe_celery_alerts`, through Apprise."""

from __future__ import annotations

import hashlib
import logging
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frappe_celery.config.installed import is_there
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.notify.ledger import Entry
from frappe_celery.watch.words import moment

logger = logging.getLogger(__name__)

FORGOTTEN_SECONDS = 86400
"""What could not be delivered for so long is given up."""
MOST_NOTICES = 20
"""Of each kind in a message; of more only the number."""


@dataclass(frozen=True)
class Receiver:
    """Who is told."""

    url: str
    """As it stands in the configuration."""
    service: Any
    """Apprise's."""
    config: Settings

    def shown(self) -> str:
        """Its URL, without what Apprise knows to be secret; of a plain address not its query."""
        text = str(self.service.url(privacy=True))
        if self.url.startswith("http") and text.startswith("json"):
            return f"http{text.removeprefix('json').partition('?')[0]}"
        return text

    def take(self, entry: Entry) -> str:
        """Have it deliver one; '' too where it could not for a day."""
        title, body, kind = written(entry.about, self.config)
        try:
            if self.service.notify(title=title, body=body, notify_type=kind):
                return ""
        except Exception:  # a service's plugin that does not know what it was answered
            logger.exception("an alert was not delivered")
        if entry.about["at"] < time.time() - FORGOTTEN_SECONDS:
            logger.error("given up, after a day: %s", body)
            return ""
        return self.shown()


MISSING = "frappe_celery_alerts needs apprise: pip install 'frappe_celery[alerts]'"


def check(config: Settings) -> None:
    """What is quickly checked when a worker or beat starts; `receivers` finds out the rest.

    Raises:
        ConfigError: what stands there is no URL.
    """
    for number, url in enumerate(config.frappe_celery_alerts):
        if not re.match(r"\w+://.", url):
            raise _unknown(number, url)


def receivers(config: Settings) -> dict[str, Receiver]:
    """Who is told, by an id that says nothing of the URL. It takes Apprise two seconds.

    A plain https:// URL, of no service that Apprise knows, gets JSON by POST.

    Raises:
        ConfigError: as `check`, or Apprise is not installed or knows no such URL.
    """
    check(config)
    if not is_there("apprise"):
        raise ConfigError(MISSING)
    from apprise import Apprise

    log, found = logging.getLogger("apprise"), {}
    for number, url in enumerate(config.frappe_celery_alerts):
        log.disabled = True  # what it says of a plain https:// URL
        posted = f"json{url.removeprefix('http')}" if url.startswith(("http:", "https:")) else url
        service = Apprise.instantiate(url) or Apprise.instantiate(posted)
        log.disabled = False
        if service is None:
            raise _unknown(number, url)
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        found[name] = Receiver(url, service, config)
    return found


def _unknown(number: int, url: str) -> ConfigError:
    scheme, is_url, _ = url.partition("://")  # of the rest any part may be secret
    return ConfigError(
        f"frappe_celery_alerts[{number}] is {(scheme + is_url)[:20]!r}…, no URL that Apprise knows;"
        " it must be one such as https://hooks.example.com/x or"
        " mailtos://user:password@mail.example.com?to=ops@example.com"
    )


def written(news: Mapping[str, Any], config: Settings) -> tuple[str, str, str]:
    """Title, text, and Apprise's kind of it."""
    begun, over = (
        sorted(notices, key=lambda notice: (not notice["critical"], notice["summary"]))
        for notices in (news["begun"], news["over"])
    )
    first = begun[0]["summary"] if begun else f"over: {over[0]['summary']}"
    more = len(begun) + len(over) - 1
    where = f"{config.root.name} on {socket.gethostname()}"
    title = f"[{where}] {first}" + (f", and {more} more" if more else "")
    when = f"{moment(news['at'], zone=True)}, {config.root}"
    kind = "success" if not begun else "failure" if begun[0]["critical"] else "warning"
    return title, "\n".join([*_lines(begun, ""), *_lines(over, "Over: "), when]), kind


def _lines(notices: list[dict[str, Any]], prefix: str) -> list[str]:
    lines = []
    for notice in notices[:MOST_NOTICES]:
        lines.append(f"{prefix}{notice['summary']} ({notice['name']})")
        if not prefix:
            lines += [notice["description"], f"Look: {notice['look']}"]
        lines.append("")
    if len(notices) > MOST_NOTICES:
        lines += [f"{prefix}{len(notices) - MOST_NOTICES} more", ""]
    return lines
