"""Workers and beat look whether a mail is due; what beat logs as an error is mailed too.

Beat's errors are kept in memory until Redis takes them, since that it was away is one of them.
"""

from __future__ import annotations

import logging
import re
from collections import deque

from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.jobs.record.kinds import kind_of
from frappe_celery.watch.logs.output import OF_BEAT
from frappe_celery.watch.mail.config import MailConfig
from frappe_celery.watch.mail.ledger import Ledger
from frappe_celery.watch.notify.look import Lookout

MOST_WAITING = 1000
_SITE = re.compile(r"\bsite (\S+?):|\bof site ([^\s,:]+)")


class BeatErrors(logging.Handler):
    """Takes down what the scheduler logs as an error, and counts it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.waiting: deque[tuple[float, str, str]] = deque(maxlen=MOST_WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        """Take it down; the thread does the rest."""
        try:
            self.waiting.append((record.created, record.getMessage(), self.format(record)))
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


class Mails(Lookout):
    """A worker's or beat's; in beat also for the jobs' failures, where no worker is there."""

    unsent = Ledger
    program = "frappe_celery.watch.mail"
    seconds = 1.0
    """How soon a first failure is mailed."""
    niceness = 10  # where jobs leave no processor idle it takes seconds longer, and they do not

    def __init__(self, in_beat: bool = False) -> None:
        super().__init__()
        self._errors = BeatErrors()
        for name in OF_BEAT if in_beat else ():
            logging.getLogger(name).addHandler(self._errors)

    @staticmethod
    def looks() -> bool:
        """Whether anybody is written to; raises ConfigError."""
        return MailConfig.of(settings.current()) is not None

    def prepare(self) -> None:
        """Count what beat has logged since the last look."""
        self._errors.count(Ledger(get_store()))
