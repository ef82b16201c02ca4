"""`python -m frappe_celery.watch.alerts TOKEN`: deliver what is to be told, then end."""

from __future__ import annotations

from frappe_celery.watch.notify.process import main


def _send(token: str) -> None:
    from frappe_celery.jobs import get_store  # only now: importing is most of the work
    from frappe_celery.watch.alerts.delivery import deliver

    deliver(get_store(), token)


if __name__ == "__main__":
    main("alerts", _send)
