"""The pages of jobs: who sees what, what can be done, and what is said when it cannot."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from frappe_celery.jobs import JobStatus, JobStore, codec
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.workers import ProcessInfo, WorkerInfo
from frappe_pages import other_arguments
from tests.integration.cli import OTHER, SITE, enqueued, failed
from tests.integration.pages.client import JOBS, Client
from tests.integration.stores import started, take
from tests.project import Project
from tests.servers import RedisServer

PAGES = (
    *("/admin/frappe_celery/", JOBS, "/admin/frappe_celery/worker/"),
    *("/admin/frappe_celery/scheduledjobtype/", "/admin/frappe_celery/schedulerevent/"),
    *("/admin/frappe_celery/errorlog/", "/admin/frappe_celery/scheduledjoblog/"),
)
Users = Callable[[str], Client]


# -- who may


def test_without_a_login_every_page_leads_to_it(address: str, store: JobStore) -> None:
    job = failed(store)
    nobody = Client(address)
    for page in (*PAGES, f"{JOBS}{job.run_id}/", f"{JOBS}act/"):
        answer = nobody.get(page)
        assert (answer.status, answer.location) == (302, f"/admin/login/?next={page}")
    assert nobody.get("/").location == "/admin/frappe_celery/"


def test_who_is_no_staff_cannot_log_in(address: str) -> None:
    with pytest.raises(AssertionError, match="staff account"):
        Client(address, "emil")


def test_staff_without_permission_is_refused(user: Users, store: JobStore) -> None:
    job = failed(store)
    for page in (*PAGES[1:], f"{JOBS}{job.run_id}/"):
        answer = user("dora").get(page)
        assert (answer.status, "You lack " in answer.text) == (403, True), page
        assert "/admin/" in answer.links("/admin/"), "a way back"
    assert "'Can view Job'" in user("dora").get(JOBS).text
    assert user("dora").act("requeue", job.run_id).status == 403
    first = user("dora").get(PAGES[0])
    assert (first.status, "There is no such page" in first.text) == (404, True)


def test_what_is_refused_says_why_and_is_no_fault_in_the_log(
    user: Users, store: JobStore, shop: Project
) -> None:
    job, olga, ben = failed(store, site=OTHER), user("olga"), user("ben")
    before = len(shop.processes[-1].output())
    assert "'Can delete Job'" in olga.act("delete", job.run_id).text
    assert "'Can view Worker'" in olga.get("/admin/frappe_celery/worker/").text
    limit = {"act": "pause", "target": f"site:{SITE}"}
    assert "'Can change Limit'" in ben.post("/admin/frappe_celery/limit/act/", **limit).text
    nowhere = olga.get(f"/admin/frappe_celery/site/{SITE}/")
    assert (nowhere.status, f"There is no site '{SITE}'" in nowhere.text) == (404, True)
    assert "/admin/frappe_celery/" in nowhere.links("/admin/")
    assert "Traceback" not in shop.processes[-1].output()[before:]


def test_who_may_only_look_can_change_nothing(user: Users, store: JobStore) -> None:
    job = failed(store)
    ben = user("ben")
    for page in PAGES:
        assert ben.get(page).status == 200, page
    shown = ben.get(f"{JOBS}{job.run_id}/")
    assert "ValueError: no" in shown.text
    assert "Requeue" not in shown.text
    assert "Action:" not in ben.get(JOBS).text
    for action in ("requeue", "stop", "cancel", "delete"):
        assert ben.act(action, job.run_id).status == 403
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED


def test_a_form_of_another_page_is_refused(user: Users, store: JobStore) -> None:
    job = failed(store)
    fields = {"action": "requeue", "run": job.run_id, "confirmed": "yes"}
    answer = user("anna").post_without_token(f"{JOBS}act/", **fields)
    assert (answer.status, "CSRF" in answer.text) == (403, True)
    assert user("anna").get(f"{JOBS}act/", **fields).status == 405
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED


def test_another_site_s_jobs_are_not_there(user: Users, store: JobStore) -> None:
    own, other = failed(store), failed(store, site=OTHER, error="ValueError: theirs")
    carla, anna = user("carla"), user("anna")
    assert "theirs" not in carla.get(JOBS).text
    assert "All 1" in carla.get(JOBS).text
    assert "All 1" in carla.get(JOBS, site=OTHER).text
    assert "1 failed in the last hour" in carla.get(PAGES[0]).text
    assert "theirs" not in carla.get(PAGES[0]).text
    assert carla.get(f"{JOBS}{other.run_id}/").status == 404
    assert carla.get(f"{JOBS}nosuchrun/").text.replace("nosuchrun", "") == (
        carla.get(f"{JOBS}{other.run_id}/").text.replace(other.run_id, "")
    )
    for action in ("requeue", "delete"):
        assert carla.act(action, own.run_id, other.run_id).status == 404
    assert store.fetch_run(other.run_id).status == JobStatus.FAILED
    assert store.fetch_run(own.run_id).status == JobStatus.FAILED
    assert "theirs" in anna.get(JOBS).text
    assert "All 1" in anna.get(JOBS, site=OTHER).text
    assert "2 failed in the last hour" in anna.get(PAGES[0]).text


# -- looking


def test_one_job_shows_what_it_is_and_why_it_failed(user: Users, store: JobStore) -> None:
    job = failed(
        store,
        "import::5",
        error="ValueError: password=hush",
        kwargs={"customer": "C <5>", "api_key": "hush"},
        attempt=2,
        deliveries=3,
    )
    shown = user("anna").get(f"{JOBS}{job.run_id}/")
    assert shown.status == 200
    for text in ("import::5", SITE, "someone", "enqueued", "started after", "failed after"):
        assert text in shown.text
    assert "Attempt 2" in shown.text
    assert "Deliveries 3: its process died before" in shown.text
    assert '"customer": "C <5>"' in shown.text
    assert "<5>" not in shown.source
    assert "hush" not in shown.source
    assert "Traceback (most recent call last)" in shown.text


def test_a_job_is_found_by_its_own_id_too(user: Users, store: JobStore) -> None:
    job, theirs = failed(store), failed(store, site=OTHER)
    shown = user("carla").get(f"{JOBS}{job.id}/")
    assert (shown.status, job.run_id in shown.text) == (200, True)
    assert user("carla").get(f"{JOBS}{theirs.id}/").status == 404


def test_a_job_that_is_kept_back_says_by_what(user: Users, store: JobStore) -> None:
    job = enqueued(store)
    page = f"{JOBS}{job.run_id}/"
    assert "Kept back" not in user("ben").get(page).text
    Limits(store).pause(f"site:{SITE}")
    assert take(store) is None
    shown = user("ben").get(page)
    assert "/admin/frappe_celery/limit/" in shown.links("/admin")
    assert f"Kept back by site:{SITE}: paused until somebody resumes it" in shown.text


def test_each_row_has_the_id_and_the_beginning_of_the_arguments(
    user: Users, store: JobStore
) -> None:
    about = {"customer": "C <5>", "api_key": "hush", "lines": list(range(100))}
    job, large = (
        failed(store, "import::5", kwargs=about),
        enqueued(store, kwargs={"a": "x" * 200_000}),
    )
    store.client.hset(store.keys.record(altered := enqueued(store).run_id), "message", "altered")
    page = user("carla").get(JOBS)
    assert f'{job.id} {{"customer": "C <5>", "api_key": "********", "lines": [0, 1, 2,' in page.text
    assert "99" not in page.text.partition(job.id)[2].partition("…")[0]
    assert "hush" not in page.source
    assert "<5>" not in page.source
    assert f"{large.id} Too many arguments to be shown here" in page.text
    assert f"::{altered} cannot be shown: " in page.text


def test_a_text_with_half_a_character_is_shown_escaped(user: Users, store: JobStore) -> None:
    kwargs = codec.encode_arguments({"n": "caf\udce9", "\udce9": ["\udce9", 1]}, True)
    job = failed(store, error="ValueError: \udce9 it is", name="odd \udce9", kwargs=kwargs)
    anna = user("anna")
    for page in (JOBS, f"{JOBS}{job.run_id}/", f"{JOBS}{job.run_id}/requeue/"):
        shown = anna.get(page)
        assert (shown.status, r"caf\udce9" in shown.text) == (200, True), shown.text
    text = other_arguments.as_text(job)
    assert other_arguments.changes(job, text) == ({}, [])
    changed = text.replace("caf", "the caf")
    assert other_arguments.changes(job, changed) == ({"n": "the caf\udce9"}, [])
    anna.post(f"{JOBS}{job.run_id}/requeue/", arguments=changed.replace("1", "2"))
    (again,) = store.page(statuses=[JobStatus.QUEUED])
    assert again.kwargs == {"n": "the caf\udce9", "\udce9": ["\udce9", 2]}
    assert anna.told() == r"1 job was requeued. Changed arguments: n, \udce9."


def test_of_very_long_arguments_a_page_shows_the_beginning(user: Users, store: JobStore) -> None:
    shown = user("anna").get(f"{JOBS}{enqueued(store, kwargs={'a': 'x' * 300_000}).run_id}/")
    assert "x… (300013 signs)" in shown.text
    shown = user("anna").get(f"{JOBS}{failed(store, error='E: ' + 'x' * 300_000).run_id}/")
    assert "x… (300051 signs)" in shown.text


def test_without_scripts_a_page_is_loaded_again_while_there_is_something_to_follow(
    user: Users, store: JobStore
) -> None:
    waits, ended = enqueued(store), failed(store)
    again = re.compile(r'<noscript><meta http-equiv="refresh" content="[35]">')
    active = f"{JOBS}{waits.run_id}/"
    for path in (active, "/admin/frappe_celery/", "/admin/frappe_celery/worker/"):
        page, followed = user("anna").get(path), user("anna").get(path, follow="")
        assert "?follow=" in page.links("?")
        assert not again.search(page.source)
        assert again.search(followed.source)
        assert "?" in followed.links("?")
    assert not again.search(user("anna").get(f"{JOBS}{ended.run_id}/", follow="").source)


def test_filters(user: Users, store: JobStore) -> None:
    anna = user("anna")
    enqueued(store, method="myapp.tasks.sleep", name="myapp.tasks.sleep", queue="long")
    failed(store)
    unfiltered = anna.get(JOBS)
    assert "All 2" in unfiltered.text
    assert "errornote" not in unfiltered.source
    rows = {
        "status=failed": ["myapp.tasks.record"],
        "queue=long": ["myapp.tasks.sleep"],
        "method=*.sleep": ["myapp.tasks.sleep"],
        "method=*.sleep&status=failed": [],
        "since=1h": ["myapp.tasks.record", "myapp.tasks.sleep"],
        "until=1h": [],
        f"until=2001-02-03T04:05&site={SITE}": [],
    }
    for query, methods in rows.items():
        page = anna.get(f"{JOBS}?{query}")
        found = [m for m in ("myapp.tasks.record", "myapp.tasks.sleep") if f"{m} " in page.text]
        assert (query, found) == (query, methods)
    chosen = re.compile(r'aria-current="page"><span class="fc-status fc-(\w+)"')
    assert chosen.findall(anna.get(JOBS, status="failed").source) == ["failed"]
    bad = anna.get(JOBS, since="yesterday")
    assert "'yesterday' is no time; write 30m, 2h or 7d" in bad.text
    for made_up in ("nonsense", "nan-x", "inf-x", "-inf-", "x", "", "1e999-x"):
        page = anna.get(JOBS, after=made_up, status="failed")
        assert page.status == 400, made_up
        assert "No such page" in page.text
    assert anna.get(JOBS, status="nonsense").status == 200


def test_browsers_run_and_show_nothing_but_the_server_s_own_files(
    user: Users, store: JobStore
) -> None:
    run = enqueued(store).run_id
    for path in ("/admin/frappe_celery/", JOBS, f"{JOBS}{run}/", "/admin/auth/user/"):
        told = user("anna").policy(path)
        assert "default-src 'self'" in str(told)
        assert "unsafe" not in str(told)
        source = user("anna").get(path).source
        assert not re.findall(r"<script(?![^>]* (?:src|type=\"application/json)=?)", source), path
        assert not re.findall(r"(?i)<style|<[^>]* (?:style|on\w+)=", source), path


def test_older_leads_through_all_of_them(user: Users, store: JobStore) -> None:
    runs = [enqueued(store).run_id for _ in range(120)]
    page, found = user("carla").get(JOBS), []
    for _ in range(3):
        found += [link for link in page.links(JOBS) if len(link) > len(JOBS) + 20]
        older = [link for link in page.links("?") if "after=" in link]
        if older:
            page = user("carla").get(JOBS + older[0])
    assert found == [f"{JOBS}{run}/" for run in reversed(runs)]
    assert not older
    assert "Newest" in page.text


def test_workers_are_shown_without_another_site_s_job(user: Users, store: JobStore) -> None:
    enqueued(store, site=OTHER)
    run = started(store, consumer="host:4711")
    tag = store.client.hkeys(store.keys.in_flight("host:4711"))[0]
    store.client.hset(store.keys.in_flight("host:4711"), "host:4711:4712-1", run)
    store.client.hdel(store.keys.in_flight("host:4711"), tag)
    now = time.time()
    who = ("w1@host", "host", 4711, ("long",), 2, "busy", run, now - 7500, now, "host:4711")
    processes = (ProcessInfo(4712, now - 190, 12, 3, 61), ProcessInfo(4713, now - 190, 0, 0, 0))
    memory = {"4711": 2**27, "4712": 2**28, "4713": 2**20}
    store.workers.write(WorkerInfo(*who, processes, memory=memory))
    page = "/admin/frappe_celery/worker/"
    seen = user("carla").get(page)
    assert (
        "w1@host busy pid 4711 on host, queues long. 385.0 MB of memory. Code of 2.1 h" in seen.text
    )
    assert "pid 4712 busy a job of another site 256.0 MB 12 3 61.0 s 3.2 min" in seen.text
    assert "pid 4713 idle 1.0 MB 0 0" in seen.text
    assert run not in seen.source
    has_not_said_yet = (*who[:5], "idle", None, *who[7:])
    store.workers.write(WorkerInfo(*has_not_said_yet, processes, memory=memory))
    assert "1 worker, 1 busy" in user("anna").get("/admin/frappe_celery/").text
    anna = user("anna").get(page)
    assert f"{JOBS}{run}/" in anna.links(JOBS)
    assert re.search(rf"pid 4712 busy myapp.tasks.record for .* m?s \S*::{run} 256.0", anna.text)


def test_a_worker_with_older_code_than_the_files_is_named(
    user: Users, shop: Project, store: JobStore
) -> None:
    now, file = time.time(), shop.root / "myapp" / "tasks.py"
    os.utime(file, (now - 600, now - 600))
    here = (socket.gethostname(), 4711, ("long",), 2, "idle", None)
    store.workers.write(WorkerInfo("old@host", *here, now - 700, now))
    store.workers.write(WorkerInfo("older@elsewhere", "elsewhere", *here[1:], now - 700, now))
    text = user("anna").get("/admin/frappe_celery/worker/").text
    assert text.count("runs code from before") == 1
    assert "It runs code from before" in text.partition("old@host")[2].partition("older@")[0]


# -- changing


def test_a_worker_that_was_not_exchanged_says_why(user: Users, store: JobStore) -> None:
    now = time.time()
    here = (socket.gethostname(), 4711, ("long",), 2, "idle", None, 1.0, now)
    store.workers.write(WorkerInfo("stays@host", *here))
    store.workers.note_exchange("stays@host", {"myapp.tasks": "SyntaxError: no"})
    shown = user("anna").get("/admin/frappe_celery/worker/").text
    assert "It was not exchanged: of the new code myapp.tasks cannot be imported" in shown
    assert "It runs code from before" not in shown


def test_requeue_asks_first_and_leads_to_the_new_run(user: Users, store: JobStore) -> None:
    anna, job = user("anna"), failed(store, kwargs={"amount": 5})
    asked = anna.act("requeue", job.run_id, confirmed=False)
    assert "It runs again, as a new run with the same arguments" in asked.text
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED
    done = anna.act("requeue", job.run_id)
    (again,) = store.page(statuses=[JobStatus.QUEUED])
    assert again.kwargs == {"amount": 5}
    assert (done.status, done.location) == (302, f"{JOBS}{again.run_id}/")
    assert anna.told() == "1 job was requeued."
    assert "myapp.tasks.record (requeued)" in anna.get("/admin/frappe_celery/").text


def test_the_address_of_an_old_run_leads_to_its_job_which_shows_the_first_error(
    user: Users, store: JobStore
) -> None:
    anna, old = user("anna"), failed(store, error="ValueError: the first")
    anna.act("requeue", old.run_id, confirmed="yes")
    page = anna.get(f"{JOBS}{old.run_id}/")
    assert page.status == 200
    assert "an attempt failed" in page.text
    assert ": ValueError: the first" in page.text
    assert f"Run {store.fetch(old.id).run_id}" in page.text
    listed = anna.get(JOBS).text
    assert "All 1" in listed
    assert store.counts()[JobStatus.FAILED] == 0
    anna.act("delete", old.run_id, confirmed="yes")  # from a page that somebody had open
    assert anna.get(f"{JOBS}{old.run_id}/").status == 404
    assert "All 0" in anna.get(JOBS).text


def test_what_cannot_be_requeued_is_not_offered_to_be(user: Users, store: JobStore) -> None:
    anna = user("anna")
    waits, runs, mended = enqueued(store, queue="long"), enqueued(store), failed(store)
    assert started(store) == runs.run_id
    gone = failed(store, method="myapp.tasks.removed")
    altered, late = failed(store), failed(store, expires=time.time() - 60)
    store.client.hset(store.keys.record(altered.run_id), "message", "altered")
    for job, why in (
        (waits, "it is queued"),
        (runs, "it is started"),
        (altered, "the signature is "),
        (late, "it was to start until a time that is over"),
        (gone, "there is no myapp.tasks.removed any more"),
    ):
        assert "Requeue" not in anna.get(f"{JOBS}{job.run_id}/").text, why
        assert f"It cannot be requeued: {why}" in anna.get(f"{JOBS}{job.run_id}/requeue/").text
        asked = anna.act("requeue", job.run_id, confirmed=False)
        assert f"It cannot be requeued: {why}" in asked.text
        assert "Yes, requeue" not in asked.text
    asked = anna.act("requeue", mended.run_id, late.run_id, altered.run_id, confirmed=False)
    assert "Requeue it?" in asked.text
    assert "Yes, requeue" in asked.text
    assert asked.source.count('name="run"') == 1
    assert "Requeue jobs" in anna.get(JOBS, status="failed").text
    assert "Requeue jobs" not in anna.get(JOBS, status="queued").text
    assert "Cancel jobs" in anna.get(JOBS, status="queued").text
    assert "Stop jobs" not in anna.get(JOBS, status="queued").text


def test_stop_cancel_and_delete(user: Users, store: JobStore) -> None:
    carla = user("carla")
    waits, later = enqueued(store), enqueued(store, queue="long")
    run = started(store, "long")
    assert run == later.run_id
    carla.act("stop", run)
    carla.act("cancel", waits.run_id)
    assert store.fetch_run(run).status == JobStatus.STOPPED
    assert store.fetch_run(waits.run_id).status == JobStatus.CANCELED
    carla.told()
    answer = carla.act("delete", run, waits.run_id, back=f"{JOBS}?queue=long")
    assert answer.location == f"{JOBS}?queue=long"
    assert carla.told() == "2 jobs were deleted."
    assert store.page() == []


def test_what_cannot_be_done_is_said(user: Users, store: JobStore) -> None:
    anna, job, ends = user("anna"), failed(store), failed(store)
    anna.act("stop", job.run_id)
    assert anna.told() == f"Not stopped: job {job.id} is failed: it does not run."
    ends.delete()
    assert "gone" in anna.act("requeue", ends.run_id, confirmed=False).text
    for action, done in (("requeue", "requeued"), ("stop", "stopped")):
        assert anna.act(action, ends.run_id).location == JOBS
        assert anna.told() == (
            f"Not {done}: Job {ends.run_id} is gone: deleted, requeued by somebody else, or past"
            " its retention."
        )
    anna.act("requeue", ends.run_id, job.run_id)
    assert "1 job was requeued." in anna.told()
    anna.post(f"{JOBS}act/", action="requeue")
    assert anna.told() == "Choose jobs, and what to do with them."


def test_nobody_is_led_to_another_server(user: Users, store: JobStore) -> None:
    one, two = failed(store), failed(store)
    answer = user("anna").act("delete", one.run_id, two.run_id, back="https://example.org/")
    assert answer.location == JOBS
    user("anna").told()


def test_what_somebody_else_wrote_to_redis_is_told(user: Users, store: JobStore) -> None:
    told = "holds what frappe_celery did not write"
    broken = failed(store)
    workers, line = store.keys.workers, store.keys.index(f"{SITE}|default", "queued")
    store.client.zadd(workers, {b"\xff": time.time()})
    store.client.set(line, "no sorted set")
    try:
        for page in (JOBS, "/admin/frappe_celery/worker/"):
            answer = user("anna").get(page)
            assert (answer.status, told in answer.text) == (503, True), answer.text
    finally:
        store.client.delete(line)
        store.client.zrem(workers, b"\xff")
    record = store.keys.record(broken.run_id)
    for no_time in ("inf", "1e300", "nan", "x"):
        store.client.hset(record, "started_at", no_time)
        answer = user("anna").get(JOBS)
        assert (answer.status, told in answer.text) == (503, True), answer.text
    store.client.delete(record)


# -- servers away


def probed(address: str, path: str) -> int:
    """As a pod is asked, by an address that is no host of ours, and by nobody."""
    request = Request(address.rstrip("/") + path, headers={"Host": "10.1.2.3:8000"})
    try:
        with urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_probes_are_answered_before_host_and_login(address: str, broker: RedisServer) -> None:
    assert [probed(address, path) for path in ("/health", "/ready", "/")] == [200, 200, 400]
    broker.stop()
    try:
        assert [probed(address, path) for path in ("/health", "/ready")] == [200, 503]
    finally:
        broker.start()
    assert probed(address, "/ready") == 200


def test_a_broker_that_is_away_is_named(user: Users, store: JobStore, broker: RedisServer) -> None:
    job, anna = failed(store), user("anna")
    broker.stop()
    try:
        sentence = f"the Redis at {store.url} does not answer"
        for page in (JOBS, f"{JOBS}{job.run_id}/", "/admin/frappe_celery/worker/"):
            answer = anna.get(page)
            assert (answer.status, sentence in answer.text) == (503, True), answer.text
        acted = anna.act("requeue", job.run_id)
        assert (acted.status, sentence in acted.text) == (503, True)
        first = anna.get("/admin/frappe_celery/")
        assert (first.status, sentence in first.text) == (200, True)
        assert anna.get("/admin/frappe_celery/scheduledjobtype/").status == 200
    finally:
        broker.start()
    assert anna.get(JOBS).status == 200
