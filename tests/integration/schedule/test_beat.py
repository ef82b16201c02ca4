"""Real beat processes with real workers: who acts, takeovers, hooks that are broken or change."""

from __future__ import annotations

import re
import signal
from collections import Counter
from datetime import datetime, timedelta

import pytest

from frappe_celery.jobs import get_store
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

EVERY_SECOND = """
    scheduler_events = {"cron": {"* * * * * *": ["myapp.tasks.record"]}}
"""
LEFT_OUT = re.compile(r"left out, a run of it waits or runs")
DUE = re.compile(r"\[(\S+ \S+): INFO.*\] myapp\.tasks\.record of site \S+, due (\S+ [^ ]+): ")
ACTED = re.compile(r"myapp\.tasks\.(\w+) of site \S+, due (\S+ [^:]+:\d\d:\d\d)\S*: enqueued")


def acted(*schedulers: Process) -> Counter[tuple[str, str]]:
    """How often each due time of each method was acted on."""
    return Counter(match for each in schedulers for match in ACTED.findall(each.output()))


def test_it_runs_what_is_due_as_administrator_and_leaves_no_file(project: Project) -> None:
    project.write(
        "myapp/tasks.py",
        """
        from pathlib import Path

        import frappe


        def who():
            line = f"{frappe.session.user} on {frappe.local.site}\\n"
            with (Path(__file__).parents[1] / "effects.txt").open("a") as effects:
                effects.write(line)
        """,
    )
    project.write(
        "myapp/hooks.py",
        """
        scheduler_events = {
            "daily": "myapp.tasks.gone",
            "cron": {"* * * * * *": "myapp.tasks.who"},
        }
        """,
    )
    project.worker()
    project.beat()
    wait_until(lambda: len(project.effects()) >= 2, timeout=30)
    assert set(project.effects()) == {f"Administrator on {project.site}"}
    assert not list(project.root.glob("celerybeat-schedule*"))


def test_a_hooks_py_that_raises_does_not_stop_the_other_apps(project: Project) -> None:
    project.write("broken/__init__.py", "")
    project.write("broken/hooks.py", "scheduler_events = {'daily': [undefined]}")
    project.write("leaves/__init__.py", "")
    project.write("leaves/hooks.py", "import sys; sys.exit(3)")
    project.write("sites/apps.txt", "broken\nleaves\nmyapp\n")
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.worker()
    beat = project.beat()
    beat.wait_for("NameError: name 'undefined' is not defined")
    beat.wait_for("leaves.hooks cannot be imported: SystemExit: 3")
    wait_until(project.effects)


