"""v14's ways: FC108 deduplication by `job_name` and a list of all jobs, FC109 `scheduler_interval`.

The latter is not rewritten: in the source of every version it is also how often `all` comes.
"""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.syntax import has, keyword, text
from frappe_check.tasks import TaskCode

_GET_INFO = "frappe.core.page.background_jobs.background_jobs.get_info"
_GET_JOBS = "frappe.utils.background_jobs.get_jobs"
_INTERVAL = "scheduler_interval"


def find(code: TaskCode) -> Iterator[Finding]:
    """Jobs with a `job_name` and no `job_id`; lists of jobs by that name, or before enqueueing."""
    for enqueue in code.app.enqueues:
        given = None if enqueue.kind == "enqueue_many" else keyword(enqueue.call, "job_name")
        if given is not None and not has(enqueue.call, "job_id") and not enqueue.is_direct:
            what = "`job_name` keeps no job from being enqueued twice."
            yield found("FC108", enqueue.module, given, what)
    enqueuing = {each.function for each in code.app.enqueues if each.function is not None}
    before = {call for function in enqueuing for call in function.calls}
    for module in code.app.with_words("get_info", "get_jobs"):
        for call in module.calls:
            name = module.full(call.func)
            if name == _GET_INFO:
                what = "`get_info` lists all jobs; from v15 on it is gone."
                yield found("FC108", module, call, what)
            by_name = text(keyword(call, "key")) == "job_name"
            if name == _GET_JOBS and (call in before or by_name):
                what = "All jobs are listed to see whether one is there."
                yield found("FC108", module, call, what)
    for module in code.app.with_words(_INTERVAL):
        for node in module.nodes:
            if _INTERVAL in (text(node), getattr(node, "attr", "")):
                yield found("FC109", module, node, f"The key `{_INTERVAL}` has two meanings.")
