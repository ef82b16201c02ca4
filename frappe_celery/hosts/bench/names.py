"""How RQ calls this bench's queues: `<bench id>:short`."""

from __future__ import annotations

from functools import lru_cache

from frappe.utils import get_bench_path

from frappe_celery.config import settings


@lru_cache(maxsize=1)
def bench_id() -> str:
    """Frappe's `get_bench_id`, which cannot be asked outside of a site without opening one."""
    return settings.current().bench_id or get_bench_path().strip("/").replace("/", "-")


def rq_name(queue: str) -> str:
    """RQ's name of one of the bench's queues."""
    return f"{bench_id()}:{queue}"


def own_name(name: str) -> str | None:
    """The queue behind a name of RQ's, None when it is not this bench's: an app's own RQ queue."""
    prefix, _, queue = name.rpartition(":")
    return queue if prefix == bench_id() and queue in settings.current().queues else None
