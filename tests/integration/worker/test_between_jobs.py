"""What a job changed of its process, the next one does not find."""

from __future__ import annotations

import json

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import all_ended, ended, worker
from tests.project import Project
from tests.waiting import wait_until

STATE = """
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


class Worker:
    """One of one process that a module's tests share; what it says is asked test by test."""

    def __init__(self, bench: Project, **environment: str) -> None:
        bench.write("myapp/state.py", STATE)
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
    assert "myapp.state.change[" in one.said()
    assert "changed the working directory: put back" in one.said()


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
    assert "changed the alarm: put back" in one.said()


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("take_usr1", "changed signal handlers: its process is replaced"),
        ("leave_a_thread", "left threads: of-its-own (threading); its process is replaced"),
    ],
)
def test_after_what_cannot_be_put_right_the_process_is_replaced(
    one: Worker, method: str, said: str
) -> None:
    children = one.pids()
    ended(enqueue(f"myapp.state.{method}"))
    wait_until(lambda: len(one.pids()) == 1 and not one.pids() & children, what="replaced")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert said in one.said()


def test_a_timer_that_was_canceled_is_not_meant(one: Worker) -> None:
    children = one.pids()
    ended(enqueue("myapp.state.cancel_a_timer"))
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
