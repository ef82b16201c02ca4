"""Alerts by mail and webhook: once when something begins, once when it is over, whoever looks."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from apprise import NotifyBase
from apprise.manager_plugins import NotificationManager

from frappe_celery import enqueue
from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.watch.doctor import failures
from frappe_celery.watch.doctor.report import Finding, Level, Section
from frappe_celery.watch.notify.ledger import Alerts, Entry
from frappe_celery.watch.notify.look import look_around
from frappe_celery.watch.notify.receivers import receivers
from frappe_celery.watch.notify.sender import send
from tests import waiting
from tests.acceptance.commands import run_cli
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.cli import enqueued, failed
from tests.integration.watch.receiver import Receiver
from tests.integration.watch.scraping import finished
from tests.mailbox import Mailbox, text_of
from tests.ports import LOOPBACK
from tests.project import Project

NO_WORKER, LONG, SHORT = "no worker runs", "jobs wait in queue long", "jobs wait in queue short"


def holding(*summaries: str) -> dict[str, Any]:
    """What the ledger notes where these hold, as they have to for a minute."""
    notice = {"name": "x", "critical": True, "description": "", "look": ""}
    return {s: {"seconds": 60, "notice": {**notice, "summary": s}} for s in summaries}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver().open() as receiver:
        yield receiver


@pytest.fixture
def store(project: Project, mailbox: Mailbox, hook: Receiver) -> Iterator[JobStore]:
    """The jobs of a project whose alerts go to both."""
    write_tasks(project)
    mail = f"mailto://{LOOPBACK}:{mailbox.port}?from=bench@example.com&to=ops@example.com"
    urls = [f"{mail}&mode=insecure", f"http://{hook.address}/hook?token=secret"]
    project.configure(frappe_celery_alerts=urls)
    with inside(project) as store:
        yield store


wait_until = partial(waiting.wait_until, timeout=90)
"""It is looked each ten seconds, and Apprise takes two to start, more on a busy machine."""


def key(store: JobStore, name: str = "") -> str:
    return f"{store.keys.prefix}alerts{name}"


def long_ago(store: JobStore) -> None:
    """What holds now, holds since long ago."""
    for field, text in store.client.hgetall(key(store)).items():
        store.client.hset(key(store), field, json.dumps({**json.loads(text), "since": 1}))


def findings(store: JobStore) -> list[Finding]:
    """What doctor says."""
    found = Section("alerts")
    failures.check_alerts(found, store)
    return found.findings


def posted(hook: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in list(hook.requests)]


def test_no_worker_is_told_of_once_by_beat_and_once_more_when_one_has_started(
    project: Project, store: JobStore, mailbox: Mailbox, hook: Receiver
) -> None:
    project.beat()
    project.beat()  # which stands by, and looks too
    wait_until(lambda: store.client.hlen(key(store)), what="it is seen")
    assert not mailbox.mails, "it has not held for long enough"
    long_ago(store)
    wait_until(lambda: mailbox.mails and hook.requests, what="it is told")
    project.worker()
    wait_until(lambda: len(mailbox.mails) > 1 and len(hook.requests) > 1, what="its end is told")
    begun, over = mailbox.subjects()
    assert begun.startswith(f"[{project.root.name} on ")
    assert begun.endswith("] no worker runs: no job will run")
    assert over.endswith("] over: no worker runs: no job will run")
    assert "Look: frappe-celery doctor" in text_of(mailbox.mails[0])
    assert [(one["title"], one["type"]) for one in posted(hook)] == [
        (begun, "failure"),
        (over, "success"),
    ]
    assert hook.requests[0][0].startswith("/hook")
    wait_until(lambda: not store.client.exists(key(store, ":outbox")), what="it is noted")


def test_that_no_scheduler_leads_is_told_by_a_worker(
    project: Project, store: JobStore, mailbox: Mailbox, hook: Receiver
) -> None:
    beat = project.beat()
    beat.wait_for(" leads")
    project.worker()
    wait_until(lambda: store.client.exists(f"{store.keys.prefix}beat:pulse"), what="it leads")
    beat.stop()
    wait_until(
        lambda: b"NoScheduler" in b"".join(store.client.hkeys(key(store))), what="it is seen"
    )
    long_ago(store)
    wait_until(lambda: mailbox.mails and hook.requests, what="it is told")
    assert "] no scheduler runs: nothing is enqueued when it is due" in mailbox.subjects()[0]


def test_a_receiver_that_is_away_gets_it_later_and_the_other_one_once(
    project: Project, store: JobStore, mailbox: Mailbox, hook: Receiver
) -> None:
    hook.answer = 503
    beat = project.beat()
    wait_until(lambda: store.client.hlen(key(store)), what="it is seen")
    long_ago(store)
    wait_until(lambda: mailbox.mails and store.client.exists(key(store, ":retry")), what="half")
    beat.wait_for("told again in 2 s or more, not taken by http://")
    assert "secret" not in beat.output()
    (late,) = Alerts(store).unsent()
    assert late.receivers is not None
    assert len(late.receivers) == 1
    (finding,) = findings(store)
    assert "1 alert could not be delivered to everybody yet" in finding.text
    hook.answer = 200
    store.client.delete(key(store, ":retry"))  # a minute later
    wait_until(lambda: not store.client.exists(key(store, ":outbox")), what="it is delivered")
    assert not findings(store)
    assert len(mailbox.mails) == 1
    assert posted(hook)[-1]["title"] == mailbox.subjects()[0]


class Puzzled(NotifyBase):
    """A service's plugin that does not know what it was answered."""

    def send(self, **_: Any) -> bool:
        raise KeyError("ok")


