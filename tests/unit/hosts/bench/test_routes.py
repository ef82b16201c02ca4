"""An armed bench: each job goes to RQ or Celery as its route says, in every process at once."""

from __future__ import annotations

import json
import shutil
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from tests.unit.hosts.bench.conftest import BEGIN, StandInBench
from tests.unit.hosts.bench.test_switch import UNSEEN, Switch
from tests.waiting import wait_until

ASK = """
from frappe_celery.hosts.bench import switch
from frappe_celery.jobs.routes import EVERY, Rule

def to_celery(queue=EVERY, site=EVERY, yes=True):
    switch.change_routes(lambda old: old.with_rule(Rule(queue, site, yes)))

def enqueue(queue="long", **options):
    return background_jobs.enqueue("fixture_app.tasks.write", queue=queue, **options)

def system_of(job):
    return type(job).__module__.partition(".")[0]
"""
"""For scripts in the bench: `system_of` says `rq` or `frappe_celery`."""


class Armed:
    """The bench with the seam in every process."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.bench = switch.bench
        switch.before = UNSEEN
        code, output = switch.run("enable", "--armed")
        assert code == 0, output

    def ask(self, code: str) -> Any:
        return self.bench.ask(ASK + textwrap.dedent(code))

    def in_rq(self, client: redis.Redis, queue: str) -> list[str]:
        found = client.lrange(f"rq:queue:{self.bench.id}:{queue}", 0, -1)
        return [job_id.decode() for job_id in found]  # type: ignore[union-attr]


@pytest.fixture
def switch(bench: StandInBench, tmp_path: Path) -> Switch:
    return Switch(bench, tmp_path / "environment")


@pytest.fixture
def client(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter("rq:*"):  # RQ's keys do not name the bench
            client.delete(key)
        yield client


@pytest.fixture
def armed(switch: Switch, client: redis.Redis) -> Armed:
    return Armed(switch)


def test_armed_changes_nothing_yet(armed: Armed, client: redis.Redis) -> None:
    assert armed.ask("answer = system_of(enqueue(job_id='one'))") == "rq"
    assert armed.in_rq(client, "long") == ["site1::one"]


def test_a_bench_that_is_on_stays_on_when_it_is_armed(switch: Switch) -> None:
    assert switch.run("enable")[0] == 0
    armed = Armed(switch)
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"


def test_a_route_holds_at_once_in_a_process_that_runs(armed: Armed) -> None:
    systems = armed.ask(
        """
        answer = [system_of(enqueue())]
        to_celery("long")
        answer += [system_of(enqueue()), system_of(enqueue("short"))]
        to_celery("long", yes=False)
        answer.append(system_of(enqueue()))
        """
    )
    assert systems == ["rq", "frappe_celery", "rq", "rq"]


def test_the_newest_rule_wins_for_all_that_it_names(armed: Armed) -> None:
    systems = armed.ask(
        """
        def asked():
            return [system_of(enqueue(queue)) for queue in ("short", "long")]
        to_celery(site="site1")
        answer = [asked()]
        to_celery("long", yes=False)
        answer.append(asked())
        to_celery(site="site2", yes=False)
        answer.append(asked())
        """
    )
    assert systems == [["frappe_celery"] * 2, ["frappe_celery", "rq"], ["frappe_celery", "rq"]]


def test_a_route_that_changes_while_a_job_is_enqueued(armed: Armed, client: redis.Redis) -> None:
    """Read, changed by another process, then written: in neither direction by the old route."""
    answer = armed.ask(
        """
        from frappe_celery.hosts.bench import routing
        kept = routing.read()
        to_celery("long")
        routing._known = kept
        answer = [system_of(enqueue(job_id="over"))]
        kept = routing.read()
        to_celery("long", yes=False)
        routing._known = kept
        answer.append(system_of(enqueue(job_id="back")))
        """
    )
    assert answer == ["frappe_celery", "rq"]
    assert armed.in_rq(client, "long") == ["site1::back"]


def test_redis_that_lost_the_routes_has_them_from_the_file(
    armed: Armed, client: redis.Redis
) -> None:
    armed.ask("to_celery('long')")
    client.delete(f"frappe_celery:{armed.bench.id}:routes")
    systems = armed.ask("answer = [system_of(enqueue()), system_of(enqueue('short'))]")
    assert systems == ["frappe_celery", "rq"]


@pytest.mark.parametrize("back", [False, True])
def test_a_duplicate_in_the_other_system_is_one(armed: Armed, back: bool) -> None:
    """The job waits where it went before the route changed."""
    answer = armed.ask(
        f"""
        to_celery("long", yes={back})
        first = enqueue(job_id="x", deduplicate=True)
        to_celery("long", yes={not back})
        second = enqueue(job_id="x", deduplicate=True)
        found = background_jobs.get_job("x")
        answer = [system_of(first), second, system_of(found)]
        """
    )
    there = "frappe_celery" if back else "rq"
    assert answer == [there, None, there]


def test_one_that_is_over_in_rq_is_replaced(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='x')")
    client.hset("rq:job:site1::x", mapping={"status": "finished", "result": "old"})
    client.delete(f"rq:queue:{armed.bench.id}:long")
    armed.ask("enqueue(job_id='x', deduplicate=True)")
    assert armed.in_rq(client, "long") == ["site1::x"]
    assert client.hget("rq:job:site1::x", "result") is None


def test_a_job_that_is_active_goes_before_one_that_is_over(armed: Armed) -> None:
    answer = armed.ask(
        """
        to_celery("long")
        enqueue(job_id="x").cancel()
        to_celery("long", yes=False)
        enqueue(job_id="x")
        answer = system_of(background_jobs.get_job("x"))
        """
    )
    assert answer == "rq"


def test_what_waits_is_listed_and_counted_in_both(armed: Armed) -> None:
    answer = armed.ask(
        """
        enqueue(job_id="theirs")
        to_celery("long")
        enqueue(job_id="ours")
        queue = background_jobs.get_queue("long")
        answer = [queue.count, queue.get_job_ids(), [job.id for job in queue.get_jobs()],
                  queue.get_job_ids(1, 1), queue.get_job_ids(0, 1)]
        """
    )
    both = ["site1::ours", "site1::theirs"]
    assert answer == [2, both, both, both[1:], both[:1]]


def test_enable_moves_what_waits_and_disable_brings_it_back(
    armed: Armed, client: redis.Redis
) -> None:
    armed.ask("enqueue(job_id='one'); enqueue('short', job_id='other')")
    code, output = armed.switch.run("enable", "--queue", "long")
    assert code == 0, output
    assert "Jobs of queue long go to Celery now." in output
    assert "Moved from RQ: 1 waiting (long 1)" in output
    assert (armed.in_rq(client, "long"), armed.in_rq(client, "short")) == ([], ["site1::other"])
    waiting = "answer = [job.id for job in background_jobs.get_queue('long').get_jobs()]"
    assert armed.ask(waiting) == ["site1::one"]

    code, output = armed.switch.run("disable", "--queue", "long")
    assert code == 0, output
    assert "Moved from Celery: 1 waiting (long 1)" in output
    assert armed.in_rq(client, "long") == ["site1::one"]


def test_one_site_first(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='one')")
    code, output = armed.switch.run("enable", "--site", "site2")
    assert (code, "Moved from RQ: 0 waiting" in output) == (0, True), output
    assert armed.ask("answer = system_of(enqueue(job_id='two'))") == "rq"
    code, output = armed.switch.run("enable", "--site", "site1")
    assert (code, "Moved from RQ: 2 waiting (long 2)" in output) == (0, True), output
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"


def test_all_of_it_with_the_schedule_and_back_to_stock(armed: Armed, client: redis.Redis) -> None:
    armed.ask("enqueue(job_id='one')")
    code, output = armed.switch.run("enable")
    assert code == 0, output
    assert "Beat has the schedule now." in output
    assert armed.ask("answer = system_of(enqueue(job_id='two'))") == "frappe_celery"
    code, output = armed.switch.run("disable")
    assert code == 0, output
    assert "Moved from Celery: 2 waiting (long 2)" in output
    assert armed.ask("answer = system_of(enqueue(job_id='three'))") == "rq", "and still armed"
    assert armed.switch.run("disable", "--settle")[0] == 0
    config, files = armed.switch.state()
    assert (files, "frappe_celery_routes" in config) == ([], False)
    assert armed.in_rq(client, "long") == ["site1::one", "site1::two", "site1::three"]
    assert armed.switch.run("enable")[0] == 0
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery", "no route of then holds"


def test_settled_on_celery_it_is_as_if_it_had_been_switched_at_once(armed: Armed) -> None:
    assert armed.switch.run("enable", "--settle")[0] == 0
    config, files = armed.switch.state()
    assert (len(files), config["frappe_celery_enabled"]) == (2, True)
    assert "frappe_celery_routes" not in config
    assert armed.ask("answer = system_of(enqueue())") == "frappe_celery"
    code, output = armed.switch.run("disable", "--queue", "long")
    assert (code, "not armed" in output) == (1, True), output


def test_in_supervisors_file_celerys_are_a_group_of_their_own(armed: Armed) -> None:
    """Else `supervisorctl update` would stop RQ's workers until their jobs have ended."""
    theirs = (
        "[program:bench-frappe-long-worker]\ncommand=bench worker --queue long\n\n"
        "[group:bench-workers]\nprograms=bench-frappe-long-worker\n"
    )
    armed.bench.write("config/supervisor.conf", theirs)
    path = armed.bench.root / "config/supervisor.conf"
    for _ in range(2):
        assert armed.switch.run("setup", "supervisor", "--yes")[0] == 0
        assert path.read_text().startswith(theirs)
        assert (
            "[group:bench-celery-workers]\nprograms=bench-frappe-celery-schedule,"
            in path.read_text()
        )
    armed.switch.run("enable", "--settle")
    assert armed.switch.run("setup", "supervisor", "--yes")[0] == 0
    assert "celery-workers" not in path.read_text()
    assert "bench worker" not in path.read_text()


