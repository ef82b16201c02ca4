"""`python -m frappe_celery.watch.notify mail TOKEN`, or `alerts`: send what there is, then end."""

from __future__ import annotations

import sys

from frappe_celery.watch.notify.sender import main

if __name__ == "__main__":
    main(*sys.argv[1:])
