"""What a job changed of its process, the next one does not find."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import all_ended, ended, renew_processes, worker
from tests.project import Project
from tests.waiting import wait_until

STATE = """
import _thread
import contextvars
import decimal
import faulthandler
import gc
import io
import json
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time

from myapp.core import record

COLOR = contextvars.ContextVar("color", default=None)


def state():
    mask = os.umask(0)
    os.umask(mask)
    return json.dumps([
        os.environ.get("TZ"), os.environ.get("HOME"), os.environ.get("NEW"), time.tzname, mask,
        os.getcwd(), sys.path, locale.setlocale(locale.LC_ALL), decimal.getcontext().prec,
        decimal.getcontext().traps[decimal.Inexact], str(signal.getsignal(signal.SIGINT)),
        str(signal.getsignal(signal.SIGHUP)), logging.root.level, sys.getrecursionlimit(),
        socket.getdefaulttimeout(), gc.isenabled(), type(sys.stdout).__name__,
        type(sys.stderr).__name__,
        COLOR.get(),
    ])


def change():
    os.environ.update(TZ="Asia/Tokyo", NEW="new")
    del os.environ["HOME"]
    time.tzset()
    os.umask(0)
    os.chdir("/")
    sys.path.insert(0, "/somewhere")
    locale.setlocale(locale.LC_ALL, "C")
    decimal.getcontext().prec = 3
    decimal.getcontext().traps[decimal.Inexact] = True
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logging.root.setLevel(logging.CRITICAL)
    sys.setrecursionlimit(5000)
    socket.setdefaulttimeout(3)
    gc.disable()
    COLOR.set("red")
    sys.stdout = sys.stderr = io.StringIO()
    return state()


def offset():
    return time.localtime().tm_gmtoff


def go_to_tokyo():
    os.environ["TZ"] = "Asia/Tokyo"
    time.mktime(time.gmtime())
    return offset()


def go_to_another_cst():
    os.environ["TZ"] = "America/Mexico_City"
    time.tzset()
    return offset()


def leave_an_alarm():
    signal.alarm(1)


def outlast_it():
    time.sleep(1.5)


def cancel_a_timer():
    timer = threading.Timer(60, record)
    timer.finished = Stubborn()
    timer.start()
    timer.cancel()


class Stubborn(threading.Event):
    def wait(self, timeout=None):
        super().wait(timeout)
        time.sleep(5)


def take_usr1():
    signal.signal(signal.SIGUSR1, lambda *_: None)


def leave_a_thread():
    threading.Thread(target=threading.Event().wait, name="of-its-own", daemon=True).start()


def leave_a_thread_of_c():
    began = threading.Event()

    def go_on():
        threading.current_thread()  # from now on Python knows of it
        began.set()
        threading.Event().wait()

    _thread.start_new_thread(go_on, ())
    began.wait()


def begin_ddtrace():
    sys.modules["ddtrace"] = type(sys)("ddtrace")  # whose threads are C's
    leave_a_thread_of_c()


kept = []


def threads():
    return threading.active_count()


def begin_telemetry():
    import sentry_sdk
    from posthog import Posthog
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    sentry_sdk.init("http://key@127.0.0.1:9/1")
    sentry_sdk.capture_message("hello")
    kept.append(Posthog("key", host="http://127.0.0.1:9"))
    kept[0].capture("hello", distinct_id="somebody")
    TracerProvider().add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    return threads()
"""


PARTS = """
import asyncio
import cProfile
import ctypes
import gc
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings


def watch(*_):
    return None


class Finder:
    def find_spec(self, *_):
        return None


class Handler(logging.Handler):
    def emit(self, record):
        pass


def loop():
    return str(vars(asyncio.events._event_loop_policy._local))


def settings(name=None):
    logger = logging.getLogger(name)
    return str([logger.level, logger.propagate, logger.disabled, logger.handlers, logger.filters])


def profiler():
    return sys.monitoring.get_tool(2) if sys.version_info >= (3, 12) else None


def stop_all_logs():
    logging.disable(logging.CRITICAL)