def test_on_hup_it_goes_on_with_new_code_under_the_same_process_id(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.write("myapp/__init__.py", "import sys; print('code 1', file=sys.stderr)")
    project.worker()
    beat = project.beat()
    wait_until(lambda: acted(beat), timeout=30)
    project.write("myapp/__init__.py", "import sys; print('code 2', file=sys.stderr)")
    beat.popen.send_signal(signal.SIGHUP)
    beat.wait_for("code 2")
    before = len(acted(beat))
    wait_until(lambda: len(acted(beat)) >= before + 2, timeout=30)
    assert beat.popen.poll() is None
    assert max(acted(beat).values()) == 1
    assert beat.stop() == 0


def test_of_two_one_acts_and_a_killed_one_is_replaced_within_15_seconds(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.worker()
    first = project.beat()
    wait_until(lambda: len(acted(first)) >= 3, timeout=30)
    second = project.beat()
    second.wait_for("stands by")
    so_far = len(acted(first))
    wait_until(lambda: len(acted(first)) >= so_far + 3)
    assert not acted(second)

    first.kill()
    wait_until(lambda: len(acted(second)) >= 3, timeout=15, what="the second takes over")
    assert "acts now, and what is due runs" in second.output()
    times = acted(first, second)
    assert max(times.values()) == 1, "a due time was acted on twice"
    second.stop()
    wait_until(lambda: len(project.effects()) == len(times), what="each ran once")


def test_it_says_what_it_enqueues_unless_it_is_to_be_quiet(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.write(
        "celeryconfig.py",
        "beat_schedule = {'own': {'task': 'team.own', 'schedule': 0.5}}\n",
    )
    plain = project.celery("beat")
    plain.wait_for("enqueued on")
    plain.wait_for("Sending due task own")
    plain.stop()
    store = get_store()
    acted_on = f"{store.keys.prefix}acted"
    before = store.client.llen(acted_on)
    quiet = project.start("quiet", "-m", "celery", "-q", "-A", "frappe_celery", "beat")
    wait_until(lambda: store.client.llen(acted_on) > before, what="it acts")
    quiet.stop()
    assert "record" not in quiet.output()


def test_one_that_leaves_in_order_is_replaced_at_once(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    first = project.beat()
    first.wait_for("enqueued")
    second = project.beat()
    second.wait_for("stands by")
    first.stop()
    wait_until(lambda: "leads" in second.output(), timeout=4)
    second.wait_for("left out, a run of it waits")
    assert "gave no sign of life" not in second.output()


def test_one_that_stood_still_says_so_and_stands_by(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.worker()
    first = project.beat()
    first.wait_for("enqueued")
    first.popen.send_signal(signal.SIGSTOP)
    second = project.beat()
    second.wait_for("enqueued", timeout=20)
    first.popen.send_signal(signal.SIGCONT)
    first.wait_for("LockTimeoutError: scheduler")
    first.wait_for("stands by")
    wait_until(lambda: len(acted(second)) >= 5)
    assert max(acted(first, second).values()) == 1


def test_changed_hooks_wait_for_sync_and_then_count_while_beat_runs(project: Project) -> None:
    project.write("myapp/hooks.py", 'scheduler_events = {"daily": ["myapp.tasks.record"]}')
    project.worker()
    project.beat().wait_for("first start")
    project.write("myapp/hooks.py", EVERY_SECOND)
    sync = project.start("sync", "-m", "frappe_celery.cli", "sync")
    assert sync.wait() == 0
    assert sync.output() == f"{project.site}: changed myapp.tasks.record\n"
    assert not project.effects()
    wait_until(project.effects, timeout=20)


def test_hooks_that_changed_before_the_start_are_announced_not_applied(project: Project) -> None:
    project.write("myapp/hooks.py", 'scheduler_events = {"daily": ["myapp.tasks.record"]}')
    beat = project.beat()
    beat.wait_for("first start")
    beat.stop()
    project.write("myapp/hooks.py", EVERY_SECOND)
    beat = project.beat()
    beat.wait_for("changed in the hooks, not in force until `frappe-celery schedule sync`")
    assert not acted(beat)


def test_an_entry_that_still_runs_is_not_started_again(project: Project) -> None:
    project.write(
        "myapp/hooks.py", 'scheduler_events = {"cron": {"* * * * * *": ["myapp.tasks.slow"]}}'
    )
    project.write(
        "myapp/tasks.py",
        """
        import time
        from pathlib import Path

        EFFECTS = Path(__file__).parents[1] / "effects.txt"


        def slow():
            for what in ("began", "ended"):
                with EFFECTS.open("a") as effects:
                    effects.write(what + "\\n")
                time.sleep(1.5)
        """,
    )
    project.worker("-c", "2")
    beat = project.beat()
    beat.wait_for("left out, a run of it waits or runs")
    wait_until(lambda: len(project.effects()) >= 5, timeout=30)
    pairs = project.effects()
    assert pairs == (["began", "ended"] * len(pairs))[: len(pairs)], "one at a time"


def test_a_site_that_is_paused_while_beat_runs(project: Project) -> None:
    project.write("myapp/hooks.py", EVERY_SECOND)
    beat = project.beat()
    beat.wait_for("enqueued")
    project.write(f"sites/{project.site}/site_config.json", '{"pause_scheduler": 1}')
    beat.wait_for("nothing is scheduled, pause_scheduler is set")
    project.write(f"sites/{project.site}/site_config.json", "{ }")
    beat.wait_for("is scheduled again")


@pytest.mark.parametrize("scheduler", ["celery.beat:PersistentScheduler", None])
def test_a_team_with_an_app_of_its_own(project: Project, scheduler: str | None) -> None:
    """Stock Celery runs `beat_schedule()`; ours runs the rows and the team's own entries beside."""
    project.write("myapp/hooks.py", EVERY_SECOND)
    project.write(
        "team.py",
        f"""
        from celery import Celery

        import frappe_celery
        from frappe_celery.config import settings
        from frappe_celery.beat_schedule import beat_schedule

        app = Celery("team", broker=settings.current().store_url)
        frappe_celery.setup(app)


        @app.task
        def own():
            from myapp.tasks import record
            record("own")


        app.conf.beat_schedule = {{
            "own": {{"task": "team.own", "schedule": 1.0}}, **beat_schedule()
        }}
        if {scheduler!r}:
            app.conf.beat_scheduler = {scheduler!r}
        """,
    )
    synced = project.start("sync", "-m", "frappe_celery.cli", "sync")
    assert synced.wait() == 0
    arguments = ["-m", "celery", "-A", "team"]
    project.start("worker", *arguments, "worker", "-c", "1", "-l", "INFO")
    project.start("beat", *arguments, "beat", "-l", "INFO")
    wait_until(lambda: Counter(project.effects())["ran"] >= 3, timeout=40)
    wait_until(lambda: Counter(project.effects())["own"] >= 3)
    assert bool(list(project.root.glob("celerybeat-schedule*"))) == bool(scheduler)


def test_a_redis_that_is_not_there_yet_or_goes_away_is_waited_for(
    project: Project, own_redis: RedisServer
) -> None:
    project.configure(redis_queue=own_redis.url)
    project.write("myapp/hooks.py", EVERY_SECOND)
    own_redis.kill()
    beat = project.beat()
    beat.wait_for(f":{own_redis.port}/0 does not answer", timeout=HANG_SECONDS)
    own_redis.start()
    beat.wait_for("enqueued")
    own_redis.kill()
    wait_until(lambda: beat.output().count("does not answer") == 2, timeout=HANG_SECONDS)
    own_redis.start()
    wait_until(lambda: beat.output().count("answers again") == 2)
    so_far = len(LEFT_OUT.findall(beat.output()))
    wait_until(lambda: len(LEFT_OUT.findall(beat.output())) >= so_far + 2)
    assert max(acted(beat).values()) == 1


def test_a_heavy_job_of_the_all_event_does_not_hold_beat_up(project: Project) -> None:
    """The research document's section 12: `all` with millions of records."""
    project.configure(scheduler_tick_interval=1)
    project.write(
        "myapp/hooks.py",
        """
        scheduler_events = {
            "all": ["myapp.tasks.heavy"],
            "cron": {"* * * * * *": ["myapp.tasks.record"]},
        }
        """,
    )
    project.write(
        "myapp/tasks.py",
        """
        import time


        def heavy():
            until = time.monotonic() + 4
            while time.monotonic() < until:
                sum(range(100_000))


        def record():
            pass
        """,
    )
    project.worker()
    beat = project.beat()
    beat.wait_for("tasks.heavy")
    wait_until(lambda: len(DUE.findall(beat.output())) >= 12, timeout=40)
    lags = [
        datetime.strptime(acted_at, "%Y-%m-%d %H:%M:%S,%f").astimezone()
        - datetime.fromisoformat(due)
        for acted_at, due in DUE.findall(beat.output())
    ]
    assert max(lags) < timedelta(seconds=1)
