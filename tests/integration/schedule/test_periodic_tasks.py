"""django-celery-beat's PeriodicTask rows, run by our scheduler beside Frappe's rows."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until
from tests.warm import WarmPython

SETTINGS = """
    from pathlib import Path

    SECRET_KEY = "x"
    USE_TZ = True
    TIME_ZONE = "America/New_York"
    INSTALLED_APPS = ["django_celery_beat", "frappe_celery"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
                             "NAME": Path(__file__).parents[1] / "team.db",
                             "OPTIONS": {"timeout": 10, "transaction_mode": "IMMEDIATE"}}}
"""
APP = """
    from celery import Celery

    import frappe_celery
    from frappe_celery.config import settings

    app = Celery("team", broker=settings.current().store_url)
    app.conf.beat_scheduler = "frappe_celery.beat_schedule:DatabaseScheduler"
    app.conf.beat_schedule = {"own": {"task": "team.app.own", "schedule": 1.0, "args": ["conf"]}}
    frappe_celery.setup(app)


    @app.task
    def own(text):
        from myapp.tasks import record
        record(text)
"""
HOOKS = 'scheduler_events = {"cron": {"* * * * * *": ["myapp.tasks.record"]}}'
ROWS = """
import datetime, json, sys
import django; django.setup()
from django.utils.timezone import now
from django_celery_beat.models import (
    ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
)

second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
ago = now() - datetime.timedelta(days=2)
later = now() + datetime.timedelta(days=2)


def add(name, **values):
    values = {"interval": second, **values} if "interval" not in values else values
    PeriodicTask.objects.create(
        name=name, task="team.app.own", args=json.dumps([name]), **values
    )


def row(name):
    return PeriodicTask.objects.get(name=name)

"""
TEAM = {"DJANGO_SETTINGS_MODULE": "team.settings"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython) -> Path:
    """The database of a team that has migrated."""
    project = Project(tmp_path_factory.mktemp("tables"), redis_url, warm)
    write_team(project)
    migrate = project.start("migrate", "-m", "django", "migrate", "-v", "0", **TEAM)
    assert migrate.wait() == 0, migrate.output()
    return project.root / "team.db"


@pytest.fixture
def team(project: Project, tables: Path) -> Project:
    write_team(project)
    shutil.copy(tables, project.root)
    return project


def write_team(project: Project) -> None:
    project.write("team/__init__.py", "")
    project.write("team/settings.py", SETTINGS)
    project.write("team/app.py", APP)
    project.write("myapp/hooks.py", HOOKS)


def rows(team: Project, code: str) -> Any:
    """Run code that sees the rows; the last line that it printed, as JSON."""
    output = team.python(ROWS + code, **TEAM).splitlines()
    return json.loads(output[-1]) if output else None


def celery(team: Project, name: str, *arguments: str) -> Process:
    return team.start(name, "-m", "celery", "-A", "team.app", *arguments, "-l", "INFO", **TEAM)


def ran(team: Project) -> Counter[str]:
    return Counter(team.effects())


def test_rows_of_every_kind_run_as_django_celery_beat_runs_them(team: Project) -> None:
    rows(
        team,
        """
