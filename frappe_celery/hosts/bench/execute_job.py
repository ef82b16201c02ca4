"""What RQ is told by `frappe.enqueue`: to call `execute_job`, and what that is called with."""

from __future__ import annotations

from typing import Any

from frappe_celery.config.option_checks import FOR_EVER

EXECUTE_JOB = "frappe.utils.background_jobs.execute_job"
"""The method itself is among its arguments."""
TRUNCATION = "frappe.utils.background_jobs.truncate_failed_registry"
"""Frappe's default on_failure, which limits the failed jobs; the job store does that by itself."""


def arguments(
    site: str, user: str, method: Any, event: Any, job_name: str, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Keyword arguments of Frappe's `execute_job`, which calls the method."""
    return {**locals(), "is_async": True}


def seconds_kept(ttl: int | None, configured: int) -> int | None:
    """RQ's `result_ttl` or `failure_ttl` as a message has it; None: as it is configured."""
    if ttl is None or ttl == configured:
        return None
    return FOR_EVER if ttl < 0 else ttl
