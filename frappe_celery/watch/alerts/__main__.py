"""`python -m frappe_celery.watch.alerts TOKEN`: deliver what is to be told, then end."""

from __future__ import annotations

from frappe_celery.watch.alerts.delivery import deliver
from frappe_celery.watch.notify.unsent import main

if __name__ == "__main__":
    main("alerts", deliver)
