"""`python -m frappe_celery.watch.mail TOKEN`: started by who began before an upgrade."""

from __future__ import annotations

import sys

from frappe_celery.watch.notify.sender import main

if __name__ == "__main__":
    main("mail", sys.argv[1])
