"""Requeueing with other arguments: what of them can be changed, and what of a job cannot."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from frappe_celery.jobs import Job, JobStatus, JobStore, codec
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB
from tests.integration.cli import OTHER, SITE, enqueued, failed
from tests.integration.pages.client import JOBS, Answer, Client

Users = Callable[[str], Client]
GIVEN = {
    "customer": "C-1",
    "amount": 80,
    "api_key": "hush",
    "card": {"token": "tok_5", "holder": "Ann"},
    "due": date(2026, 3, 1),
    "days": [date(2026, 3, 1)],
}


def charge(store: JobStore, **fields: Any) -> Job:
    return failed(store, kwargs=codec.encode_arguments(GIVEN, True), **fields)


def form(user: Client, job: Job) -> dict[str, Any]:
    """The arguments as the form shows them."""
    source = user.get(f"{JOBS}{job.run_id}/requeue/").source
    found = re.search(r"(?s)<textarea[^>]*>(.*?)</textarea>", source)
    assert found
    values: dict[str, Any] = json.loads(html.unescape(found[1]))
    return values


def requeue(client: Client, job: Job, arguments: Any, **more: str) -> Answer:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return client.post(f"{JOBS}{job.run_id}/requeue/", arguments=text, **more)


def test_what_is_not_changed_stays_as_it_was(user: Users, store: JobStore) -> None:
    anna, job = user("anna"), charge(store)
    values = form(anna, job)
    assert "hush" not in json.dumps(values)
    del values["customer"]
    answer = requeue(anna, job, {**values, "amount": 12, "due": "2026-04-01", "note": None})
    assert answer.status == 302
    again = store.fetch_run(answer.location.strip("/").rpartition("/")[2]).opened
    kept = {name: value for name, value in GIVEN.items() if name != "customer"}
    changed = {"amount": 12, "due": date(2026, 4, 1), "note": None}
    assert again.decoded_kwargs() == {**kept, **changed}
    assert "Changed arguments: amount, due, note, customer" in anna.told()
    assert store.counts()[JobStatus.FAILED] == 0


def test_neither_site_nor_user_nor_method_can_be_changed(user: Users, store: JobStore) -> None:
    job = charge(store)
    before = store.fetch_run(job.run_id).opened
    forged = {"site": OTHER, "user": "Administrator", "method": "os.system", "queue": "short"}
    answer = requeue(user("anna"), job, form(user("anna"), job), **forged)
    again = store.fetch_run(answer.location.strip("/").rpartition("/")[2]).opened
    for name in ("site", "user", "method", "queue", "id", "name"):
        assert getattr(again, name) == getattr(before, name), name
    assert again.decoded_kwargs() == GIVEN


@pytest.mark.parametrize(
    ("method", "given", "other"),
    [
        (RUN_SCHEDULED_JOB, {"job_type": "a.b"}, {"job_type": "os.getpid"}),
        (RUN_SCHEDULED_JOB, {"job_type": "a.b"}, {}),
        (
            "frappe.utils.background_jobs.run_doc_method",
            {"doctype": "ToDo", "name": "1", "doc_method": "close"},
            {"doctype": "ToDo", "name": "1", "doc_method": "delete"},
        ),
        (
            "frappe.model.document.execute_action",
            {"__doctype": "ToDo", "__name": "1", "__action": "submit"},
            {"__doctype": "User", "__name": "1", "__action": "submit"},
        ),
    ],
)
def test_an_argument_that_names_a_method_stays(
    user: Users, store: JobStore, method: str, given: dict[str, Any], other: dict[str, Any]
) -> None:
    job = failed(store, method=method, name=method, kwargs=given)
    answer = requeue(user("anna"), job, other)
    assert answer.status == 200
    assert "says what is run, which stays" in answer.text
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{", "line 1, column 2"),
        ("[1]", "arguments are an object"),
        ({"card": {"token": "********", "holder": "Bob"}}, "card holds a masked secret"),
        ({"due": "soon"}, "due: 'soon' is no date"),
        ({"days": ["2026-04-01"]}, "days holds what JSON cannot carry"),
    ],
)
def test_what_cannot_be_taken_is_said(
    user: Users, store: JobStore, arguments: Any, told: str
) -> None:
    job = charge(store)
    if isinstance(arguments, dict):
        arguments = {**form(user("anna"), job), **arguments}
    answer = requeue(user("anna"), job, arguments)
    assert (answer.status, told in answer.text) == (200, True)
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED


def test_who_may_not_is_refused(user: Users, store: JobStore) -> None:
    job, waits = charge(store), enqueued(store)
    assert "It cannot be requeued: it is queued." in requeue(user("anna"), waits, {}).text
    assert requeue(user("ben"), job, GIVEN | {"due": "", "days": []}).status == 403
    assert requeue(user("olga"), job, "{}").status == 404
    path = f"{JOBS}{job.run_id}/requeue/"
    assert user("olga").get(path).status == 404
    assert user("carla").post_without_token(path, arguments="{}").status == 403
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED
    assert job.site == SITE
    link = "Requeue with other arguments"
    assert link in user("carla").get(f"{JOBS}{job.run_id}/").text
    assert link not in user("ben").get(f"{JOBS}{job.run_id}/").text