def change_the_root_logger():
    logging.root.addHandler(Handler())
    logging.root.handlers[0].addFilter(watch)
    logging.root.handlers[0].removeFilter(watch)
    logging.root.addFilter(watch)


def change_a_logger():
    celery = logging.getLogger("celery.worker")
    celery.setLevel(logging.CRITICAL)
    celery.addHandler(Handler())
    celery.filters.append(watch)
    celery.disabled = True


def begin_a_loop():
    asyncio.set_event_loop(asyncio.new_event_loop())


def run_a_loop():
    asyncio.run(asyncio.sleep(0))


WAYS = {
    "logging.disable": (stop_all_logs, lambda: logging.root.manager.disable),
    "the root logger": (change_the_root_logger, settings),
    "loggers": (change_a_logger, lambda: settings("celery.worker")),
    "the signal mask": (
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]),
        lambda: [*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))],
    ),
    "signal handlers": (
        lambda: signal.signal(signal.SIGWINCH, watch),
        lambda: str(signal.getsignal(signal.SIGWINCH)),
    ),
    "warnings": (lambda: warnings.simplefilter("error"), lambda: str(warnings.filters)),
    "warnings ": (
        lambda: setattr(warnings, "showwarning", watch), lambda: warnings.showwarning.__name__
    ),
    "sys.excepthook": (lambda: setattr(sys, "excepthook", watch), lambda: sys.excepthook.__name__),
    "sys.meta_path": (
        lambda: sys.meta_path.insert(0, Finder()), lambda: str(sys.meta_path)
    ),
    "the profile function": (lambda: sys.setprofile(watch), lambda: str(sys.getprofile())),
    "the trace function": (lambda: sys.settrace(watch), lambda: str(sys.gettrace())),
    "the profile function of threads": (
        lambda: threading.setprofile(watch), lambda: str(threading.getprofile())
    ),
    "the trace function of threads": (
        lambda: threading.settrace(watch), lambda: str(threading.gettrace())
    ),
    "the profiler": (lambda: cProfile.Profile().enable(), profiler),
    "C's environment": (
        lambda: (os.putenv("LEFT", "here"), os.unsetenv("HOME")),
        lambda: sorted(subprocess.check_output(["printenv", "-0"]).decode().split(chr(0))),
    ),
    "gc's thresholds": (lambda: gc.set_threshold(1, 2, 3), gc.get_threshold),
    "the longest integer": (
        lambda: sys.set_int_max_str_digits(700), lambda: sys.get_int_max_str_digits()
    ),
    "the switch interval": (lambda: sys.setswitchinterval(0.5), sys.getswitchinterval),
    "the event loop": (begin_a_loop, loop),
    "the event loop ": (run_a_loop, loop),
    "its limits": (
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (99, resource.getrlimit(7)[1])),
        lambda: [resource.getrlimit(number) for number in range(16)],
    ),
    "its niceness": (lambda: os.nice(1), lambda: os.nice(0)),
}


def change(way):
    WAYS[way][0]()


def see(way):
    return [os.getpid(), WAYS[way][1]()]


def same_numbers():
    random.seed(7)


def numbers():
    return [os.getpid(), random.random()]


def leave_a_program(path):
    child = subprocess.Popen([path, "600"]).pid
    while open(f"/proc/{child}/comm").read() != os.path.basename(path) + chr(10):
        time.sleep(0.01)
    return child
"""


LIBRARY = """
import logging
import sys


class Finder:
    @staticmethod
    def find_spec(*_):
        return None


sys.meta_path.insert(0, Finder)
log = logging.getLogger("library")
log.setLevel(logging.ERROR)
log.addHandler(logging.NullHandler())
"""
USES = """
import logging
import os
import resource
import sys


def lower(limit):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, before[1]))
    return before[0]


def use():
    import library
    import numpy.random


def found():
    import numpy.random

    log = logging.getLogger("library")
    finders = [str(one) for one in sys.meta_path]
    return [os.getpid(), finders, log.level, len(log.handlers), [*numpy.random.seeds]]