def test_a_failed_job_that_stays_is_no_reason_not_to_settle(
    armed: Armed, client: redis.Redis
) -> None:
    code = "enqueue(job_id='x'); frappe.db.commit()"
    armed.ask(code)
    client.hset("rq:job:site1::x", mapping={"status": "failed", "data": b"unreadable"})
    client.delete(f"rq:queue:{armed.bench.id}:long")
    client.zadd(f"rq:failed:{armed.bench.id}:long", {"site1::x": time.time() + 600})
    code, output = armed.switch.run("enable", "--settle")
    assert (code, "Stays, failed, in RQ" in output) == (0, True), output
    assert "frappe_celery_routes" not in armed.switch.state()[0]


def test_on_rq_the_process_files_are_benchs(switch: Switch) -> None:
    code, output = switch.run("setup", "procfile", "--yes")
    assert (code, "this bench runs on RQ" in output) == (1, True), output


def test_on_the_way_back_queues_that_rq_does_not_serve_are_named(armed: Armed) -> None:
    armed.switch.run("enable")
    code, output = armed.switch.run("disable")
    assert (code, "No worker of RQ's serves queue long" in output) == (0, True), output


def test_process_files_have_both_systems_while_the_bench_is_armed(armed: Armed) -> None:
    armed.bench.write(
        "Procfile", "web: bench serve\nschedule: bench schedule\nworker: bench worker\n"
    )
    for _ in range(2):
        assert armed.switch.run("setup", "procfile", "--yes")[0] == 0
        lines = (armed.bench.root / "Procfile").read_text().splitlines()
        names = [line.partition(":")[0] for line in lines]
        assert names == [
            "web",
            "schedule",
            "worker",
            "celery_beat",
            "celery_worker_short",
            "celery_worker_long",
        ]
    armed.switch.run("enable", "--settle")
    assert armed.switch.run("setup", "procfile", "--yes")[0] == 0
    lines = (armed.bench.root / "Procfile").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "web",
        "beat",
        "worker_short",
        "worker_long",
    ]


