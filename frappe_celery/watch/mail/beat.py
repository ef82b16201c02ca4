"""The scheduler's own failures: what beat logs as an error is mailed, from a thread of its own.

They are kept in memory until Redis takes them, since that it was away is one of them.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import traceback
from collections import deque
from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.jobs.record.kinds import kind_of
from frappe_celery.watch.mail.config import MailConfig
from frappe_celery.watch.mail.ledger import LOOK_SECONDS, Ledger, postman

logger = logging.getLogger(__name__)

LOGGERS = ("frappe_celery.schedule", "celery.beat")
MOST_WAITING = 1000
_SITE = re.compile(r"\bsite (\S+?):|\bof site ([^\s,:]+)")


class Watch(logging.Handler):
    """Takes down what the scheduler logs as an error, and counts it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.waiting: deque[tuple[float, str, str]] = deque(maxlen=MOST_WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        """Take it down; the thread does the rest."""
        try:
            text = message = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text += "\n\n" + "".join(traceback.format_exception(*record.exc_info))
            self.waiting.append((record.created, message, text))
        except Exception:
            self.handleError(record)

    def count(self, ledger: Ledger) -> None:
        """Give Redis what waits; raises BrokerUnreachable, and keeps the rest."""
        while self.waiting:
            at, message, text = self.waiting[0]
            found = _SITE.search(message)
            site = (found[1] or found[2]) if found else "all sites"
            same = re.sub(r"\d+", "#", message)[:300]
            kind = f"beat|{same}" if text == message else f"beat|{same}|{kind_of(text)}"
            about = {"method": "beat", "site": site, "exc_info": text, "worker": "beat"}
            ledger.count(kind, site, "", about, at)
            self.waiting.popleft()


def watch(**_: Any) -> None:
    """Have a starting beat's failures mailed, and the jobs' where no worker is there to do it."""
    config = settings.current()
    if MailConfig.of(config) is None:
        return
    handler, sender = Watch(), postman(config)
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)

    def look() -> None:
        while True:
            try:
                handler.count(Ledger(get_store()))
                sender.look()
            except OSError as exc:
                logger.debug("failures are mailed later: %s", exc)
            except Exception:
                logger.exception("mail on failure")
            time.sleep(LOOK_SECONDS)

    threading.Thread(target=look, daemon=True, name="mail on failure").start()