"""
NUMPY = "seeds = []\nseed = seeds.append\n"


class Worker:
    """One of one process that a module's tests share; what it says is asked test by test."""

    def __init__(self, bench: Project, **environment: str) -> None:
        bench.write("myapp/state.py", STATE)
        bench.write("myapp/parts.py", PARTS)
        bench.write("myapp/uses.py", USES)
        bench.write("library.py", LIBRARY)
        bench.write("numpy/__init__.py", "")
        bench.write("numpy/random.py", NUMPY)
        bench.configure(workers={"strict": {"full_comparison": True}})
        self.process = worker(bench, **environment)
        self._before = 0

    def begin(self) -> None:
        """With a process that has run a job."""
        self._before = len(self.process.output())
        ended(enqueue("myapp.core.record"))

    def pids(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def said(self) -> str:
        return self.process.output()[self._before :]

    def says(self, text: str) -> None:
        """A job may have ended while its process still puts right what it left."""
        wait_until(lambda: text in self.said(), what=text)


@pytest.fixture(scope="module")
def shared(bench: Project) -> Worker:
    return Worker(bench)


@pytest.fixture
def one(shared: Worker, bench_store: JobStore) -> Worker:
    shared.begin()
    return shared


def test_what_a_job_changed_of_its_process_is_put_back(one: Worker) -> None:
    before, children = ended(enqueue("myapp.state.state")).result, one.pids()
    changed = ended(enqueue("myapp.state.change")).result
    same = [old == new for old, new in zip(json.loads(before), json.loads(changed), strict=True)]
    assert not any(same[:7] + same[8:]), "it changes everything; the locale may be this one already"
    assert ended(enqueue("myapp.state.state")).result == before
    assert one.pids() == children, "by the same process"
    one.says("myapp.state.change[")
    one.says("changed the working directory: put back")


@pytest.mark.parametrize(
    ("zone", "method"), [("UTC", "go_to_tokyo"), ("Asia/Shanghai", "go_to_another_cst")]
)
def test_a_time_zone_of_the_same_names_is_put_back(
    project: Project, pool_store: JobStore, zone: str, method: str
) -> None:
    """C reads TZ anew where Python does not, and CST is the name of two zones."""
    one = Worker(project, TZ=zone)
    before, children = ended(enqueue("myapp.state.offset")).result, one.pids()
    assert ended(enqueue(f"myapp.state.{method}")).result != before
    assert ended(enqueue("myapp.state.offset")).result == before
    assert one.pids() == children, "by the same process"


def test_an_alarm_does_not_ring_in_a_later_job(one: Worker) -> None:
    children = one.pids()
    ended(enqueue("myapp.state.leave_an_alarm", timeout=-1))
    later = ended(enqueue("myapp.state.outlast_it", timeout=-1))
    assert (later.status, later.exc_info) == (JobStatus.FINISHED, None)
    assert one.pids() == children, "by the same process"
    one.says("changed the alarm: put back")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("take_usr1", "changed signal handlers: its process is replaced"),
        ("leave_a_thread", "left threads: of-its-own (threading); its process is replaced"),
        ("leave_a_thread_of_c", "left threads: Dummy-"),
    ],
)
def test_after_what_cannot_be_put_right_the_process_is_replaced(
    one: Worker, method: str, said: str
) -> None:
    children = one.pids()
    ended(enqueue(f"myapp.state.{method}"))
    wait_until(lambda: len(one.pids()) == 1 and not one.pids() & children, what="replaced")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    one.says(said)


@pytest.mark.parametrize("limit", ["--max-tasks-per-child=2", "--max-memory-per-child=1"])
def test_a_process_that_has_run_enough_says_that_it_is_replaced(
    project: Project, pool_store: JobStore, limit: str
) -> None:
    process = project.worker(limit)
    (before,) = (child.pid for child in psutil.Process(process.pid).children())
    for _ in range(2):
        ended(enqueue("myapp.core.record"))
    wait_until(lambda: not psutil.pid_exists(before), what="replaced")
    assert re.search(
        r"after [12] jobs, with \d+ MiB in memory, this process is replaced", process.output()
    )


