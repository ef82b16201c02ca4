"""Failures by their error; searching jobs; acting on all that the filters match."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.watch.words import clock
from frappe_pages.job_search import kind_of
from tests.integration.cli import OTHER, SITE, enqueued, failed
from tests.integration.pages.client import JOBS, Answer, Client

FAILURES = "/admin/frappe_celery/failure/"
Users = Callable[[str], Client]
TRACEBACK = 'boom\n  File "/srv/apps/myapp/tasks.py", line {}, in charge\n    pay()\n'


def rows(page: Answer) -> list[tuple[str, int]]:
    found = re.findall(r'(?s)<tr data-key="(.*?)".*?class="fc-count">([\d,]+)<', page.source)
    return [(Answer(200, "", kind).text, int(number)) for kind, number in found]


def shown(listed: Answer) -> list[str]:
    """The jobs of a list."""
    return [link for link in listed.links(JOBS) if link.count("/") == 5]


def charged(store: JobStore, order: int, **given: object) -> str:
    """A job that failed as others do, but for what its error names."""
    error = f"{TRACEBACK.format(order)}PaymentError: order {order} of 'C-{order}' is unpaid"
    return failed(store, error=error, **given).run_id


def test_what_differs_from_job_to_job_makes_no_kind(store: JobStore) -> None:
    known = {kind_of(store.fetch_run(charged(store, number))) for number in (7, 12345)}
    assert known == {"PaymentError: order … of … is unpaid (charge in tasks.py)"}
    texts = ("KeyError: 'a'", "KeyError: 'b'", "ValueError: deadbeef01 is none", "ValueError: no")
    kinds = [kind_of(failed(store, error=text)) for text in texts]
    assert kinds == ["KeyError: …", "KeyError: …", "ValueError: … is none", "ValueError: no"]
    secret = failed(store, error="AuthError: password=hunter2 was refused")
    assert "hunter2" not in kind_of(secret)


def test_failures_are_grouped_and_lead_to_their_jobs(user: Users, store: JobStore) -> None:
    orders = [charged(store, number, site=OTHER if number == 3 else SITE) for number in range(4)]
    failed(store, error="ValueError: no")
    enqueued(store)
    page = user("anna").get(FAILURES)
    assert rows(page) == [
        ("PaymentError: order … of … is unpaid (charge in tasks.py)", 4),
        ("ValueError: no", 1),
    ]
    assert f"{JOBS}{orders[-1]}/" in page.links(JOBS)  # the last
    listed = user("anna").get(page.links(f"{JOBS}?")[0])
    assert shown(listed) == [f"{JOBS}{run}/" for run in reversed(orders)]
    assert "Only with the error PaymentError" in listed.text


def test_who_sees_one_site_sees_its_failures_alone(user: Users, store: JobStore) -> None:
    charged(store, 1)
    charged(store, 2, site=OTHER)
    for who, query in (
        ("olga", {}),
        ("olga", {"site": "site1.localhost"}),
        ("anna", {"site": OTHER}),
    ):
        assert [number for _, number in rows(user(who).get(FAILURES, **query))] == [1], (who, query)
    assert user("dora").get(FAILURES).status == 403


def test_a_search_finds_what_a_line_has(user: Users, store: JobStore) -> None:
    charged(store, 77)
    job = enqueued(store, method="myapp.tasks.sleep", name="Nightly", kwargs={"customer": "Ørsted"})
    anna, found = user("anna"), f"{JOBS}{job.run_id}/"
    for text in ("tasks.SLEEP", "nightly", "ørsted", job.id[-20:]):
        assert shown(anna.get(JOBS, search=text)) == [found], text
    assert "PaymentError" in anna.get(JOBS, search="of 'C-77'").text
    assert "No such jobs" in anna.get(JOBS, search="nothing of the kind").text
    for text in (job.id, job.run_id):
        assert anna.get(JOBS, search=text).location == found
    assert user("olga").get(JOBS, search=job.run_id).location == ""


def every(
    client: Client, query: str, action: str = "requeue", asked: str | None = None
) -> tuple[Answer, Answer]:
    """Ask for an action on all that match, and confirm it."""
    form = {"action": action, "every": "yes", "back": f"{JOBS}?{query}"}
    question = client.post(f"{JOBS}act/", **form)
    if asked is None:
        found = re.search(r'name="asked" value="([^"]+)"', question.source)
        asked = found[1] if found else ""
    return question, client.post(f"{JOBS}act/", confirmed="yes", asked=asked, **form)


def test_all_that_match_are_requeued_and_none_besides(user: Users, store: JobStore) -> None:
    runs = [charged(store, number) for number in range(60)]
    spared = failed(store, error="ValueError: no").run_id
    waits = enqueued(store).run_id
    page = user("anna").get(FAILURES)
    query = urlsplit(page.links(f"{JOBS}?")[0]).query
    question, done = every(user("anna"), query)
    assert "Requeue 60 jobs?" in question.text
    assert "They are all that match now. The newest 50 are shown." in question.text
    assert (done.status, parse_qs(urlsplit(done.location).query)) == (302, parse_qs(query))
    assert user("anna").told() == "60 jobs were requeued."
    assert "60 jobs by the filters" in user("anna").get("/admin/frappe_celery/").text
    queued = [job.run_id for job in store.page(statuses=[JobStatus.QUEUED], length=-1)]
    assert len(queued) == 61
    assert waits in queued
    assert not {*runs} & {*queued}
    assert [job.run_id for job in store.page(statuses=[JobStatus.FAILED])] == [spared]


def test_what_comes_after_the_question_is_left_alone(user: Users, store: JobStore) -> None:
    first = charged(store, 1)
    form = {"action": "delete", "every": "yes", "back": f"{JOBS}?status=failed"}
    question = user("anna").post(f"{JOBS}act/", **form)
    asked = re.search(r'name="asked" value="([^"]+)"', question.source)
    later = charged(store, 2)
    assert asked is not None
    user("anna").post(f"{JOBS}act/", confirmed="yes", asked=asked[1], **form)
    assert [job.run_id for job in store.page()] == [later] != [first]


def test_all_that_match_are_those_that_one_sees(user: Users, store: JobStore) -> None:
    here, there = charged(store, 1), charged(store, 2, site=OTHER)
    every(user("olga"), "status=failed")  # the other site is hers
    assert store.fetch_run(here).status == JobStatus.FAILED
    assert [job.site for job in store.page(statuses=[JobStatus.QUEUED])] == [OTHER]
    _, refused = every(user("olga"), "status=failed&site=site1.localhost")
    assert refused.status == 302
    assert "Mend the filters first: nothing was done." in user("olga").told()
    assert every(user("ben"), "status=failed")[1].status == 403
    assert (store.fetch_run(here).status, there) == (JobStatus.FAILED, there)


def test_filters_that_cannot_be_read_match_nothing(user: Users, store: JobStore) -> None:
    run = charged(store, 1)
    for query in ("since=yesterday", "status=nonsense", "queue=none"):
        every(user("anna"), query, "delete", asked="")
        assert "Mend the filters first" in user("anna").told(), query
    assert store.fetch_run(run).status == JobStatus.FAILED


def test_a_row_s_job_is_requeued_alone(user: Users, store: JobStore) -> None:
    run, other = charged(store, 1), charged(store, 2)
    form = {"action": "", "again": run, "back": JOBS}
    assert "Requeue it?" in user("anna").post(f"{JOBS}act/", **form).text
    user("anna").post(f"{JOBS}act/", confirmed="yes", **form)
    assert store.fetch_run(other).status == JobStatus.FAILED
    assert len(store.page(statuses=[JobStatus.QUEUED])) == 1
    assert f'name="again" value="{other}"' in user("anna").get(JOBS).source
    assert 'name="again"' not in user("ben").get(JOBS).source


def test_a_failed_job_s_line_says_when_it_failed(user: Users, store: JobStore) -> None:
    job = failed(store, enqueued_at=time.time() - 3 * 3600)
    line = user("anna").get(JOBS).text
    assert re.search(r"\b(\d+ ms|\d\.\d s) ago\b", line), line
    assert clock(job.ended_at) in line
    assert clock(job.enqueued_at) not in line


def test_our_own_server_s_menu_begins_with_what_people_do(user: Users) -> None:
    (menu,) = re.findall(r'(?s)<nav id="nav-sidebar".*?</nav>', user("anna").get(JOBS).source)
    names = re.findall(r"<a [^>]*>([^<]*)</a>", menu)
    first = ["Overview", "Jobs", "Failures", "Batches", "Schedule", "Workers", "Sites", "Limits"]
    assert names[: len(first)] == first
    assert "Users" in names
    assert re.findall(r'<a [^>]*aria-current="page">([^<]*)</a>', menu) == ["Jobs"]
    assert user("anna").get("/admin/").location == "/admin/frappe_celery/"
