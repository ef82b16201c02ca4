"""A team's own Celery app with Frappe's jobs added: its tasks run as before, on the same worker."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery
from kombu import Queue

import frappe_celery
from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.worker.reaper import reap
from tests.integration.benches import ended, inside, write_tasks
from tests.project import STOP_SECONDS, Process, Project
from tests.waiting import wait_until

TEAM = """
import time
from pathlib import Path

from celery import Celery

import frappe_celery
from myapp.core import record

app = Celery("team", broker="BROKER")


@app.task
def note(text):
    record(text)


@app.task(acks_late=True)
def late(text, until):
    wait(text, until)


@app.task
def early(text, until):
    wait(text, until)


@app.task(bind=True, max_retries=2)
def stubborn(self):
    record(f"attempt {self.request.retries}")
    self.retry(countdown=0.1)


def wait(text, until):
    record(f"{text} started")
    while not Path(until).exists():
        time.sleep(0.02)
    record(f"{text} ended")


frappe_celery.setup(app)
"""


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        broker = store.url.replace("/0", "/3")  # a database where no other test's `celery` queue is
        project.configure(redis_queue=broker)
        project.write("team.py", TEAM.replace("BROKER", broker))
    with inside(project) as store:
        store.client.flushdb()
        yield store
        sys.modules.pop("team", None)


@pytest.fixture
def team(store: JobStore) -> Any:
    return importlib.import_module("team")


def team_worker(project: Project, *arguments: str) -> Process:
    options = ("--without-mingle", "-c", "1", "-l", "INFO", *arguments)
    process = project.start(
        f"team{len(project.processes)}", "-m", "celery", "-A", "team", "worker", *options
    )
    process.wait_for(" ready.")
    return process


def recorded(project: Project, *texts: str) -> None:
    wait_until(lambda: project.effects()[-len(texts) :] == list(texts), what=f"{texts} ran")


def held(store: JobStore) -> int:
    keys = store.client.keys(f"{store.keys.prefix}inflight:*")
    return sum(store.client.hlen(key) for key in keys)


def test_its_tasks_and_frappe_s_jobs_run_on_one_worker(
    project: Project, store: JobStore, team: Any
) -> None:
    process = team_worker(project)
    team.note.delay("task")
    recorded(project, "task")
    assert ended(enqueue("myapp.core.record", text="job")).status == JobStatus.FINISHED
    team.note.apply_async(("later",), countdown=0.3)
    recorded(project, "task", "job", "later")
    team.stubborn.delay()
    recorded(project, "attempt 0", "attempt 1", "attempt 2")
    wait_until(lambda: held(store) == 0, what="all is acknowledged")
    process.stop()
    assert store.client.llen("celery") == 0


def test_a_producer_of_plain_celery_reaches_it_too(project: Project, store: JobStore) -> None:
    """One that knows nothing of our transport: the queue has the name that kombu gives it."""
    team_worker(project)
    Celery("elsewhere", broker=store.url).send_task("team.note", ["from elsewhere"])
    recorded(project, "from elsewhere")


def test_priorities_are_kept(project: Project, store: JobStore, team: Any) -> None:
    for priority in (9, 0, 6, 3, 0):
        team.note.apply_async((f"priority {priority}",), priority=priority)
    team_worker(project)
    recorded(project, *(f"priority {n}" for n in (0, 0, 3, 6, 9)))


def test_queues_are_emptied_in_their_order_the_team_s_own_beside_them(
    project: Project, store: JobStore, team: Any
) -> None:
    """In processes of their own: neither waits for the other."""
    for number in range(3):
        enqueue("myapp.core.record", queue="long", text=f"long{number}")
        team.note.delay(f"task{number}")
        enqueue("myapp.core.record", queue="short", text=f"short{number}")
    team_worker(project)
    wait_until(lambda: len(project.effects()) == 9, what="all ran")
    of_jobs = [line for line in project.effects() if not line.startswith("task")]
    assert of_jobs == [f"{kind}{n}" for kind in ("short", "long") for n in range(3)]
    tasks = [line for line in project.effects() if line.startswith("task")]
    assert tasks == [f"task{n}" for n in range(3)]


def test_its_tasks_have_as_many_processes_as_jobs_from_the_first_of_them_on(
    project: Project, store: JobStore, team: Any
) -> None:
    process = psutil.Process(team_worker(project, "-c", "2").pid)
    assert len(process.children()) == 2
    team.note.delay("task")
    recorded(project, "task")
    assert len(process.children()) == 4


@pytest.mark.parametrize("least", [0, 1])
def test_its_tasks_get_processes_as_they_come(
    project: Project, store: JobStore, team: Any, tmp_path: Path, least: int
) -> None:
    team_worker(project, "--autoscale", f"3,{least}")
    for number in range(4):
        team.early.delay(f"task{number}", str(tmp_path / "go on"))

    def begun() -> int:
        return sum("started" in line for line in project.effects())

    wait_until(lambda: begun() == 3, 20, "three run at once")
    (tmp_path / "go on").touch()
    wait_until(lambda: sum("ended" in line for line in project.effects()) == 4, 20, "all ran")


@pytest.mark.parametrize(
    ("pool", "arguments"),
    [("celery.concurrency.prefork:TaskPool", ()), ("prefork", ("--pool", "processes"))],
)
def test_celery_s_own_pool_runs_the_team_s_tasks_and_leaves_jobs_to_a_second_worker(
    project: Project, store: JobStore, pool: str, arguments: tuple[str, ...]
) -> None:
    team = project.root / "team.py"
    setup = "frappe_celery.setup(app)"
    team.write_text(team.read_text().replace(setup, f"app.conf.worker_pool = {pool!r}\n{setup}"))
    module = importlib.import_module("team")
    process = team_worker(project, *arguments)
    module.note.delay("task")
    recorded(project, "task")
    assert "runs no jobs of Frappe's: start a second worker for short,default,long" in (
        process.output()
    )
    job = enqueue("myapp.core.record", text="job")
    team_worker(project, "--pool", "threads", "-Q", "short,default,long")
    assert ended(job).status == JobStatus.FINISHED


SEEN = """
SEEN = []


