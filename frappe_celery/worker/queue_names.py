"""`celery worker -Q`: an unknown queue is refused with the way out, before Celery refuses it."""

from __future__ import annotations

from typing import Any

from frappe_celery.config.files import options_stand_in

NO_SUCH_QUEUE = (
    "Error: UnknownQueue: Queue should be one of {known}; {name!r} is not."
    ' A custom queue is named under "workers" in {place}'
)


def check(instance: Any, options: dict[str, Any], **_: Any) -> None:
    """End the program when it is to consume from a queue that its app does not have."""
    app = instance.app
    if app.conf.task_create_missing_queues:
        return
    queues = options.get("queues") or ()
    for name in queues.split(",") if isinstance(queues, str) else queues:
        if name not in app.amqp.queues:
            raise SystemExit(
                NO_SUCH_QUEUE.format(
                    known=", ".join(app.amqp.queues), name=name, place=options_stand_in()
                )
            )
