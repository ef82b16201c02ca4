"""worker.log, worker.error.log, scheduler.log, JSON for containers, and SIGUSR1; real processes."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

EVERY_SECOND = """
    scheduler_events = {"cron": {"* * * * * *": ["myapp.core.record"]}}
"""


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        yield store


def log(project: Project, name: str) -> str:
    file = project.root / "logs" / name
    return file.read_text() if file.exists() else ""


def test_a_worker_keeps_information_and_errors_apart(project: Project, store: JobStore) -> None:
    worker(project)
    ended(enqueue("myapp.core.record", job_id="own"))
    failed = ended(enqueue("myapp.core.fail"))
    wait_until(lambda: failed.run_id in log(project, "worker.error.log"))
    lines = [line for line in log(project, "worker.log").splitlines() if "core.record[" in line]
    assert ["(queue default, job site1.localhost::own)" in line for line in lines] == [True, True]
    assert f"on purpose') (queue default, job {failed.id})\n" in log(project, "worker.error.log")
    assert "ValueError: broken on purpose" in log(project, "worker.error.log")
    assert "Task myapp.core.record" in log(project, "worker.log")
    assert " ready." in log(project, "worker.log")
    assert "Traceback" not in log(project, "worker.log")
    assert "ready." not in log(project, "worker.error.log")


FORGED = "no\n[2026-12-01 00:00:00,000: CRITICAL/MainProcess] forged\r\x1b]0;owned\x07\x1b[8m"


def test_a_job_s_words_forge_no_line_order_no_terminal_and_tell_no_secret(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    job = ended(enqueue("myapp.core.fail", message=f"{FORGED} x-api-key: hunter2"))
    told = ended(enqueue("myapp.core.record", text="Authorization: Bearer hunter2"))
    ended(enqueue("myapp.core.record", text="after"))
    wait_until(lambda: "after" in log(project, "worker.log"), what="it is in the log")
    wait_until(lambda: job.run_id in log(project, "worker.error.log"), what="it failed")
    for written in (process.output(), log(project, "worker.error.log"), log(project, "worker.log")):
        assert "hunter2" not in written
        assert not re.search(r"(?m)^\[[^]]*CRITICAL", written)
        assert {sign for sign in written if not sign.isprintable()} <= {"\n"}
    assert "Bearer" not in log(project, "worker.log")
    assert log(project, "worker.log").count(f", job {told.id})") == 2
    assert r"forged\r\x1b]0;owned\x07\x1b[8m x-api-key: ****" in log(project, "worker.error.log")


def test_as_json_too_a_job_s_words_are_no_line_and_tell_no_secret(
    project: Project, store: JobStore
) -> None:
    project.configure(logs="json")
    quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}  # of Celery, about being root
    process = project.celery("worker", "--without-mingle", "-l", "INFO", "-c", "1", **quiet)
    process.wait_for(" ready.")
    ended(enqueue("myapp.core.fail", message=f"{FORGED}\x9b2J x-api-key: hunter2"))
    ended(enqueue("myapp.core.record", text="Authorization: Bearer hunter2"))
    process.wait_for("forged")
    lines = process.output().splitlines()
    assert {json.loads(line)["level"] for line in lines} >= {"INFO", "ERROR"}
    assert all(map(str.isprintable, lines))
    assert "hunter2" not in process.output()


@pytest.mark.parametrize("by", ["setting", "supervisor", "the file"])
def test_what_a_process_manager_keeps_is_not_kept_twice(
    project: Project, store: JobStore, by: str
) -> None:
    if by == "setting":
        project.configure(logs="output")
    environment = {"SUPERVISOR_ENABLED": "1"} if by == "supervisor" else {}
    if by == "the file":  # as systemd and a Procfile do
        (project.root / "logs").mkdir()
        (project.root / "worker0.log").symlink_to(project.root / "logs" / "worker.log")
    process = worker(project, **environment)
    ended(enqueue("myapp.core.record"))
    process.wait_for("succeeded")
    kept = log(project, "worker.log")
    assert kept.count("succeeded") == (1 if by == "the file" else 0)
    assert not log(project, "worker.error.log")


def test_beat_keeps_scheduler_log_as_frappe_does(project: Project, store: JobStore) -> None:
    project.beat().wait_for(" leads")
    lines = wait_until(lambda: log(project, "scheduler.log").splitlines())
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ scheduler \S")
    assert all(form.match(line) for line in lines), lines
    assert any(line.endswith(" leads") for line in lines)


def test_what_could_not_be_written_is_once_that_is_mended(
    project: Project, store: JobStore
) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    folder, files = project.root / "logs", ("worker.log", "worker.error.log", "scheduler.log")
    for name in files:
        (folder / name).mkdir(parents=True)
    process, beat = worker(project), project.beat()
    for each in (process, beat):
        each.wait_for("Once that is mended it is, without a restart")

    def goes_on() -> None:
        ran, fired = len(project.effects()), beat.output().count("enqueued on")
        ended(enqueue("myapp.core.fail"))
        wait_until(lambda: len(project.effects()) > ran + 2, what="jobs run")
        wait_until(lambda: beat.output().count("enqueued on") > fired, what="beat enqueues")

    def are_written() -> bool:
        goes_on()
        return all("core." in log(project, name) for name in files)

    goes_on()
    for name in files:
        (folder / name).rmdir()
    wait_until(are_written, what="they are written")
    for name in files:
        (folder / name).unlink()
    wait_until(are_written, what="they are written anew")
    folder.rename(project.root / "aside")
    folder.touch()
    goes_on()
    folder.unlink()
    wait_until(are_written, what="they are written in a new folder")


def test_a_cache_that_is_away_is_a_line_with_its_url_and_what_to_do(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    project.configure(redis_cache=own_redis.url.replace("://", "://default:secret@"))
    process = worker(project)
    own_redis.kill()
    shown = own_redis.url.replace("://", "://***@")
    said = f"the Redis behind frappe.cache, {shown}, does not answer"
    process.wait_for(said)
    process.wait_for("Start it, or mend redis_cache in sites/common_site_config.json")
    own_redis.start()
    process.wait_for(f"the Redis behind frappe.cache, {shown}, is back, after")
    assert log(project, "worker.error.log").count(said) == 1
    assert "secret" not in process.output()


def test_json_lines_for_containers(project: Project, store: JobStore) -> None:
    project.configure(logs="json")
    quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}  # of Celery, about being root
    process = project.celery("worker", "--without-mingle", "-l", "INFO", "-c", "1", **quiet)
    process.wait_for(" ready.")
    failed = ended(enqueue("myapp.core.fail"))
    process.wait_for("raised unexpected")
    entries = [json.loads(line) for line in process.output().splitlines()]
    assert all({"timestamp", "level", "logger", "process", "message"} <= e.keys() for e in entries)
    (error,) = [entry for entry in entries if entry["level"] == "ERROR"]
    assert error["run"] == failed.run_id
    assert error["method"] == "myapp.core.fail"
    (received,) = [entry for entry in entries if entry["message"].endswith("received")]
    for entry in (received, error):
        assert (entry["site"], entry["queue"], entry["job"]) == (failed.site, "default", failed.id)
    assert "ValueError: broken on purpose" in error["exception"]
    assert not (project.root / "logs").exists()


def test_sigusr1_shows_where_a_process_stands_and_it_goes_on(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project)
    (child,) = psutil.Process(process.pid).children()
    wait_until(
        lambda: "most recent call first" in sent(project, child.pid), what="an idle process tells"
    )
    job = enqueue("myapp.core.work", text="job", until=str(tmp_path / "end"))
    wait_until(lambda: "job started" in project.effects())
    stack = wait_until(lambda: "in work" in sent(project, child.pid) and log_of(project))
    assert 'core.py", line' in stack
    before = len(log_of(project))
    process.popen.send_signal(signal.SIGUSR1)
    wait_until(lambda: "asynloop" in log_of(project)[before:], what="the parent tells")
    (tmp_path / "end").touch()
    assert ended(job).status == JobStatus.FINISHED
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert psutil.Process(process.pid).children() == [child], "nobody was replaced"


def test_sigusr1_kills_no_process_that_has_just_been_forked(
    project: Project, store: JobStore
) -> None:
    parent = psutil.Process(project.celery("worker", "-c", "1").pid)
    asked: set[psutil.Process] = set()

    def forked() -> set[psutil.Process]:
        """Those of now: what is to become another program looks the same for a moment."""
        found = set()
        for child in parent.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.cmdline() == parent.cmdline():
                    found.add(child)
        return found

    def told() -> bool:
        for child in forked() - asked:
            child.send_signal(signal.SIGUSR1)
            asked.add(child)
        return "most recent call first" in log_of(project)

    wait_until(told, what="it tells once it can", interval=0)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert forked() <= asked, "nobody was replaced"


def log_of(project: Project) -> str:
    return log(project, "worker.error.log")


def sent(project: Project, pid: int) -> str:
    """What a process wrote after SIGUSR1."""
    before = len(log_of(project))
    psutil.Process(pid).send_signal(signal.SIGUSR1)
    return wait_until(lambda: log_of(project)[before:], timeout=HANG_SECONDS)


def test_sigusr1_to_beat(project: Project, store: JobStore) -> None:
    beat = project.beat()
    beat.wait_for(" leads")

    def told() -> bool:
        beat.popen.send_signal(signal.SIGUSR1)
        return "most recent call first" in beat.output()

    # 2 of 100 come while the main thread starts another, for which glibc blocks all signals: that
    # newborn takes it, which is no thread of Python's yet and has no stack to show
    wait_until(told, interval=1)
    assert beat.popen.poll() is None


def test_beat_beside_a_worker_writes_into_the_worker_s_files(
    project: Project, store: JobStore
) -> None:
    """Celery closes in its process what it knows no handler of; the number is a socket's then."""
    worker = project.worker("--beat")
    wait_until(lambda: " leads" in log(project, "worker.log"), what="beat's line in worker.log")
    (beat,) = re.findall(r"scheduler \S+\.(\d+) leads", log(project, "worker.log"))
    assert "most recent call first" in sent(project, int(beat))
    assert "unknown command" not in worker.output()


