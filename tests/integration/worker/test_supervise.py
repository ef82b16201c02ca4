"""`frappe-celery supervise`: the process id stays, the worker below it is exchanged."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside
from tests.integration.cli import read
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

DEPLOYED = """
    import time
    from pathlib import Path

    FOLDER = Path(__file__).parents[1]


    def version():
        return {version!r}


    def wait_for(name):
        (FOLDER / f"{{name}} began").touch()
        while not (FOLDER / name).exists():
            time.sleep(0.05)
        return {version!r}
"""


def deploy(project: Project, version: str) -> None:
    project.write("myapp/deployed.py", DEPLOYED.format(version=version))


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    deploy(project, "old")
    with inside(project) as store:
        yield store


def supervised(project: Project, *command: str, **environment: str) -> Process:
    arguments = ("-m", "frappe_celery.cli", "supervise", *command)
    return project.start("supervise", *arguments, **environment)


def a_worker(project: Project, **environment: str) -> Process:
    program = ("-m", "frappe_celery.cli", "worker", "--num-workers", "1")
    process = supervised(project, sys.executable, *program, **environment)
    process.wait_for(" ready.")
    return process


def probe_of_the_page(file: Path) -> list[str]:
    page = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text()
    (block,) = re.findall(r"```yaml\n(env:\n.*?livenessProbe.*?)```", page, re.DOTALL)
    command: list[str] = yaml.safe_load(block)["livenessProbe"]["exec"]["command"]
    return [part.replace("/tmp/alive", str(file)) for part in command]


def workers(supervisor: Process) -> list[int]:
    return [child.pid for child in psutil.Process(supervisor.pid).children()]


def has_begun(project: Project, name: str) -> None:
    began: Path = project.root / f"{name} began"
    wait_until(began.exists, what=f"{name} began")


@both_brokers
def test_on_hup_new_jobs_run_new_code_while_the_old_ones_end(
    project: Project, store: JobStore
) -> None:
    alive = project.root / "alive"
    supervisor = a_worker(project, FRAPPE_CELERY_ALIVE_FILE="alive")
    (old,) = workers(supervisor)
    long = enqueue("myapp.deployed.wait_for", name="go")
    has_begun(project, "go")
    assert alive.exists()
    deploy(project, "new")
    supervisor.popen.send_signal(signal.SIGHUP)
    supervisor.wait_for(f"{old} ends its jobs")
    assert ended(enqueue("myapp.deployed.version")).return_value() == "new"
    assert psutil.pid_exists(old)
    (project.root / "go").touch()
    assert ended(long).return_value() == "old"
    wait_until(lambda: old not in workers(supervisor), what="the old worker has left")
    left = time.time()
    wait_until(lambda: alive.stat().st_mtime > left, HANG_SECONDS, "the new one touches the file")
    probe = probe_of_the_page(alive)
    assert subprocess.run(probe).returncode == 0
    supervisor.stop()
    os.utime(alive, (left - 100, left - 100))
    assert subprocess.run(probe).returncode == 1
    assert supervisor.stop() == 0


@both_brokers
def test_restart_exchanges_every_supervised_worker_and_names_the_others(
    project: Project, store: JobStore
) -> None:
    first = a_worker(project)
    (old,) = workers(first)
    long = enqueue("myapp.deployed.wait_for", name="go")
    has_begun(project, "go")
    deploy(project, "new")
    restart = project.start("restart", "-m", "frappe_celery.cli", "restart")
    assert restart.wait(60) == 0
    assert ": exchanged\nNew jobs run in new workers, after " in restart.output()
    assert ended(enqueue("myapp.deployed.version")).return_value() == "new"
    assert psutil.pid_exists(old)
    (project.root / "go").touch()
    assert ended(long).return_value() == "old"

    project.worker("-n", "alone@%h").wait_for(" ready.")
    restart = project.start("again", "-m", "frappe_celery.cli", "restart")
    assert restart.wait(60) == 1
    assert "not exchanged:\nalone@" in restart.output()
    assert "it does not run under frappe-celery supervise" in restart.output()
    assert restart.output().count(": exchanged") == 1


def test_restart_says_at_once_that_a_new_worker_could_not_start(
    project: Project, store: JobStore
) -> None:
    supervisor = a_worker(project)
    before = workers(supervisor)
    project.configure(celery_error_emails={"nonsense": 1})
    restart = project.start("restart", "-m", "frappe_celery.cli", "restart")
    assert restart.wait(60) == 1
    why = "that was to take over ended at its start: ConfigError: celery_error_emails.nonsense is"
    assert why in restart.output()
    (finding,) = read("doctor", code=2)["sections"]["workers"]["findings"]
    assert why in finding["text"]
    wait_until(lambda: workers(supervisor) == before, what="the new one is gone")
    supervisor.wait_for("celery_error_emails")


def test_restart_says_that_no_new_worker_came(project: Project, store: JobStore) -> None:
    supervisor = a_worker(project)
    before, working = workers(supervisor), store.url
    project.configure(redis_queue="no URL")
    words = ("-m", "frappe_celery.cli", "restart", "--timeout", "5")
    restart = project.start("restart", *words, FRAPPE_CELERY_REDIS_QUEUE=working)
    assert restart.wait(60) == 1
    assert "no other was ready within 5 s: its log says why; it goes on" in restart.output()
    assert ended(enqueue("myapp.deployed.version")).return_value() == "old"
    wait_until(lambda: workers(supervisor) == before, what="the new one is gone")


SCHEDULE = """
    scheduler_events = {"daily": ["myapp.deployed.version"]}
