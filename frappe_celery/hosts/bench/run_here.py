"""`frappe.enqueue(…, is_async=False)` in tests: the job runs at once, in the caller's own site."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from frappe_celery.hosts.bench.current_job import as_current
from frappe_celery.jobs import Job, get_store
from frappe_celery.worker.perform import process_name


def run_here(job: Job, arguments: dict[str, Any], on_success: Any, on_failure: Any) -> None:
    """Run it as RQ's synchronous queues do: a failure is the job's, not the caller's."""
    from frappe.utils import background_jobs  # which is what brings the seam, and us, in

    store = get_store()
    store.start(job.run_id, process_name())
    try:
        with as_current(job):
            result = background_jobs.execute_job(**arguments)
        if on_success is not None:
            on_success.func(job, store.client, result)
    except Exception:
        store.fail(job.run_id, traceback.format_exc(), site=job.site)
        if on_failure is not None:
            on_failure.func(job, store.client, *sys.exc_info())
    else:
        store.finish(job.run_id, result)
    job.refresh()
