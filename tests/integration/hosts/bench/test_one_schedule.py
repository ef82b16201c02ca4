"""An armed bench: Frappe's scheduler acts or beat does, and each knows what the other did."""

from __future__ import annotations

import json

from tests.integration.hosts.bench.switching import Armed
from tests.waiting import wait_until

SCHEDULED = """
from frappe.core.doctype.scheduled_job_type.scheduled_job_type import ScheduledJobType
from datetime import datetime, timedelta
def acts(name="one", frequency="Daily Long", days_ago=2, **options):
    row = ScheduledJobType(name=name, method="fixture_app.tasks.write", frequency=frequency,
                           last_execution=datetime.now() - timedelta(days=days_ago))
    return row.enqueue(**options)
def hand_over(yes):
    routing.change_routes(lambda old: old.with_schedule(yes))
"""


def test_frappes_scheduler_enqueues_while_it_is_its_turn(armed: Armed) -> None:
    answer = armed.ask(
        SCHEDULED
        + """
answer = [acts()]
to_celery()
hand_over(True)
answer += [acts(), acts(force=True)]
hand_over(False)
answer += [acts(), acts("another")]
"""
    )
    assert answer == [True, False, True, False, True], "the fourth was acted on by the first"


def test_execute_in_desk_runs_what_is_not_due(armed: Armed) -> None:
    asked = "answer = [acts(days_ago=-1), acts(days_ago=-1, force=True)]"
    assert armed.ask(SCHEDULED + asked) == [False, True]


def test_a_due_time_that_the_other_scheduler_acted_on_is_not_acted_on_again(armed: Armed) -> None:
    """Its run has ended, so that no queue tells of it; nobody has looked at the row meanwhile."""
    answer = armed.ask(
        SCHEDULED
        + """
import time
from frappe_celery.jobs import get_store
from frappe_celery.jobs.record.due_claim import AlreadyActedOn, Claim
key = get_store().keys.due("site1", "one")
due = time.time() - 60
get_store().client.set(key, due)
answer = [acts()]
get_store().client.delete(key)
answer.append(acts())
hand_over(True)
try:
    get_store().skip(Claim(key, due), "beat acts")
    answer.append("twice")
except AlreadyActedOn:
    answer.append("once")
"""
    )
    assert answer == [False, True, "once"]


def test_of_a_slot_that_beat_would_start_later_beat_starts_none(armed: Armed) -> None:
    """Frappe starts maintenance at the full hour, beat up to 59 minutes later."""
    answer = armed.ask(
        SCHEDULED
        + """
from zoneinfo import ZoneInfo
from frappe_celery.hosts.bench import schedule
from frappe_celery.jobs import get_store
from frappe_celery.jobs.record.due_claim import AlreadyActedOn, Claim
from frappe_celery.schedule import timing
timing.maintenance_shift = lambda site: 59
hour = datetime.now(ZoneInfo(schedule.time_zone())).replace(minute=0, second=0, microsecond=0)
answer = [acts(frequency="Hourly Maintenance"), acts(frequency="Hourly Maintenance")]
hand_over(True)
key = get_store().keys.due("site1", "one")
for slot in (hour, hour + timedelta(hours=1)):
    start = slot + timedelta(minutes=59)
    try:
        get_store().skip(Claim(key, start.timestamp()), "beat acts")
        answer.append("acted")
    except AlreadyActedOn:
        answer.append("once")
"""
    )
    assert answer == [True, False, "once", "acted"]


def test_a_schedule_handed_over_while_frappes_scheduler_enqueues(armed: Armed) -> None:
    """It looked, beat took over, it writes: nothing is enqueued."""
    answer = armed.ask(
        SCHEDULED
        + """
from frappe_bridge.armed.queue import ArmedQueue
into_rq = ArmedQueue.into_rq
def late(*args):
    to_celery()
    hand_over(True)
    return into_rq(*args)
ArmedQueue.into_rq = late
answer = [acts(), background_jobs.get_queue("default").count]
"""
    )
    assert answer == [False, 0]


def test_beat_acts_only_while_it_is_its_turn(armed: Armed) -> None:
    answer = armed.ask(
        """
        import datetime, time
        from frappe_celery.jobs import get_store
        from frappe_celery.jobs.queue import publish
        from frappe_celery.jobs.record.due_claim import Claim, Deposed
        from frappe_celery.jobs.message import JobMessage
        def beat(due):
            message = JobMessage(run=str(due), id="site1::scheduled", site="site1", user="Guest",
                                 method="x.y", queue="long", timeout=9, enqueued_at=time.time())
            key = get_store().keys.due("site1", "entry")
            try:
                job = publish.publish(message, deduplicate=True, claim=Claim(key, due))
            except Deposed:
                return "deposed"
            return job and system_of(job)
        answer = [beat(1.0)]
        enqueue(job_id="scheduled")
        to_celery()
        routing.change_routes(lambda old: old.with_schedule(True))
        answer.append(beat(1.0))
        background_jobs.get_job("scheduled").delete()
        answer.append(beat(2.0))
        """
    )
    assert answer == ["deposed", None, "frappe_celery"]


