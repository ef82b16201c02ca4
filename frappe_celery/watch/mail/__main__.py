"""`python -m frappe_celery.watch.mail TOKEN`: send what is due, then end."""

from __future__ import annotations

from frappe_celery.watch.notify.process import main


def _send(token: str) -> None:
    from frappe_celery.jobs import get_store  # only now: importing is most of the work
    from frappe_celery.watch.mail.sender import send

    send(get_store(), token)


if __name__ == "__main__":
    main("mail", _send)
