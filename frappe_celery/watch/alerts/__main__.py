"""`python -m frappe_celery.watch.alerts TOKEN`: deliver what is to be told, then end."""

from __future__ import annotations

import logging
import signal
import sys


def main(token: str) -> None:
    """Deliver, as the process that holds the lease under this token."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker: the alert goes out
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s alerts %(message)s"
    )

    from frappe_celery.errors import FrappeCeleryError  # only now: importing is most of the work
    from frappe_celery.jobs import get_store
    from frappe_celery.watch.alerts.delivery import deliver

    try:
        deliver(get_store(), token)
    except FrappeCeleryError as exc:
        logging.getLogger(__name__).error("alerts are sent later: %s", exc)


if __name__ == "__main__":
    main(sys.argv[1])