LOAD = """
import os, time
number = 0
while not os.path.exists("enough"):
    number += 1
    background_jobs.enqueue("fixture_app.tasks.write", queue=("short", "long")[number % 2],
                            job_id=f"job-{number}")
    time.sleep(0.02)
print("enqueued", number)
"""
IN_CELERY = """
from frappe_celery.jobs import JobStatus, get_store
store = get_store()
length = store.counts()[JobStatus.QUEUED]
answer = [job.id for job in store.page(statuses=[JobStatus.QUEUED], length=length or 1)]
"""


def test_five_switches_under_load_lose_no_job_and_double_none(
    armed: Armed, client: redis.Redis
) -> None:
    """On a real bench, with workers and schedules: tests/bench/test_routes.py."""
    armed.bench.write("sites/load.py", BEGIN + LOAD)
    load = armed.bench.start("load", "-u", "load.py")
    wait_until(lambda: len(armed.in_rq(client, "long")) > 3, what="jobs come")
    for command in (
        ("enable", "--site", "site1"),
        ("disable", "--queue", "short"),
        ("enable",),
        ("disable",),
        ("enable", "--queue", "long"),
    ):
        code, output = armed.switch.run(*command)
        assert code == 0, output
    armed.bench.write("sites/enough", "")
    load.wait_for("enqueued")
    number = int(load.output().rpartition("enqueued")[2])
    in_rq = [job_id for queue in ("short", "long") for job_id in armed.in_rq(client, queue)]
    found = in_rq + armed.ask(IN_CELERY)
    assert sorted(found) == sorted(f"site1::job-{n + 1}" for n in range(number))


