"""`python -m frappe_celery.watch.mail TOKEN`: send what is due, then end."""

from __future__ import annotations

import logging
import os
import signal
import sys

NICENESS = 10
"""Where the jobs leave no processor idle, a mail takes seconds longer and the jobs do not."""


def main(token: str) -> None:
    """Send, as the process that holds the lease under this token."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker: the mail goes out
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s mail %(message)s")
    _send(token)


def _send(token: str) -> None:
    from frappe_celery.config import settings  # only now: importing is most of the work
    from frappe_celery.errors import BrokerUnreachable
    from frappe_celery.jobs import get_store
    from frappe_celery.watch.mail.config import MailConfig
    from frappe_celery.watch.mail.sender import send

    config = MailConfig.of(settings.current())
    if config is not None:
        try:
            send(get_store(), config, token)
        except BrokerUnreachable as exc:
            logging.getLogger(__name__).warning("failures are mailed later: %s", exc)


if __name__ == "__main__":
    main(sys.argv[1])
