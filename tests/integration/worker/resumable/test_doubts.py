"""What an item itself commits, rolls back or raises, and what becomes of the others."""

from __future__ import annotations

import pytest

from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, worker
from tests.integration.worker.resumable.conftest import Counts
from tests.integration.worker.resumable.test_resumable import on_each_database, once, run
from tests.project import Project


@on_each_database
def test_an_item_that_had_committed_is_in_doubt(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts
) -> None:
    worker(project, **database)
    job = run("commits_inside", items=6, die_at=3)
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemInDoubt: item 3 had committed by itself" in str(job.exc_info)
    assert counts() == once(4)
    job = job.requeue()
    assert ended(job, 60).status == JobStatus.FAILED  # it stays in doubt


def test_one_in_doubt_that_comes_no_more_is_named(
    project: Project, store: JobStore, counts: Counts
) -> None:
    """As of a query for what is not done: what the item committed takes it out of that."""
    worker(project)
    job = run("commits_then_vanishes", items=6, die_at=3)
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemInDoubt: item 3 had committed by itself" in str(job.exc_info)
    assert counts() == once(6)


@pytest.mark.parametrize(("on_doubt", "times"), [("again", 2), ("skip", 1)])
def test_or_what_was_said_is_done(
    project: Project, store: JobStore, counts: Counts, on_doubt: str, times: int
) -> None:
    worker(project)
    job = run("commits_inside", items=6, die_at=3, on_doubt=on_doubt)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == {**once(6), "3": times}


@on_each_database
@pytest.mark.parametrize("ordered", [False, True])
def test_all_that_a_rollback_undid_is_done_again(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts, ordered: bool
) -> None:
    worker(project, **database)
    job = run("rolls_back", items=9, at=5, commit_every=4, ordered=ordered)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(9)
    assert project.effects() == list("012345" + "45678")
    assert not job.attempts


@pytest.mark.parametrize(
    ("kind", "times"), [("sqlite", 3), ("mariadb", 3), ("postgres", 3), ("sqlite", 5)]
)
def test_deadlocks_count_since_the_last_commit(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts, times: int
) -> None:
    """More than Frappe reruns a job for, in the same run."""
    worker(project, **database)
    job = run("meets_deadlocks", items=20, at=[2, 7, 12, 18], times=times, commit_every=2)
    assert ended(job, 100).status == JobStatus.FINISHED
    assert counts() == once(20)
    assert project.effects().count("method") == 1 + 4 * times
    assert not job.attempts


@on_each_database
def test_others_go_on_past_one_that_raises(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts
) -> None:
    worker(project, **database)
    job = run("goes_on_past", items=8, fail_at=[1, 6])
    assert ended(job, 60).status == JobStatus.FAILED
    text = str(job.exc_info)
    assert "ItemsFailed: 2 items raised" in text
    assert "1: ValueError: broken at 1" in text
    assert "6: ValueError: broken at 6" in text
    done = {item: 1 for item in once(8) if item not in ("1", "6")}
    assert counts() == done
    job.requeue()  # which tries those again
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemsFailed: 2 items raised" in str(job.exc_info)
    assert counts() == done


@on_each_database
@pytest.mark.parametrize("how", ["break", "return"])
def test_an_item_that_ends_its_loop_is_done(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts, how: str
) -> None:
    worker(project, **database)
    job = run("leaves_early", how=how)
    assert ended(job, 60).status == JobStatus.FINISHED
    reached = 5 if how == "break" else 3  # the run after the death does what was not reached
    assert counts() == once(reached)


def test_steps(project: Project, store: JobStore, counts: Counts) -> None:
    worker(project)
    job = run("in_steps")
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == {"collect": 1, "1": 1, "2": 1, "close": 1}


def test_requeued_it_goes_on_and_with_other_arguments_it_begins_anew(
    project: Project, store: JobStore, counts: Counts
) -> None:
    worker(project)
    job = run("fails_always", items=5, fail_at=3)
    assert ended(job, 60).status == JobStatus.FAILED
    job.requeue()
    assert ended(job, 60).status == JobStatus.FAILED
    assert counts() == once(3)
    store.requeue(job, {"fail_at": 4})
    assert ended(job, 60).status == JobStatus.FAILED
    assert counts() == {"0": 2, "1": 2, "2": 2, "3": 1}
    job.requeue()  # of these
    assert ended(job, 60).status == JobStatus.FAILED
    assert counts() == {"0": 2, "1": 2, "2": 2, "3": 1}


def test_outside_of_a_job_it_is_a_loop_with_commits(
    project: Project, store: JobStore, counts: Counts
) -> None:
    project.python(
        """
        import frappe_celery, frappe
        frappe.connect()
        from myapp.going import write
        for item in frappe_celery.each(range(3), commit_every=2):
            write(item)
        for item in frappe_celery.each(range(3, 9), commit_every=2):
            write(item)
            if item == 5:
                break
        frappe.db.rollback()
        """
    )
    assert counts() == {"0": 1, "1": 1, "2": 1, "3": 1, "4": 1}


def test_one_in_doubt_that_is_rolled_back_is_done_again(
    project: Project, store: JobStore, counts: Counts
) -> None:
    """Its row says that it was begun, as it did before."""
    worker(project)
    job = run("rolls_back_what_is_in_doubt")
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == {**once(4), "2": 2}  # once before its death, and once again


def test_what_one_has_committed_another_does_not_undo(
    project: Project, store: JobStore, counts: Counts
) -> None:
    """Of the items since the last commit of the loop's own."""
    worker(project)
    job = run("commits_and_another_rolls_back")
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemInDoubt: item 2 had committed by itself" in str(job.exc_info)
    assert counts() == once(3)


def test_one_that_takes_too_long_ends_the_job(project: Project, store: JobStore) -> None:
    """Also where others go on: no time is left for them."""
    worker(project)
    job = run("takes_too_long", timeout=3)
    assert ended(job, 40).status == JobStatus.FAILED
    assert "JobTimeoutException" in str(job.exc_info)


def test_what_was_noted_and_passed_over_is_no_progress(project: Project, store: JobStore) -> None:
    """Else it would be tried again for ever."""
    worker(project)
    job = run("always_fails_in_part")
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemsFailed: 1 items raised" in str(job.exc_info)
    assert project.effects().count("method") == 6  # twice in each of three runs


def test_one_in_doubt_that_comes_no_more_in_its_order_is_named(
    project: Project, store: JobStore, counts: Counts
) -> None:
    worker(project)
    job = run("vanishes_from_its_order", die_at=3)
    assert ended(job, 60).status == JobStatus.FAILED
    assert "ItemInDoubt: item 3 had committed by itself" in str(job.exc_info)
    assert counts() == once(4)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("always_rolls_back", "ItemUndone: item 1 was rolled back 6 times"),
        ("two_loops", "give each its name"),
        ("within_atomic", "code around it holds the transaction open"),
        ("one_in_another", "each within an item of another each"),
        ("breaks_after_a_commit", "ItemInDoubt: item 2 had committed by itself"),
    ],
)
def test_what_cannot_be_followed_is_named(
    project: Project, store: JobStore, method: str, said: str
) -> None:
    worker(project)
    job = run(method)
    assert ended(job, 60).status == JobStatus.FAILED
    assert said in str(job.exc_info)
