"""`python -m frappe_celery.watch.alerts TOKEN`: started by who began before an upgrade."""

from __future__ import annotations

import sys

from frappe_celery.watch.notify.sender import main

if __name__ == "__main__":
    main("alerts", sys.argv[1])
