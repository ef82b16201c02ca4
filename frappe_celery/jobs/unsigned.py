"""What came unsigned leads to nothing that is signed.

A message that nobody signed says itself what follows its task: links, errbacks, the rest of a
chain, a chord's body. A worker has the key, and what it publishes is signed. So these are marked as
soon as they are read; Celery makes `canvas.Unsigned` of a mark, which publishes as one who has no
key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

MARK = "frappe_celery_unsigned"
"""Type of a marked signature, the option that keeps its own type, and the header of a message that
nobody signed."""
FOLLOWING = ("callbacks", "errbacks", "chain", "chord")
"""Where Celery's messages say what follows."""
LINKS = ("link", "link_error", "chain", "chord")
"""Where the options of a signature do."""

_for_others: ContextVar[bool] = ContextVar(MARK, default=False)


@contextmanager
def for_others() -> Iterator[None]:
    """What is published within is what somebody asked for who did not sign it."""
    token = _for_others.set(True)
    try:
        yield
    finally:
        _for_others.reset(token)


def is_for_others() -> bool:
    """Whether what is published now was asked for by somebody who did not sign it."""
    return _for_others.get()


def mark_following(embed: MutableMapping[str, Any], names: Collection[str] = FOLLOWING) -> None:
    """Mark, in a task's `embed`, the tasks that follow it as unsigned too."""
    for name in names:
        found = embed.get(name)
        if found:
            many = isinstance(found, (list, tuple))
            listed = found if many else [found]
            named = [{"task": s} if isinstance(s, str) else s for s in listed]
            embed[name] = marked(named if many else named[0])


def marked(value: Any) -> Any:
    """A signature, or each of a list of them, marked; what is none stays as it is."""
    if isinstance(value, dict):
        if not value.keys() & {"task", "subtask_type"}:
            return value
        if value.get("subtask_type") == MARK:
            return value
        options = {**(value.get("options") or {}), MARK: value.get("subtask_type")}
        mark_following(options, LINKS)  # Celery looks there too, without applying this
        blank = {"args": [], "kwargs": {}, "immutable": False}
        value = {**blank, **value, "options": options, "subtask_type": MARK}
        mark_following(value)
        return value
    return [marked(item) for item in value] if isinstance(value, (list, tuple)) else value


def unmarked(value: Any) -> Any:
    """A copy without the marks: signatures as they came."""
    if isinstance(value, dict):
        value = {name: unmarked(item) for name, item in value.items()}
        if value.get("subtask_type") == MARK:
            options = dict(value["options"])
            return {**value, "subtask_type": options.pop(MARK, None), "options": options}
        return value
    return [unmarked(item) for item in value] if isinstance(value, (list, tuple)) else value
