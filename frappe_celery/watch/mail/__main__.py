"""`python -m frappe_celery.watch.mail TOKEN`: send what is due, then end."""

from __future__ import annotations

from frappe_celery.watch.mail.sender import send
from frappe_celery.watch.notify.unsent import main

if __name__ == "__main__":
    main("mail", send)