def test_pieces_of_a_bench_that_is_not_armed(switch: Switch) -> None:
    for command in ("enable", "disable"):
        for piece in (("--queue", "long"), ("--site", "site1"), ("--schedule",)):
            code, output = switch.run(command, *piece)
            assert (code, "run frappe-celery enable --armed" in output) == (1, True), output
    for nonsense in (("disable", "--settle", "--queue", "long"), ("enable", "--armed", "--settle")):
        code, output = switch.run(*nonsense)
        assert (code, "each alone" in output) == (2, True), output
    code, output = switch.run("enable", "--queue", "lnog")
    assert (code, "'lnog' is not" in output) == (1, True), output


def test_a_process_from_before_is_named_and_nothing_changes(switch: Switch) -> None:
    library = Path(psutil.__file__).parent
    shutil.copytree(library, switch.environment / library.name)
    path = f"import sys; sys.path.insert(0, {str(switch.environment)!r})"
    switch.bench.write(
        "sites/forever.py", f"{path}\nimport psutil, time\nprint('on')\ntime.sleep(600)"
    )
    process = switch.bench.start("forever", "-u", "forever.py")
    process.wait_for("on")
    armed = Armed(switch)
    code, output = armed.switch.run("enable", "--queue", "long")
    assert code == 1
    assert f"process {process.pid} (" in output
    assert "restart them" in output
    assert armed.ask("answer = system_of(enqueue())") == "rq"
    process.popen.kill()
    process.popen.wait()
    assert armed.switch.run("enable", "--queue", "long")[0] == 0