STORM = """
import marshal, os, signal, threading, time
from frappe_celery.watch.logs.stacks import _register

_register()
source = "\\n".join(f"def f{n}(): return {n}" for n in range(300))
code = marshal.dumps(compile(source, "x", "exec"))


def deep(levels):
    return levels and deep(levels - 1)


def again(act):
    while True:
        act()


def send():
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.0005)


for act in (lambda: exec(marshal.loads(code), {}), lambda: deep(200), send):
    threading.Thread(target=again, args=(act,), daemon=True).start()
until = time.monotonic() + 4
while time.monotonic() < until:
    deep(100)
    time.sleep(0.0003)
print("lives")
"""


def test_sigusr1_harms_no_process_whose_other_threads_run(project: Project) -> None:
    """With all threads' stacks it crashed beat once in a while, as it began."""
    assert "lives" in project.python(STORM)


def test_a_team_s_own_task_keeps_its_soft_time_limit(project: Project) -> None:
    project.write(
        "team.py",
        """
        import time

        from celery import Celery
        from celery.exceptions import SoftTimeLimitExceeded

        from frappe_celery.config import settings
        from frappe_celery.celery_app import setup

        app = Celery("team", broker=settings.current().store_url)
        setup(app)


        @app.task(soft_time_limit=1)
        def hang():
            try:
                time.sleep(30)
            except SoftTimeLimitExceeded:
                print("its time was up")
        """,
    )
    process = project.start("team", "-m", "celery", "-A", "team", "worker", "-l", "INFO", "-c", "1")
    process.wait_for(" ready.")
    project.python("from team import hang; hang.delay()")
    process.wait_for("its time was up")
