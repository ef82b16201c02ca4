"""A site whose database does not answer, as beat says: one of its jobs at a time finds out."""

from __future__ import annotations

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.outages import begin_silence, end, end_silence, outages
from tests.integration.stores import broken, queued, take

SILENT, OTHER = "silent.localhost", "other.localhost"


def taken(store: JobStore) -> list[str]:
    """The sites of all that may begin."""
    runs = iter(lambda: take(store), None)
    return [job.site for job in store.read(list(runs)) if job is not None]


@pytest.mark.parametrize("by_a_job", [False, True])
def test_its_jobs_wait_behind_one_and_others_go_on(store: JobStore, by_a_job: bool) -> None:
    begin_silence(store, SILENT)
    for site in [SILENT, OTHER] * 3:
        queued(store, site=site)
    assert sorted(taken(store)) == [OTHER, OTHER, OTHER, SILENT]
    (outage,) = outages(store)
    assert outage.waiting == 2
    (end if by_a_job else end_silence)(store, SILENT)
    assert taken(store) == [SILENT, SILENT]
    assert not outages(store)
    assert not broken(store)


def test_who_only_looked_ends_no_outage_that_a_job_has_found(store: JobStore) -> None:
    begin_silence(store, SILENT)
    begin_silence(store, SILENT)
    assert len(outages(store)) == 1
    end_silence(store, SILENT)
    refuses = '{"since": 1.0, "look": 1.0, "pause": 0.5, "error": "it refuses"}'
    store.client.hset(store.keys.outages, SILENT, refuses)
    begin_silence(store, SILENT)
    end_silence(store, SILENT)
    assert [one.error for one in outages(store)] == ["it refuses"]