"""

HOOK = "doc_events = {'*': {'on_update': 'myapp.deployed.version'}}"
"""Of a module that a worker imports in its look, and not before."""


def restarted(project: Project, *words: str) -> tuple[int, str]:
    restart = project.start("restart", "-m", "frappe_celery.cli", "restart", *words)
    return restart.wait(60), restart.output()


@pytest.mark.parametrize(
    ("file", "what"),
    [("deployed.py", "myapp.deployed"), ("hooks.py", "myapp.hooks"), ("called.py", "myapp.called")],
)
def test_code_that_does_not_import_any_more_leaves_the_old_worker_in_its_place(
    project: Project, store: JobStore, file: str, what: str
) -> None:
    project.write("myapp/hooks.py", SCHEDULE)
    project.write("myapp/called.py", "def run(): pass")
    supervisor = a_worker(project)
    before = workers(supervisor)
    ended(enqueue("myapp.called.run"))
    broken = project.root / "myapp" / file
    whole = broken.read_text()
    broken.write_text(whole + "\nx = {\n")
    code, output = restarted(project)
    assert code == 1
    assert f"it goes on: of the new code {what} cannot be imported: SyntaxError: " in output
    wait_until(lambda: workers(supervisor) == before, what="the new one is gone")
    assert ended(enqueue("myapp.deployed.version")).return_value() == "old"
    (finding,) = read("doctor", code=2)["sections"]["workers"]["findings"]
    assert f"new code cannot import {what}: SyntaxError" in finding["text"]

    broken.write_text(whole)
    assert restarted(project)[0] == 0
    assert workers(supervisor) != before
    assert read("doctor", code=2)["sections"]["workers"]["findings"] == []


def has_looked(store: JobStore) -> None:
    """The one worker imports all that is named."""

    def cannot_import() -> Any:
        (worker,) = store.workers.all()
        return worker.cannot_import

    wait_until(lambda: cannot_import() is not None, what="it has looked at its code")
    assert cannot_import() == {}


DIES = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"


@pytest.mark.parametrize("fails", [DIES, "raise KeyboardInterrupt"], ids=["dies", "interrupts"])
def test_code_that_ends_its_process_as_it_is_imported_leaves_the_old_worker_in_its_place(
    project: Project, store: JobStore, fails: str
) -> None:
    project.write("myapp/hooks.py", HOOK)
    supervisor = a_worker(project)
    before = workers(supervisor)
    has_looked(store)
    project.write("myapp/deployed.py", fails)
    code, output = restarted(project)
    assert code == 1
    assert "of the new code myapp.deployed cannot be imported: the process that" in output
    wait_until(lambda: workers(supervisor) == before, what="the new one is gone")
    assert ("KeyboardInterrupt" in supervisor.output()) == (fails != DIES)


def test_a_method_that_has_never_run_is_no_reason_to_stay(
    project: Project, store: JobStore
) -> None:
    supervisor = a_worker(project)
    has_looked(store)
    before = workers(supervisor)
    project.write("myapp/called.py", "x = {")
    assert ended(enqueue("myapp.called.run")).status == JobStatus.FAILED
    assert restarted(project)[0] == 0
    assert workers(supervisor) != before


def test_of_an_exchange_that_is_under_way_doctor_says_that_and_not_how_the_one_before_went(
    project: Project, store: JobStore
) -> None:
    """It was asked for by a signal, as systemd does, so that nobody took back what was said."""
    project.write("myapp/called.py", "def run(): pass")
    supervisor = a_worker(project)
    ended(enqueue("myapp.called.run"))
    project.write("myapp/called.py", "x = {")
    assert restarted(project)[0] == 1
    project.write("myapp/called.py", "import time\ntime.sleep(9)\ndef run(): pass")
    supervisor.popen.send_signal(signal.SIGHUP)

    def findings() -> list[Any]:
        return list(read("doctor", code=2)["sections"]["workers"]["findings"])

    (finding,) = wait_until(
        lambda: [f for f in findings() if "an exchange is under way since" in f["text"]], 20
    )
    assert finding["level"] == "note"
    assert findings() == [finding]
    wait_until(lambda: not findings(), 30, what="it was exchanged")


def test_what_did_not_import_before_or_is_forced_is_no_reason_to_stay(
    project: Project, store: JobStore
) -> None:
    project.write("myapp/hooks.py", SCHEDULE)
    supervisor = a_worker(project)
    before = workers(supervisor)
    project.write("myapp/deployed.py", "x = {")
    assert restarted(project, "--force")[0] == 0
    assert workers(supervisor) != before

    def texts() -> list[str]:
        return [f["text"] for f in read("doctor", code=2)["sections"]["workers"]["findings"]]

    wait_until(lambda: [t for t in texts() if "cannot import myapp.deployed: SyntaxError" in t])
    before = workers(supervisor)
    assert restarted(project)[0] == 0
    assert workers(supervisor) != before


@pytest.mark.parametrize("was_broken", [True, False], ids=["before too", "by the change alone"])
def test_a_worker_that_has_not_yet_looked_at_its_own_code_is_waited_for(
    project: Project, store: JobStore, was_broken: bool
) -> None:
    """Its look is slow, as on a bench with many apps; the next worker's here is not."""
    project.write("myapp/hooks.py", HOOK)
    fails = "raise ValueError('not bound')"
    slow = "import pathlib, time\npathlib.Path('look began').touch()\ntime.sleep(6)\n"
    project.write("myapp/deployed.py", slow + fails * was_broken)
    supervisor = a_worker(project)
    has_begun(project, "look")
    (old,) = workers(supervisor)
    (serving,) = store.workers.all()
    assert serving.cannot_import is None
    project.write("myapp/deployed.py", fails)
    supervisor.popen.send_signal(signal.SIGHUP)
    supervisor.wait_for(f"{old} ends its jobs" if was_broken else f"{old} goes on")
    assert supervisor.stop() == 0