def test_a_timer_that_was_canceled_is_not_meant(one: Worker) -> None:
    children = one.pids()
    ended(enqueue("myapp.state.cancel_a_timer"))
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert one.pids() == children
    assert "left threads" not in one.said()


def test_threads_of_c_are_telemetrys_where_that_is_there(one: Worker) -> None:
    children = one.pids()
    ended(enqueue("myapp.state.begin_ddtrace"))
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert one.pids() == children
    assert "left threads" not in one.said()


def test_threads_of_telemetry_are_not_meant(one: Worker) -> None:
    children = one.pids()
    before = ended(enqueue("myapp.state.threads")).result
    assert ended(enqueue("myapp.state.begin_telemetry")).result == before + 3, "one of each"
    jobs = [enqueue("myapp.core.record") for _ in range(1000)]
    assert set(all_ended(jobs, timeout=60)) == {JobStatus.FINISHED}
    assert one.pids() == children
    assert "left threads" not in one.said()


WAYS: dict[str, Any] = {}
exec(PARTS, WAYS)


@pytest.mark.parametrize("way", WAYS["WAYS"])
def test_each_part_of_the_process_is_put_back(one: Worker, way: str) -> None:
    """Also where it is looked at only with everything else (`strict`)."""
    if way == "the profiler" and sys.version_info < (3, 12):
        pytest.skip("it sets a profile function there")
    before = ended(enqueue("myapp.parts.see", way=way)).result
    ended(enqueue("myapp.parts.change", queue="strict", way=way))
    assert ended(enqueue("myapp.parts.see", way=way)).result == before
    one.says(f"changed {way.strip()}")


def test_what_a_library_sets_when_it_is_imported_stays_and_numpy_is_seeded(one: Worker) -> None:
    ended(enqueue("myapp.uses.use"))
    first, second = [ended(enqueue("myapp.uses.found", queue="strict")).result for _ in range(2)]
    assert first[:4] == second[:4]
    assert "library.Finder" in str(first[1])
    assert first[2:4] == [40, 1]
    assert (len(first[4]), len({*second[4]})) == (1, 2)


def test_the_next_job_draws_other_numbers(one: Worker) -> None:
    drawn = []
    for _ in range(3):
        ended(enqueue("myapp.parts.same_numbers"))
        drawn.append(ended(enqueue("myapp.parts.numbers")).result)
    assert len({pid for pid, _ in drawn}) == 1
    assert len({number for _, number in drawn}) == 3


def test_a_process_that_has_a_child_of_a_job_is_replaced(one: Worker) -> None:
    children = one.pids()
    child = psutil.Process(ended(enqueue("myapp.parts.leave_a_program", path="sleep")).result)
    try:
        wait_until(lambda: len(one.pids()) == 1 and not one.pids() & children, what="replaced")
    finally:
        child.kill()
    one.says("changed its child processes: its process is replaced (sleep)")


def test_the_browser_that_frappe_keeps_is_not_meant(one: Worker, tmp_path: Path) -> None:
    children = one.pids()
    browser = tmp_path / "headless_shell"
    shutil.copy(shutil.which("sleep") or "", browser)
    kept = psutil.Process(ended(enqueue("myapp.parts.leave_a_program", path=str(browser))).result)
    try:
        ended(enqueue("myapp.core.record"))
        assert one.pids() == children
        assert kept.is_running()
    finally:
        kept.kill()


def test_a_part_that_jobs_change_rarely_is_watched_by_new_processes_once_one_did(
    bench: Project, bench_store: JobStore
) -> None:
    process = Worker(bench).process
    method = "myapp.uses.lower"
    before = ended(enqueue(method, limit=4096)).result
    assert ended(enqueue(method, limit=4096)).result == before, (
        "after its first job all is looked at"
    )
    renew_processes(process)
    found = [ended(enqueue(method, limit=4096)).result for _ in range(2)]
    assert found == [before, before]