crontab, _ = CrontabSchedule.objects.get_or_create(minute="*", timezone="UTC")
solar, _ = SolarSchedule.objects.get_or_create(event="solar_noon", latitude=52, longitude=5)
clocked = ClockedSchedule.objects.create(clocked_time=now())
add("every second")
add("crontab", interval=None, crontab=crontab, last_run_at=ago)
add("solar", interval=None, solar=solar, last_run_at=ago)
add("clocked", interval=None, clocked=clocked, one_off=True)
add("once", one_off=True)
add("not yet", start_time=later)
add("over", expires=ago)
add("off", enabled=False)
add("broken")
PeriodicTask.objects.filter(name="broken").update(args="{")
""",
    )
    celery(team, "worker", "worker", "-c", "1")
    beat = celery(team, "beat", "beat")
    each = ["every second", "crontab", "clocked", "once", "conf", "ran"]
    if find_spec("ephem"):  # without it Celery has no solar schedules
        each.append("solar")
    else:
        beat.wait_for("PeriodicTask solar is not scheduled: ")
    wait_until(lambda: all(ran(team)[name] for name in each), timeout=40)
    so_far = ran(team)
    many = ("every second", "conf", "ran")
    wait_until(lambda: all(ran(team)[name] >= so_far[name] + 3 for name in many), timeout=30)
    assert [ran(team)[name] for name in ("clocked", "once")] == [1, 1]
    assert not {"not yet", "over", "off", "broken"} & set(ran(team))

    wait_until(lambda: total(team, "every second") == ran(team)["every second"]
               and total(team, "own") == ran(team)["conf"], what="all is written back")  # fmt: skip
    beat.stop()
    state = rows(
        team,
        """
print(json.dumps({
    task.name: [task.enabled, task.total_run_count, bool(task.last_run_at)]
    for task in PeriodicTask.objects.all()
}))
""",
    )
    assert state["every second"] == [True, ran(team)["every second"], True]
    assert state["own"] == [True, ran(team)["conf"], True], "app.conf.beat_schedule is a row too"
    assert [state[name][0] for name in ("clocked", "once", "over", "broken")] == [False] * 4


def total(team: Project, name: str) -> int:
    """A row's `total_run_count`, asked without a process that would take longer than a run."""
    database = sqlite3.connect(team.root / "team.db")
    try:
        (row,) = database.execute(
            "select total_run_count from django_celery_beat_periodictask where name = ?", [name]
        )
        return int(row[0])
    finally:
        database.close()


def test_a_run_that_is_sent_while_others_are_written_back_is_not_taken_for_undone(
    team: Project,
) -> None:
    """The rows are read then with a count that lacks it: by its time the scheduler's own counts."""
    assert rows(
        team,
        """
from team.app import app
from frappe_celery.schedule.periodic_tasks.rows import Rows

add("a")
reads = []
kept = Rows(app, {}, reads.append, lambda runs: None)
write = kept._write

def write_and_meanwhile_send():
    write()
    kept.ran(row("a").pk, json.dumps([now().isoformat(), 1]))

kept._write = write_and_meanwhile_send
kept._turn()
(read,) = reads
sent = datetime.datetime.fromisoformat(json.loads(dict(kept._ran)[row("a").pk])[0])
print(json.dumps([read.entries[0].total_run_count, read.at <= sent]))
""",
    ) == [0, True]


def test_edits_are_seen_within_5_seconds(team: Project) -> None:
    rows(team, 'add("a"); add("b", enabled=False)')
    celery(team, "worker", "worker", "-c", "1")
    celery(team, "beat", "beat")
    wait_until(lambda: ran(team)["a"] >= 2, timeout=40)
    assert not ran(team)["b"]
    rows(
        team,
        """
task = row("a"); task.enabled = False; task.save()
task = row("b"); task.enabled = True; task.save()
add("new")
""",
    )
    wait_until(lambda: ran(team)["b"] and ran(team)["new"], timeout=5)
    before = ran(team)["a"]
    wait_until(lambda: ran(team)["new"] >= 4, timeout=HANG_SECONDS)
    assert ran(team)["a"] <= before + 1

    rows(team, 'second.every = 1; second.period = "days"; second.save(); row("new").delete()')

    def quiet() -> bool:
        before = ran(team)
        wait_until(lambda: ran(team)["ran"] >= before["ran"] + 3)
        return all(ran(team)[name] == before[name] for name in ("a", "b", "new"))

    wait_until(quiet, timeout=20, what="the changed interval and the deletion count")


