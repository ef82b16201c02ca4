"""What this bench's queues and jobs are called: `<bench id>:short` in RQ, `site||id` in Frappe."""

from __future__ import annotations

from functools import lru_cache

import frappe
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


def job_id(own_id: str, site: str) -> str:
    """Frappe's `create_job_id`, which asks for nothing but the name of the site that one is in."""
    from frappe.utils import background_jobs  # which is what brings the seam, and us, in

    here = getattr(frappe.local, "site", None)
    frappe.local.site = site
    try:
        return str(background_jobs.create_job_id(own_id))
    finally:
        if here is None:
            del frappe.local.site
        else:
            frappe.local.site = here