def test_what_an_import_reads_of_a_site_is_there_where_no_site_is_the_default(
    project: Project, store: JobStore
) -> None:
    project.write("sites/another.test/site_config.json", "{}")
    project.write("myapp/hooks.py", SCHEDULE)
    project.write("myapp/deployed.py", "import frappe\nSITE = frappe.local.site")
    supervisor = a_worker(project)
    has_looked(store)
    assert supervisor.stop() == 0


def test_a_worker_that_cannot_start_leaves_the_old_one_in_its_place(
    project: Project, store: JobStore
) -> None:
    supervisor = a_worker(project)
    (old,) = workers(supervisor)
    project.configure(redis_queue="no URL")
    supervisor.popen.send_signal(signal.SIGHUP)
    supervisor.wait_for(f"before it was ready: {old} goes on")
    assert ended(enqueue("myapp.deployed.version")).return_value() == "old"
    assert workers(supervisor) == [old]


def test_a_worker_that_dies_while_the_one_before_it_ends_its_jobs_is_started_again(
    project: Project, store: JobStore
) -> None:
    supervisor = a_worker(project)
    (old,) = workers(supervisor)
    long = enqueue("myapp.deployed.wait_for", name="go")
    has_begun(project, "go")
    supervisor.popen.send_signal(signal.SIGHUP)
    supervisor.wait_for(f"{old} ends its jobs")
    (new,) = set(workers(supervisor)) - {old}
    processes = psutil.Process(new).children()
    os.kill(new, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=HANG_SECONDS)  # else one of them may take the next job
    assert ended(enqueue("myapp.deployed.version")).return_value() == "old"
    (project.root / "go").touch()
    assert ended(long).return_value() == "old"