def test_a_killed_leader_is_replaced_and_no_run_is_sent_twice(team: Project) -> None:
    rows(team, 'add("a", last_run_at=now())')
    celery(team, "worker", "worker", "-c", "1")
    first = celery(team, "first", "beat", "--pidfile", "first.pid")
    wait_until(lambda: ran(team)["a"] >= 2, timeout=40)
    second = celery(team, "second", "beat", "--pidfile", "second.pid")
    second.wait_for("stands by")
    first.kill()
    so_far = ran(team)["a"]
    wait_until(lambda: ran(team)["a"] >= so_far + 3, timeout=20, what="the second goes on")
    wait_until(lambda: ran(team)["a"] == total(team, "a"), timeout=HANG_SECONDS)
    second.stop()
    assert ran(team)["a"] == total(team, "a")
    assert "acts now, and what is due runs" in second.output()


def test_without_django_celery_beat_in_the_project_it_says_so(team: Project) -> None:
    team.write("team/settings.py", SETTINGS.replace('"django_celery_beat", ', ""))
    beat = celery(team, "beat", "beat")
    beat.wait_for("DatabaseScheduler needs 'django_celery_beat' in INSTALLED_APPS")


@pytest.mark.parametrize("named", ["django", "team.beats:Own"])
def test_a_scheduler_that_does_not_know_frappe_s_schedule_says_so(
    team: Project, named: str
) -> None:
    team.write(
        "team/beats.py",
        "from django_celery_beat.schedulers import DatabaseScheduler\n"
        "class Own(DatabaseScheduler): ...\n",
    )
    beat = celery(team, "beat", "beat", "--scheduler", named)
    beat.wait_for("Frappe's schedule stands still: this beat runs ")
    beat.wait_for("or with frappe_celery.beat_schedule:DatabaseScheduler")


TWO_LEADERS = """
import time
from celery.beat import Scheduler as Celerys
from frappe_celery.jobs import get_store
from frappe_celery.schedule.periodic_tasks import rows as module
from frappe_celery.beat_schedule import DatabaseScheduler
from team.app import app

second.every, second.period = 1, "hours"; second.save()
add("a", last_run_at=now() - datetime.timedelta(hours=2))
app.conf.beat_schedule = {}
sent = []
DatabaseScheduler.apply_async = lambda self, entry, **how: sent.append([self.name, entry.name])


def turns(scheduler, until):
    deadline = time.monotonic() + 10
    while not until() and time.monotonic() < deadline:
        scheduler.tick()
        time.sleep(0.01)


first, next_ = DatabaseScheduler(app), DatabaseScheduler(app)
first.name, next_.name = "first", "next"
writing, module.Rows._write = module.Rows._write, lambda self: None
turns(first, lambda: sent)
first.rows._stopped = True  # it dies before the run stands in the row …
get_store().client.delete(first.lease._lease.key)
module.Rows._write = writing
turns(next_, lambda: row("a").total_run_count)
turns(first, lambda: False)  # … or only stood still
print(json.dumps([sent, row("a").total_run_count, get_store().client.hlen(
    get_store().keys.prefix + "beat:ran")]))
"""


def test_a_run_that_the_leader_before_had_not_written_back_is_not_sent_again(
    team: Project,
) -> None:
    sent, total, unwritten = rows(team, TWO_LEADERS)
    assert sent == [["first", "a"]]
    assert (total, unwritten) == (1, 0)


STOPPED_WHILE_READING = """
from threading import Event, Thread
from frappe_celery.schedule.periodic_tasks.rows import Rows
from team.app import app

add("a")
reading, go_on = Event(), Event()


def deliver(read):
    reading.set()
    assert go_on.wait(10)


rows = Rows(app, {}, deliver, lambda runs: None)
rows.start()
assert reading.wait(10)
rows.ran(row("a").pk, json.dumps([now().isoformat(), 1]))
stopping = Thread(target=rows.stop)
stopping.start()
while not rows._stopped:
    pass
go_on.set()
rows._thread.join(10)
print(row("a").total_run_count)
"""


def test_what_ran_while_rows_were_read_is_written_before_the_end(team: Project) -> None:
    assert rows(team, STOPPED_WHILE_READING) == 1
