"""What is too large is refused by name, before it looks as if the broker were away."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from frappe_celery import Retry, enqueue, options, signature
from frappe_celery.errors import CannotTravel
from frappe_celery.job_options import Options
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.project import Project
from tests.waiting import wait_until

LIMIT = 50_000
TASKS = """
import os, signal
from pathlib import Path

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def note(text):
    with EFFECTS.open("a") as effects:
        effects.write(f"{text}\\n")


def large(size, **kwargs):
    return "x" * size


def fail(**kwargs):
    note("failed")
    raise ValueError("broken")


def die(**kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def told(*args, **kwargs):
    note("told")
"""


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    project.configure(frappe_celery_max_message_size=LIMIT)
    write_tasks(project)
    project.write("myapp/sizes.py", TASKS)
    with inside(project) as store:
        yield store


def enqueue_the_largest(options: Options, method: str, **arguments: Any) -> Any:
    """With a padding that leaves no room for another run's number of its attempt."""
    with pytest.raises(CannotTravel) as error:
        options.enqueue(method, padding="x" * LIMIT, **arguments)
    size = int(str(error.value).partition(" has ")[2].partition(" bytes")[0].replace(",", ""))
    return options.enqueue(method, padding="x" * (2 * LIMIT - size - 5), **arguments)


@both_brokers
@pytest.mark.parametrize(
    "value",
    ["x" * LIMIT, [[["x"]]] * 20_000, [Decimal(n) for n in range(10_000)]],
    ids=["text", "nested", "pickled"],
)
@pytest.mark.parametrize("after_commit", [False, True], ids=["now", "after_commit"])
def test_an_argument_that_is_too_large_is_named_where_it_is_enqueued(
    store: JobStore, value: Any, after_commit: bool
) -> None:
    with pytest.raises(CannotTravel) as error:
        enqueue("myapp.sizes.fail", blob=value, small=1, enqueue_after_commit=after_commit)
    said = str(error.value)
    assert "the job of myapp.sizes.fail has " in said
    assert "of which argument 'blob' has " in said
    assert "it may have 50,000" in said
    assert "pass its name, or raise frappe_celery_max_message_size" in said
    assert sum(store.counts().values()) == 0


def test_an_argument_of_a_canvas_that_is_too_large_is_named_where_it_is_made(
    store: JobStore,
) -> None:
    with pytest.raises(CannotTravel, match=r"job of myapp\.sizes\.fail has .* argument 'blob'"):
        signature("myapp.sizes.fail", kwargs={"blob": "x" * LIMIT, "small": 1})
    with pytest.raises(CannotTravel, match=r"of which argument '1' has"):
        signature("myapp.sizes.told", (1, "x" * LIMIT))


def test_three_hundred_megabytes_do_not_reach_the_broker_nor_its_workers(
    project: Project, store: JobStore
) -> None:
    project.configure(frappe_celery_max_message_size=None)
    with inside(project):
        worker(project)
        assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
        with pytest.raises(CannotTravel, match=r"has 314,57\d,\d{3} bytes.* may have 33,554,432"):
            enqueue("myapp.core.record", text="x" * (300 * 2**20))
        assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED


@both_brokers
def test_a_result_that_is_too_large_is_named_instead_of_kept(
    project: Project, store: JobStore
) -> None:
    worker(project)
    job = ended(enqueue("myapp.sizes.large", size=LIMIT))
    assert job.status == JobStatus.FINISHED
    assert job.result == (
        "Return value too large to be kept: str of 50,039 bytes,"
        " frappe_celery_max_message_size is 50,000"
    )
    assert ended(enqueue("myapp.sizes.large", size=LIMIT - 100)).result == "x" * (LIMIT - 100)


@both_brokers
def test_what_follows_from_one_that_may_just_travel_travels_too(
    project: Project, store: JobStore
) -> None:
    from myapp import sizes  # type: ignore[import-not-found]

    worker(project)
    again = options(retry=Retry(1, delay=0))
    enqueue_the_largest(again, "myapp.sizes.fail", on_failure=sizes.told, quotes='"' * 2000)
    wait_until(lambda: project.effects() == ["failed", "told"] * 2, 20, "it was repeated")
    job = enqueue_the_largest(
        options(), "myapp.sizes.die", on_failure=sizes.told, quotes='"' * 2000
    )
    wait_until(lambda: project.effects()[4:] == ["told"], 20, "its process's death was told")
    assert job.get_status() == JobStatus.FAILED