def test_what_a_service_s_plugin_breaks_over_is_not_delivered(
    project: Project, hook: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    NotificationManager().add(Puzzled, schemas="puzzled", force=True)
    project.configure(frappe_celery_alerts=["puzzled://there", f"http://{hook.address}/hook"])
    with inside(project) as store:
        ledger = Alerts(store)
        ledger.note(holding(NO_WORKER))
        long_ago(store)
        ledger.note(holding(NO_WORKER))
        assert ledger.sends("me")
        send(ledger, receivers, "me")
        (left,) = ledger.unsent()
    assert len(left.receivers or ()) == len(hook.requests) == 1
    assert "told again in 2 s or more, not taken by http://there/" in caplog.text


def test_the_doctor_shows_who_is_told_as_it_was_written(store: JobStore, hook: Receiver) -> None:
    found = Section("alerts")
    failures.check_alerts(found, store)
    _, posted_to = found.rows
    assert posted_to["told"].rstrip("/") == f"http://{hook.address}/hook"


def test_a_look_finds_what_redis_holds(store: JobStore) -> None:
    enqueued(store, site="starved", queue="long", enqueued_at=time.time() - 2000)
    enqueued(store, site="paused", queue="short", enqueued_at=time.time() - 2000)
    finished(store, queue="long")
    for _ in range(10):
        failed(store, site="fails", queue="default")
    Limits(store).pause("queue:short")
    look_around(store)
    assert sorted(json.loads(field) for field in store.client.hkeys(key(store))) == [
        ["FrappeCeleryJobsFail", ["site", "fails"]],
        ["FrappeCeleryJobsWait", ["queue", "long"]],
        ["FrappeCeleryNoWorker"],
        ["FrappeCeleryPauseForgotten", ["target", "queue:short"]],
        ["FrappeCelerySiteStarved", ["queue", "long"], ["site", "starved"]],
    ]


def test_each_loss_is_told_of_though_the_one_before_is_not_over(store: JobStore) -> None:
    for end in (time.time() - 60, time.time() - 30):
        loss = {"start": end - 1, "end": end, "all": True, "sure": True}
        store.client.lpush(f"{store.keys.prefix}broker:losses", json.dumps(loss))
        look_around(store)
    told = Alerts(store).unsent()
    begun = [news["summary"] for entry in told for news in entry.about["begun"]]
    assert begun == ["the Redis that keeps the jobs lost some of them"] * 2
    assert not any(entry.about["over"] for entry in told)


def test_each_begins_and_ends_once_and_a_look_makes_one_message(store: JobStore) -> None:
    ledger, all_three = Alerts(store), holding(NO_WORKER, LONG, SHORT)

    def told(entry: Entry, what: str) -> set[str]:
        return {notice["summary"] for notice in entry.about[what]}

    ledger.note(all_three)
    assert ledger.unsent() == []
    long_ago(store)
    for _ in range(3):
        ledger.note(all_three)
    (begun,) = ledger.unsent()
    assert (told(begun, "begun"), told(begun, "over")) == ({NO_WORKER, LONG, SHORT}, set())
    ledger.note(holding(LONG))
    ledger.note(holding(LONG))
    _, over = ledger.unsent()
    assert told(over, "over") == {NO_WORKER, SHORT}
    ledger.note(holding(NO_WORKER))  # for a moment
    ledger.note({})
    *_, last = ledger.unsent()
    assert told(last, "over") == {LONG}
    assert len(ledger.unsent()) == 3


def test_one_looks_at_a_time_and_one_sends(store: JobStore) -> None:
    ledger = Alerts(store)
    assert ledger.is_my_turn()
    assert not ledger.is_my_turn()
    assert not ledger.sends("a"), "there is nothing"
    ledger.note(holding(NO_WORKER))
    long_ago(store)
    ledger.note(holding(NO_WORKER))
    assert ledger.sends("a")
    assert not ledger.sends("b")
    assert not ledger.lease.keep("b")
    ledger.lease.give_up("b")
    assert ledger.lease.keep("a")
    ledger.lease.give_up("a")
    assert ledger.sends("b")


def test_what_an_older_version_left_is_sent_and_never_by_both_at_once(store: JobStore) -> None:
    ledger, notice = Alerts(store), {"name": "x", "summary": "x", "description": "", "look": ""}
    left = {"id": "1", "at": 1, "begun": [notice], "over": {}, "receivers": ["one"]}
    store.client.lpush(key(store, ":outbox"), json.dumps(left))
    store.client.set(key(store, ":trouble"), 1)
    store.client.set(key(store, ":lease"), "an older version's", ex=60)
    assert not ledger.sends("me")
    store.client.delete(key(store, ":lease"))
    assert ledger.sends("me")
    (entry,) = ledger.unsent()
    assert (entry.about["begun"], entry.about["over"]) == ([notice], [])
    assert entry.receivers == ["one"]
    ledger.delivered(entry)
    assert not store.client.exists(key(store, ":outbox"))
    assert ledger.wait() == 2


NO_APPRISE = "import sys\nsys.modules['apprise'] = sys.modules['yaml'] = None\n"


def test_without_apprise_workers_and_beat_go_on_and_log_and_doctor_say_so(
    project: Project, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("celeryconfig.py", NO_APPRISE)
    processes = worker(project), project.beat()
    for process, ready in zip(processes, (" ready.", " leads"), strict=True):
        process.wait_for(ready)
        process.wait_for("frappe_celery_alerts needs apprise: pip install")
    assert ended(enqueue("myapp.core.record")).is_finished
    monkeypatch.setitem(sys.modules, "apprise", None)
    (finding,) = findings(store)
    assert finding.level == Level.PROBLEM
    assert "frappe_celery_alerts needs apprise: pip install" in finding.text
    for process in processes:
        assert process.popen.poll() is None
        assert "Traceback" not in process.output()


@pytest.mark.parametrize("url", ["ops@example.com", "hooks.example.com/x", ""])
def test_what_is_no_url_ends_a_worker_and_beat_with_a_sentence(project: Project, url: str) -> None:
    project.configure(frappe_celery_alerts=["json://ok", url])
    for command in ("worker", "beat"):
        process = project.celery(command)
        assert process.wait() == 1
        assert f"Error: ConfigError: frappe_celery_alerts[1] is {url!r}" in process.output()


def test_a_service_that_apprise_does_not_know_is_named_by_the_doctor(project: Project) -> None:
    project.configure(frappe_celery_alerts=["nonsense://user:pass@there"])
    with inside(project):
        (finding,) = findings(get_store())
    assert "frappe_celery_alerts[0] is 'nonsense://'" in finding.text
    assert "it must be one such as https://hooks" in finding.text
    shown = run_cli(project, "settings")
    assert "pass@" not in shown
    settings.use(None)


def test_who_is_named_later_is_told_by_a_beat_that_ran_before(
    project: Project, store: JobStore, mailbox: Mailbox, hook: Receiver
) -> None:
    urls = store.settings.frappe_celery_alerts
    project.configure(frappe_celery_alerts=None)
    beat = project.beat()
    beat.wait_for(" leads")
    project.configure(frappe_celery_alerts=urls)
    wait_until(lambda: store.client.hlen(key(store)), what="it is seen")
    long_ago(store)
    wait_until(lambda: mailbox.mails and hook.requests, what="it is told")
    assert mailbox.subjects()[0].endswith("] no worker runs: no job will run")