SCHEDULER = """
import fcntl, time
with open("../config/scheduler_process", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("locked")
    time.sleep(600)
"""
"""`bench schedule`, as far as it is seen: Frappe's scheduler holds this lock as long as it runs."""

MISSING = """
from frappe_bridge import guide
(answer,) = [step.missing() for step in guide.back() if "RQ's" in step.name]
answer = [line for line in answer if "schedule" in line]
"""


def test_a_scheduler_of_frappes_that_does_not_run_is_told_of(armed: Armed) -> None:
    """Nothing is scheduled any more, once the schedule is its."""
    nobody = "no scheduler of Frappe's runs on this machine: start bench schedule"
    code, output = armed.switch.run("disable", "--schedule")
    assert (code, nobody in output) == (1, True), output
    code, output = armed.switch.run("doctor")
    assert (code, "none runs on this machine, so that nothing is enqueued" in output) == (2, True)
    (line,) = armed.ask(MISSING)
    assert "no bench schedule runs on this machine" in line

    armed.bench.write("config/started", "")
    armed.bench.start("schedule", "-c", SCHEDULER).wait_for("locked")
    code, output = armed.switch.run("disable", "--schedule")
    assert (code, "The scheduler of Frappe has the schedule now." in output) == (0, True), output
    assert "runs on this machine" not in armed.switch.run("doctor")[1]
    assert armed.ask(MISSING) == []


def test_doctor_says_once_that_frappes_scheduler_acts_and_what_hands_it_over(armed: Armed) -> None:
    """Nothing is wrong; `enable --schedule` is refused as long as some jobs go to RQ."""
    found = json.loads(armed.switch.run("doctor", "--json")[1])["sections"]["scheduler"]
    acts = "the schedule is Frappe's own scheduler's, until frappe-celery enable"
    assert found["findings"] == [{"level": "note", "text": acts, "advice": ""}]
    states = {row["state"] for row in found["rows"] if "state" in row}
    assert states == {"scheduled by Frappe's scheduler"}
    armed.bench.write("sites/site2/site_config.json", '{"pause_scheduler": 1}')
    found = json.loads(armed.switch.run("doctor", "--json")[1])["sections"]["scheduler"]
    assert "nothing of site site2 is scheduled: pause_scheduler" in str(found["findings"])


def test_beat_says_once_that_frappes_scheduler_acts(armed: Armed) -> None:
    code = "import frappe_celery_hook; from frappe_celery.cli import main; main()"
    beat = armed.bench.start("beat", "-c", code, "beat")
    acts = "the schedule is Frappe's own scheduler's, until frappe-celery enable"
    beat.wait_for(acts)
    armed.go("enable")
    wait_until(lambda: beat.output().count("is scheduled again") == 3, what="beat acts")
    (line,) = [line for line in beat.output().splitlines() if acts in line]
    assert "INFO" in line
    assert "WARNING" not in beat.output()


def test_the_schedule_goes_last_and_comes_back_first(armed: Armed) -> None:
    code, output = armed.switch.run("enable", "--schedule")
    first = "first frappe-celery enable (which takes the schedule too)"
    assert (code, first in output) == (1, True), output
    armed.go("enable", "--site", "site1")
    code, output = armed.switch.run("enable", "--schedule")
    assert (code, "not so: the default, for sites that no rule names, " in output) == (1, True)
    assert "jobs of site site2" in output
    assert "jobs of site site1\n" not in output
    armed.go("enable")
    code, output = armed.switch.run("disable", "--queue", "long")
    assert (code, "first frappe-celery disable --schedule" in output) == (1, True), output
    armed.go("disable", "--schedule")
    armed.go("disable", "--queue", "long")


def test_bench_schedule_says_that_beat_acts(armed: Armed) -> None:
    answer = armed.ask(
        SCHEDULED
        + """
import io, sys
from frappe.utils import scheduler
def starts():
    before, sys.stderr = sys.stderr, io.StringIO()
    try:
        scheduler.start_scheduler()
    except AssertionError:
        return sys.stderr.getvalue()
    finally:
        sys.stderr = before
answer = [starts()]
to_celery()
hand_over(True)
answer.append(starts())
"""
    )
    assert answer[0] == ""
    assert "bench schedule enqueues nothing until it is moved back" in answer[1]