def test_the_schedule_goes_last_and_comes_back_first(armed: Armed) -> None:
    code, output = armed.switch.run("enable", "--schedule")
    assert (code, "goes over when every queue and site has" in output) == (1, True), output
    armed.switch.run("enable")
    code, output = armed.switch.run("disable", "--queue", "long")
    assert (code, "frappe-celery disable --schedule" in output) == (1, True), output
    assert armed.switch.run("disable", "--schedule")[0] == 0
    assert armed.switch.run("disable", "--queue", "long")[0] == 0


SCHEDULED = """
from frappe.core.doctype.scheduled_job_type.scheduled_job_type import ScheduledJobType
from datetime import datetime, timedelta
def acts(name="one", **options):
    row = ScheduledJobType(name=name, method="fixture_app.tasks.write", frequency="Daily Long",
                           last_execution=datetime.now() - timedelta(days=2))
    return row.enqueue(**options)
def hand_over(yes):
    switch.change_routes(lambda old: old.with_schedule(yes))
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


def test_a_due_time_that_the_other_scheduler_acted_on_is_not_acted_on_again(armed: Armed) -> None:
    """Its run has ended, so that no queue tells of it; nobody has looked at the row meanwhile."""
    answer = armed.ask(
        SCHEDULED
        + """
import time
from frappe_celery.jobs import get_store
from frappe_celery.jobs.claim import AlreadyActedOn, Claim
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


def test_a_schedule_handed_over_while_frappes_scheduler_enqueues(armed: Armed) -> None:
    """It looked, beat took over, it writes: nothing is enqueued."""
    answer = armed.ask(
        SCHEDULED
        + """
from frappe_celery.hosts.bench import to_rq
enqueue_in_rq = to_rq.enqueue
def late(*args):
    to_celery()
    hand_over(True)
    return enqueue_in_rq(*args)
to_rq.enqueue = late
answer = [acts(), background_jobs.get_queue("default").count]
"""
    )
    assert answer == [False, 0]


def test_beat_acts_only_while_it_is_its_turn(armed: Armed) -> None:
    answer = armed.ask(
        """
        import datetime, time
        from frappe_celery.jobs import get_store, publish
        from frappe_celery.jobs.claim import Claim, Deposed
        from frappe_celery.jobs.message import JobMessage
        def beat(due):
            message = JobMessage(run=str(due), id="site1::scheduled", site="site1", user="Guest",
                                 method="x.y", queue="long", timeout=9, enqueued_at=time.time())
            key = get_store().keys.due("site1", "entry")
            try:
                job = publish.publish(message, own_id=True, deduplicate=True, claim=Claim(key, due))
            except Deposed:
                return "deposed"
            return job and system_of(job)
        answer = [beat(1.0)]
        enqueue(job_id="scheduled")
        to_celery()
        switch.change_routes(lambda old: old.with_schedule(True))
        answer.append(beat(1.0))
        background_jobs.get_job("scheduled").delete()
        answer.append(beat(2.0))
        """
    )
    assert answer == ["deposed", None, "frappe_celery"]


def test_bench_worker_is_rqs_while_the_bench_is_armed(armed: Armed) -> None:
    armed.bench.write("sites/worker.py", "import frappe_celery_hook\n"
        "from frappe.utils import background_jobs, scheduler\n"
        "background_jobs.start_worker(burst=True, quiet=True)\n")  # fmt: skip
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert (code, "RQ's own, with rq.queue.Queue" in output) == (1, True), output
    assert armed.switch.run("enable")[0] == 0
    note = json.loads((armed.bench.root / "sites/common_site_config.json").read_text())
    assert note["frappe_celery_routes"] == {"rules": [["", "", True]], "schedule": "celery"}
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert (code, "RQ's own, with rq.queue.Queue" in output) == (1, True), "it may go back"
    assert armed.switch.run("enable", "--settle")[0] == 0
    code, output = armed.bench.script((armed.bench.root / "sites/worker.py").read_text())
    assert code == 0, output