def see():
    SEEN.append(1)
    return len(SEEN)
"""
SEES = """
from myapp.seen import see


@app.task
def sees():
    record(f"seen {see()}")


frappe_celery.setup(app)
"""


def test_what_a_task_of_the_team_s_leaves_in_a_solo_worker_stays(
    project: Project, store: JobStore
) -> None:
    """Nothing is looked for while no job comes: the process is not the jobs' alone."""
    project.write("myapp/seen.py", SEEN)
    team = project.root / "team.py"
    team.write_text(team.read_text().replace("frappe_celery.setup(app)\n", SEES))
    team_worker(project, "--pool", "solo")
    module = importlib.import_module("team")
    for text in ("first", "second"):  # all is looked through after the first
        assert ended(enqueue("myapp.core.record", text=text)).status == JobStatus.FINISHED
    module.sees.delay()
    recorded(project, "seen 1")
    module.sees.apply_async(countdown=2.5)  # so long no job comes
    recorded(project, "seen 1", "seen 2")


def test_a_worker_without_our_steps_answers_inspect_active_too(
    project: Project, store: JobStore
) -> None:
    """Celery's commands are the process's: one that began before `setup` has ours too."""
    project.write(
        "late.py",
        """
        from celery import Celery
        import frappe_celery.worker.remote_control
        app = Celery("late", broker="BROKER")
        """.replace("BROKER", store.url),
    )
    options = ("--without-mingle", "--pool", "solo", "-l", "INFO", "-n", "late@%h")
    process = project.start("late", "-m", "celery", "-A", "late", "worker", *options)
    process.wait_for(" ready.")
    inspect = Celery("late", broker=store.url).control.inspect(timeout=10, limit=1)
    assert list((inspect.active() or {}).values()) == [[]]


