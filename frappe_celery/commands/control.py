"""Asking every worker of the bench by Celery's remote control."""

from __future__ import annotations

from typing import Any

LOOK_SECONDS = 0.2
"""How often a command looks what has become of what it asked for."""
ANSWER_SECONDS = 2.0


def ask_workers(command: str, workers: int, **arguments: Any) -> dict[str, Any]:
    """What each of so many workers answers, by its name; those that do not are left out."""
    from frappe_celery import celery_app

    answers: list[Any] = celery_app.current().control.broadcast(  # type: ignore[assignment]
        command, arguments=arguments, reply=True, limit=workers, timeout=ANSWER_SECONDS
    )  # with reply=True
    return {name: said for answer in answers for name, said in answer.items()}