def test_a_worker_that_dies_is_its_supervisors_end(project: Project, store: JobStore) -> None:
    supervisor = a_worker(project)
    (worker,) = workers(supervisor)
    os.kill(worker, signal.SIGKILL)
    assert supervisor.wait() == 128 + signal.SIGKILL


def test_nobody_outlives_a_supervisor_that_is_killed(project: Project, store: JobStore) -> None:
    supervisor = a_worker(project)
    below = psutil.Process(supervisor.pid).children(recursive=True)
    assert len(below) > 1
    enqueue("myapp.deployed.wait_for", name="never")
    has_begun(project, "never")
    os.kill(supervisor.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(below, timeout=HANG_SECONDS)
    assert alive == []


def test_nor_does_the_look_of_its_worker(project: Project, store: JobStore) -> None:
    project.write("myapp/hooks.py", HOOK)
    endless = "import pathlib, time\npathlib.Path('look began').touch()\ntime.sleep(600)"
    project.write("myapp/deployed.py", endless)
    supervisor = a_worker(project)
    has_begun(project, "look")
    below = psutil.Process(supervisor.pid).children(recursive=True)
    os.kill(supervisor.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(below, timeout=HANG_SECONDS)
    assert alive == []


def test_the_supervisor_has_none_of_the_code_below_it(project: Project, store: JobStore) -> None:
    """Half of a bare interpreter would be gone on any of our own imports."""
    supervisor = a_worker(project)
    maps = Path(f"/proc/{supervisor.pid}/maps").read_text()
    assert "_ssl" not in maps
    assert psutil.Process(supervisor.pid).memory_full_info().pss < 16 * 2**20
    assert supervisor.stop() == 0


def test_its_signals_are_the_workers(project: Project, store: JobStore) -> None:
    supervisor = a_worker(project)
    long = enqueue("myapp.deployed.wait_for", name="never")
    has_begun(project, "never")
    supervisor.popen.send_signal(signal.SIGQUIT)  # at once
    supervisor.wait()
    wait_until(
        lambda: long.get_status(refresh=True) == JobStatus.FAILED, what="its job was given up"
    )


SLOW = """
import os, pathlib, signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGUSR1, lambda *_: note("usr1"))
note = lambda what: pathlib.Path(f"{what} {os.getpid()}").touch()
note("began")
is_told = lambda what: pathlib.Path(what).exists()
while os.environ["SERVING_WORKER"] and not is_told(f"go {os.getpid()}"):
    time.sleep(0.05)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
    line.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
note("ready")
while not is_told("end"):
    time.sleep(0.05)
"""
"""Ready at once where none serves, else when it is told; it ends when all are told."""


def test_one_that_made_room_and_is_ready_all_the_same_does_not_serve(project: Project) -> None:
    def has(what: str, worker: int) -> None:
        wait_until((project.root / f"{what} {worker}").exists, what=f"{what} {worker}")

    def another(before: set[int]) -> int:
        supervisor.popen.send_signal(signal.SIGHUP)
        (new,) = wait_until(lambda: {*workers(supervisor)} - before, what="another is started")
        has("began", new)
        return int(new)

    supervisor = supervised(project, sys.executable, "-c", SLOW)
    (first,) = wait_until(lambda: workers(supervisor), what="it is started")
    has("ready", first)
    second = another({first})
    third = another({first, second})
    (project.root / f"go {second}").touch()
    has("ready", second)
    supervisor.popen.send_signal(signal.SIGUSR1)  # which it hears after what the second said
    has("usr1", first)
    (project.root / f"go {third}").touch()
    supervisor.wait_for(f"worker {third} is ready, {first} ends its jobs")
    (project.root / "end").touch()
    assert supervisor.wait(30) == 0


def test_a_program_that_is_not_there(project: Project) -> None:
    process = supervised(project, "frapp-celery", "worker")
    assert process.wait() == 1
    assert "there is no program 'frapp-celery'" in process.output()


@pytest.mark.parametrize("start", [Project.worker, a_worker])
def test_systemd_is_told_that_the_service_is_ready(
    project: Project, tmp_path: Path, start: Callable[..., Process]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        process = start(project, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert systemd.recv(100) == b"READY=1"
        assert process.stop() == 0