def test_a_killed_worker_s_late_task_runs_again_and_its_early_one_does_not(
    project: Project, store: JobStore, team: Any, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = team_worker(project, "-c", "2")
    team.late.delay("late", str(until))
    team.early.delay("early", str(until))
    wait_until(lambda: len(project.effects()) == 2, what="both run")
    wait_until(lambda: held(store) == 1, what="the early one is acknowledged")
    process.kill()
    until.touch()
    assert reap(store, dead_after=0) == []
    team_worker(project)
    recorded(project, "late started", "late ended")
    assert sorted(project.effects()) == [
        *("early started", "late ended", "late started", "late started"),
    ]


def test_what_it_had_only_fetched_is_given_back_when_it_stops(
    project: Project, store: JobStore, team: Any, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = team_worker(project)
    team.late.delay("late", str(until))
    for number in range(3):
        team.note.delay(f"task{number}")
    wait_until(lambda: "late started" in project.effects(), what="it runs")
    process.popen.send_signal(signal.SIGTERM)
    process.wait_for("Warm shutdown")
    until.touch()
    assert process.wait(STOP_SECONDS) == 0
    assert project.effects() == ["late started", "late ended"]
    assert store.client.llen("celery") == 3
    team_worker(project)
    recorded(project, "task0", "task1", "task2")
    assert project.effects() == ["late started", "late ended", "task0", "task1", "task2"]


def test_remote_control_works(project: Project, store: JobStore, team: Any) -> None:
    team_worker(project)
    inspect = team.app.control.inspect(timeout=20, limit=1)
    (answer,) = wait_until(inspect.registered, what="it hears what is broadcast").values()
    assert {"frappe_celery.run_job", "team.note", "team.late"} <= set(answer)
    assert team.app.control.ping(timeout=20, limit=1)


def test_control_commands_leave_nothing_behind(
    project: Project, store: JobStore, team: Any
) -> None:
    """Neither the answer nor a note that somebody holds it, which would be given back later."""
    worker = team_worker(project)
    before = {*store.client.keys()}
    ping = project.start("ping", "-m", "celery", "-A", "team", "inspect", "ping")
    assert ping.wait() == 0, ping.output()
    assert "pong" in ping.output()
    swept = store.keys.swept.encode()  # on a busy machine the worker comes to that meanwhile
    assert {*store.client.keys()} <= before | {swept}
    worker.stop()


def test_a_command_that_comes_before_the_worker_s_first_turn_is_answered(
    project: Project, store: JobStore, team: Any
) -> None:
    with (project.root / "team.py").open("a") as module:
        module.write(BUSY_ONCE_READY)
    team_worker(project)
    assert team.app.control.ping(timeout=30, limit=1)


BUSY_ONCE_READY = """
import logging, time
from celery import signals

class Busy(logging.Handler):
    def emit(self, record):
        if record.getMessage().endswith(" ready."):
            time.sleep(1)

@signals.worker_ready.connect
def once_ready(**_):
    logging.getLogger().addHandler(Busy())  # after the one that prints
"""


def test_who_asked_before_and_was_idle_since_is_answered_again(
    project: Project, store: JobStore, team: Any
) -> None:
    """Whoever consumes gives signs of life; between two commands nobody does."""
    team_worker(project)
    assert team.app.control.ping(timeout=30, limit=1)
    reap(store, dead_after=0)
    assert team.app.control.ping(timeout=20, limit=1)


def test_without_redis_queue_it_says_what_to_set(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An embedded server is not even started for that."""
    project.configure(redis_queue=None)
    with pytest.raises(ConfigError) as raised:
        frappe_celery.setup(Celery("team", broker="redis://:secret@localhost:6379/0"))
    assert str(raised.value) == (
        "the app's broker_url is 'redis://***@localhost:6379/0', redis_queue is not set: set"
        " both to the same redis:// URL; redis_queue in sites/common_site_config.json or as"
        " FRAPPE_CELERY_REDIS_QUEUE"
    )
    assert not (project.root / ".frappe_celery").exists()


def test_localhost_and_127_0_0_1_are_one_server(project: Project, redis_url: str) -> None:
    assert "127.0.0.1" in redis_url
    frappe_celery.setup(Celery("team", broker=redis_url.replace("127.0.0.1", "localhost")))


def test_an_app_that_is_set_up_twice_is_as_if_once(project: Project, redis_url: str) -> None:
    settings.use(None)
    app = Celery("team", broker=redis_url)
    for _ in range(2):
        frappe_celery.setup(app)
        assert [option.name for option in app.user_options["worker"]].count("burst") == 1
        names = [queue.name for queue in app.conf.task_queues]
        assert len(names) == len(set(names))


def test_its_queues_are_read_as_celery_reads_them(project: Project, redis_url: str) -> None:
    named = Celery("team", broker=redis_url)
    named.conf.task_queues = {"own": {"exchange": "x", "routing_key": "k"}}
    quorum = Celery("team", broker=redis_url)
    quorum.conf.task_default_queue_type = "quorum"
    for app in (named, quorum):
        frappe_celery.setup(app)
    own, celerys = named.conf.task_queues[0], quorum.conf.task_queues[0]
    assert (own.name, own.exchange.name, own.routing_key) == ("own", "x", "k")
    assert (celerys.name, celerys.queue_arguments) == ("celery", {"x-queue-type": "quorum"})


def test_another_rabbitmq_than_ours_is_named(project: Project) -> None:
    project.configure(broker_url="amqp://guest:secret@rabbit1//")
    settings.use(None)
    with pytest.raises(ConfigError) as raised:
        frappe_celery.setup(Celery("team", broker="amqp://guest:secret@rabbit2//"))
    assert str(raised.value).startswith(
        "the app's broker_url is 'amqp://***@rabbit2//', ours is"
        " 'amqp://***@rabbit1//', redis_queue is set: set broker_url to the same amqp:// URL"
    )


def test_what_is_set_up_wins_over_a_namespace_of_django_s(project: Project, redis_url: str) -> None:
    class DjangosSettings:
        CELERY_BROKER_URL = redis_url
        CELERY_TASK_QUEUES = (Queue("own"),)
        CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
        CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7}  # noqa: RUF012  # as in Django

    app = Celery("team")
    app.config_from_object(DjangosSettings, namespace="CELERY")
    frappe_celery.setup(app)
    assert [queue.name for queue in app.conf.task_queues][:3] == ["own", "short", "default"]
    assert app.conf.beat_scheduler == "frappe_celery.beat_schedule:DatabaseScheduler"
    assert app.conf.broker_transport_options == {"visibility_timeout": 7}
