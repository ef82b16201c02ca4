"""What the scheduler does at which time, by a clock that the test sets, on a real Redis."""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner

from frappe_celery.beat_schedule import beat_schedule
from frappe_celery.celery_app import build
from frappe_celery.cli import main
from frappe_celery.config import settings
from frappe_celery.jobs.limits.outages import outages
from frappe_celery.schedule import leadership, reader
from frappe_celery.schedule.history import outcomes
from frappe_celery.schedule.scheduler import ENTRIES_A_TICK
from tests.integration.schedule.conftest import Bench
from tests.servers import RedisServer
from tests.unit.schedule.memory_host import SITE, MemoryHost, row, utc
from tests.waiting import wait_until

A, B = "myapp.tasks.a", "myapp.tasks.b"


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "frappe_celery")


def test_entries_are_enqueued_when_they_are_due(bench: Bench) -> None:
    bench.add(A, "0 * * * *")
    bench.add(B, "30 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 00:29") == []
    assert bench.at("2026-06-01 00:30") == [B]
    assert bench.at("2026-06-01 00:31") == []
    assert bench.at("2026-06-01 01:00") == [A]
    for job in bench.jobs():
        bench.run(job)
    assert bench.at("2026-06-01 01:30") == [B]


def test_it_sleeps_until_the_next_is_due_but_never_long(bench: Bench) -> None:
    bench.add(A, "0 * * * *")
    scheduler = bench.scheduler()
    bench.at("2026-06-01 00:00")
    assert scheduler.tick() == 1.0
    bench.now = utc("2026-06-01 01:00") - timedelta(seconds=0.25)
    assert scheduler.tick() == pytest.approx(0.25)


def test_after_downtime_a_missed_entry_runs_once_and_the_log_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "*/10 * * * *", last_execution=utc("2026-06-01 00:50:01"))
    bench.scheduler()
    assert bench.at("2026-06-03 12:05") == [A]
    assert (
        f"{A} of site {SITE}, due 2026-06-03 12:00:00+00:00: enqueued on default"
        " (once for all missed since 2026-06-01 01:00:00+00:00)"
    ) in caplog.messages
    bench.run(bench.jobs()[-1])
    assert bench.at("2026-06-03 12:09") == []
    assert bench.at("2026-06-03 12:10") == [A]


def test_a_row_that_never_ran_counts_from_its_creation(bench: Bench) -> None:
    bench.add(A, "0 0 * * *", creation=utc("2026-06-01 15:00"))
    bench.scheduler()
    assert bench.at("2026-06-01 15:01") == []
    assert bench.at("2026-06-02 00:00") == [A]


def test_no_overlap_and_what_was_left_out_is_logged_and_not_made_up_for(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "* * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 00:01") == [A]
    bench.store.start(bench.jobs()[0].run_id, "test")
    assert bench.at("2026-06-01 00:02") == []
    left_out = f"{A} of site {SITE}, due 2026-06-01 00:02:00+00:00: left out, a run of it waits"
    assert any(message.startswith(left_out) for message in caplog.messages)
    bench.run(bench.jobs()[-1])
    assert bench.at("2026-06-01 00:02:30") == []
    assert bench.at("2026-06-01 00:03") == [A]


@pytest.mark.parametrize("anew", [False, True], ids=["the same scheduler", "another one"])
def test_what_a_clock_acted_on_that_was_hours_ahead_counts_no_more(
    bench: Bench, anew: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "*/4 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 15:30:05") == [A]
    bench.run(bench.jobs()[-1], at="2026-06-01 10:00:20")
    if anew:
        bench.schedulers.pop().close()
        bench.now = utc("2026-06-01 10:03")
        bench.scheduler()
    assert bench.at("2026-06-01 10:04") == [A]
    assert anew or "the clock was set back from 2026-06-01 15:30:05" in caplog.text


def test_last_execution_set_back_from_outside_wins(bench: Bench) -> None:
    bench.add(A, "0 0 * * *")
    bench.scheduler()
    assert bench.at("2026-06-02 00:00:01") == [A]
    bench.run(bench.jobs()[-1])
    assert bench.at("2026-06-02 09:00") == []
    bench.host.change("tasks.a", last_execution=utc("2026-06-01 12:00"))
    assert bench.at("2026-06-02 09:01") == [A]
    bench.run(bench.jobs()[-1])
    assert bench.at("2026-06-02 10:00") == []
    assert bench.at("2026-06-03 00:00") == [A]


def test_last_execution_set_back_while_no_scheduler_ran_wins_too(bench: Bench) -> None:
    bench.add(A, "0 0 * * *")
    bench.scheduler()
    bench.at("2026-06-02 00:00:01")
    bench.run(bench.jobs()[-1])
    bench.at("2026-06-02 00:01")
    bench.schedulers.pop().close()
    bench.scheduler()
    assert bench.at("2026-06-02 09:00") == []
    bench.schedulers.pop().close()
    bench.host.change("tasks.a", last_execution=None)
    bench.scheduler()
    assert bench.at("2026-06-02 09:01") == [A]


def test_last_execution_put_off_from_outside_wins(bench: Bench) -> None:
    bench.add(A, "0 * * * *")
    bench.scheduler()
    bench.at("2026-06-01 00:01")
    bench.host.change("tasks.a", last_execution=utc("2026-06-01 05:00"))
    assert bench.at("2026-06-01 03:00") == []
    assert bench.at("2026-06-01 06:00") == [A]


def test_a_run_that_never_came_is_not_enqueued_again_by_the_next_scheduler(bench: Bench) -> None:
    bench.add(A, "0 0 * * *")
    bench.scheduler()
    bench.at("2026-06-02 00:00")
    bench.jobs()[0].cancel()
    bench.schedulers.pop().close()
    bench.scheduler()
    assert bench.at("2026-06-02 09:00") == []
    assert bench.at("2026-06-03 00:00") == [A]


def test_a_row_deleted_while_no_scheduler_ran_leaves_nothing_to_a_later_one_of_its_name(
    bench: Bench,
) -> None:
    bench.add(A, "0 0 * * *", creation=utc("2026-06-01 00:00"))
    bench.add(B, "0 0 * * *", creation=utc("2026-06-01 00:00"))
    bench.scheduler()
    assert bench.at("2026-06-02 00:00") == [A, B]
    for job in bench.jobs():
        job.cancel()
    bench.schedulers.pop().close()
    deleted = bench.host.rows.pop((SITE, "tasks.a"))
    bench.scheduler()
    assert bench.at("2026-06-02 09:00") == []
    bench.host.rows[SITE, "tasks.a"] = deleted
    assert bench.at("2026-06-02 09:01") == [A]
    assert bench.at("2026-06-02 09:02") == [], "the other one's due time stays acted on"


def test_rows_are_added_changed_stopped_and_removed_while_it_runs(bench: Bench) -> None:
    bench.scheduler()
    bench.at("2026-06-01 00:00")
    bench.add(A, "0 * * * *")
    bench.add(B, "0 * * * *")
    assert bench.at("2026-06-01 01:00") == [A, B]
    for job in bench.jobs():
        bench.run(job)
    bench.host.change("tasks.a", stopped=True)
    bench.host.change("tasks.b", cron_format="45 * * * *")
    assert bench.at("2026-06-01 02:00") == [B]
    bench.run(bench.jobs()[-1])
    del bench.host.rows[SITE, "tasks.b"]
    assert bench.at("2026-06-01 05:00") == []
    bench.host.change("tasks.a", stopped=False)
    assert bench.at("2026-06-01 05:30") == [A], "what it missed, once"


@pytest.mark.parametrize("key", ["maintenance_mode", "pause_scheduler", "disable_scheduler"])
def test_a_site_that_is_switched_off_waits_and_the_others_do_not(
    bench: Bench, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    bench.project.write("sites/site2.localhost/site_config.json", "{}")
    bench.add(A, "0 * * * *")
    bench.add(B, "0 * * * *", site="site2.localhost")
    bench.scheduler()
    bench.project.write(f"sites/{SITE}/site_config.json", json.dumps({key: 1}))
    assert bench.at("2026-06-01 01:00") == [B]
    bench.run(bench.jobs()[-1])
    assert bench.at("2026-06-01 02:00") == [B]
    bench.run(bench.jobs()[-1])
    off = f"site {SITE}: nothing is scheduled, {key} is set in its configuration"
    assert caplog.messages.count(off) == 1
    bench.project.write(f"sites/{SITE}/site_config.json", "{ }")
    assert bench.at("2026-06-01 02:10") == [A], "what it missed, once"
    assert f"site {SITE}: is scheduled again" in caplog.messages


def test_a_site_that_the_host_switches_off(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.add(A, "0 * * * *")
    bench.scheduler()
    bench.at("2026-06-01 00:30")
    bench.host.off = "enable_scheduler is off in System Settings"
    assert bench.at("2026-06-01 01:00") == []
    assert f"site {SITE}: nothing is scheduled, {bench.host.off}" in caplog.messages
    bench.host.off = None
    assert bench.at("2026-06-01 01:01") == [A]


def test_a_broken_site_config_is_named_and_the_others_go_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.project.write("sites/site2.localhost/site_config.json", '{\n "a" 1}')
    bench.add(A, "0 * * * *")
    bench.add(B, "0 * * * *", site="site2.localhost")
    bench.scheduler()
    assert bench.at("2026-06-01 01:00") == [A]
    (broken,) = [m for m in caplog.messages if m.startswith("site site2.localhost")]
    assert "site_config.json, line 2" in broken
    bench.project.write("sites/site2.localhost/site_config.json", '{"a": 1}')
    assert bench.at("2026-06-01 01:10") == [B]


def test_a_tick_that_is_configured_anew_counts_at_once(bench: Bench) -> None:
    entry = row(A, "All", creation=utc("2026-06-01 00:00"))
    bench.host.rows[SITE, entry.name] = entry
    bench.scheduler()
    bench.at("2026-06-01 00:00")
    bench.project.write(f"sites/{SITE}/site_config.json", '{"scheduler_tick_interval": 600}')
    assert bench.at("2026-06-01 00:09") == []
    assert bench.at("2026-06-01 00:10") == [A]


def test_a_database_that_is_away_is_logged_once_and_what_is_due_waits_for_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "0 * * * *")
    scheduler = bench.scheduler()
    bench.at("2026-06-01 00:30")
    reader = scheduler.reader
    assert reader is not None
    bench.host.fails = OSError("no database at db.example:3306")
    assert bench.at("2026-06-01 01:00") == []
    assert reader.unread() == {SITE: "OSError: no database at db.example:3306"}
    bench.host.fails = OSError("no database at db.example:3306 either")
    assert bench.at("2026-06-01 02:01") == []
    assert [message for message in caplog.messages if "is scheduled" in message] == [
        f"site {SITE}: nothing is scheduled, its schedule cannot be read"
        " (OSError: no database at db.example:3306)"
    ]
    bench.host.fails = None
    assert bench.at("2026-06-01 02:02") == [A], "what it missed, once"
    assert f"site {SITE}: is scheduled again" in caplog.messages
    assert reader.unread() == {}


def test_a_row_with_a_broken_expression_is_named_once_and_the_others_go_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "61 * * * *")
    bench.add(B, "0 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 01:00") == [B]
    bench.at("2026-06-01 01:01")
    (broken,) = [m for m in caplog.messages if "tasks.a is not scheduled" in m]
    assert "'61' cannot be its minute" in broken


def test_an_entry_that_cannot_be_enqueued_does_not_hold_up_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "0 * * * *", queue="mials")
    bench.add(B, "0 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 01:00") == [B]
    (failed,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.message.startswith(f"{A} of site {SITE}, due 2026-06-01 01:00:00+00:00: could")
    assert failed.exc_text is not None
    assert "'mials' is not" in failed.exc_text


def test_the_first_start_fills_the_rows_and_a_later_change_is_announced_not_applied(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.host.hooks[0].hooks["scheduler_events"] = {"hourly": [A], "daily": B}
    bench.host.now = bench.now
    bench.scheduler()
    bench.at("2026-06-01 00:30")
    assert sorted(name for _, name in bench.host.rows) == ["tasks.a", "tasks.b"]
    assert bench.at("2026-06-01 01:00") == [A]
    bench.schedulers.pop().close()

    caplog.clear()
    bench.host.hooks[0].hooks["scheduler_events"] = {"daily": [A], "hourly": "myapp.tasks.c"}
    bench.scheduler()
    bench.at("2026-06-01 01:30")
    announced = "in the hooks, not in force until `frappe-celery schedule sync`"
    assert f"site {SITE}: added {announced}: myapp.tasks.c" in caplog.messages
    assert f"site {SITE}: changed {announced}: {A}" in caplog.messages
    assert f"site {SITE}: removed {announced}: {B}" in caplog.messages
    assert sorted(name for _, name in bench.host.rows) == ["tasks.a", "tasks.b"]


def test_rows_of_ones_own_do_not_keep_the_hooks_from_being_filled_in(bench: Bench) -> None:
    """The research document's section 8, run before the first scheduler."""
    bench.add(B, "0/5 * * * *", scheduler_event="EV-1")
    bench.host.hooks[0].hooks["scheduler_events"] = {"hourly": [A]}
    bench.scheduler()
    bench.at("2026-06-01 00:01")
    assert (SITE, "tasks.a") in bench.host.rows


# -- the Redis


def test_a_redis_that_is_away_is_named_once_and_what_is_due_waits(
    bench: Bench, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    bench.project.configure(redis_queue=own_redis.url)
    settings.use(None)
    bench.add(A, "* * * * *")
    scheduler = bench.scheduler(lease_seconds=0.2)
    bench.at("2026-06-01 00:00:30")
    own_redis.kill()
    bench.now = utc("2026-06-01 00:03")
    for _ in range(3):
        assert scheduler.tick() == 1.0
    (away,) = [m for m in caplog.messages if "does not answer" in m]
    assert str(own_redis.port) in away
    own_redis.start()  # which may take longer than the lease lasts: then it leads anew first
    wait_until(lambda: bench.at("2026-06-01 00:05") == [A], what="what was due runs")
    assert "the Redis that keeps the jobs answers again" in caplog.messages


def test_a_redis_that_goes_just_when_it_begins_to_lead_loses_it_no_site(
    bench: Bench, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.project.configure(redis_queue=own_redis.url)
    settings.use(None)
    bench.add(A, "* * * * *")
    scheduler = bench.scheduler()
    recall = scheduler._recall_own_runs

    def once() -> None:
        monkeypatch.undo()
        own_redis.kill()
        recall()

    monkeypatch.setattr(scheduler, "_recall_own_runs", once)
    assert scheduler.tick() == 1.0
    own_redis.start()
    wait_until(lambda: bench.at("2026-06-01 00:05") == [A], what="what was due runs")


# -- a team's own entries


def test_own_entries_of_the_app_run_by_celerys_code_and_leave_no_file(bench: Bench) -> None:
    bench.project.write("myapp/hooks.py", f'scheduler_events = {{"all": ["{A}"]}}')
    assert beat_schedule(SITE)
    app = build(settings.current())
    sent: list[str] = []
    app.send_task = lambda name, *_, **__: sent.append(name)
    app.conf.beat_schedule = {
        "own": {"task": "team.task", "schedule": 3600.0},
        **beat_schedule(SITE),
    }
    scheduler = bench.scheduler(app=app)
    assert list(scheduler.schedule) == ["own"]
    scheduler.tick()
    assert sent == []
    scheduler.schedule["own"].last_run_at -= timedelta(hours=2)
    scheduler._heap = None
    scheduler.tick()
    assert sent == ["team.task"]
    ran = scheduler.schedule["own"].last_run_at
    scheduler.close()

    again = bench.scheduler(app=app)
    again.tick()
    assert again.schedule["own"].last_run_at == ran, "the next leader knows when it ran"
    assert sent == ["team.task"]
    assert not list(bench.project.root.glob("celerybeat-schedule*"))


def test_an_own_entry_that_is_due_as_the_redis_goes_away_is_due_again_when_it_is_back(
    bench: Bench, own_redis: RedisServer
) -> None:
    bench.project.configure(redis_queue=own_redis.url)
    settings.use(None)
    app = build(settings.current())
    sent: list[str] = []
    app.send_task = lambda name, *_, **__: sent.append(name)
    app.conf.beat_schedule = {"own": {"task": "team.task", "schedule": 3600.0}}
    scheduler = bench.scheduler(app=app)
    scheduler.tick()
    scheduler.schedule["own"].last_run_at -= timedelta(hours=2)
    scheduler._heap = None
    assert scheduler.producer  # or Celery waits for the broker to make one
    own_redis.kill()
    assert scheduler.tick() == 1.0
    assert sent == ["team.task"]
    own_redis.start()
    scheduler.schedule["own"].last_run_at -= timedelta(hours=2)
    wait_until(lambda: scheduler.tick() == 0.0 or len(sent) > 1, what="it is sent again")
    assert sent == ["team.task"] * 2


# -- misfires and what is kept of each due time


def past(bench: Bench) -> list[tuple[str, str, str | None]]:
    """What is kept: due time, outcome, the first due time that it stands for; newest first."""
    return [
        (f"{each.due:%d %H:%M}", each.words, each.since and f"{each.since:%d %H:%M}")
        for each in outcomes(bench.store, 100)
    ]


def test_what_is_later_than_its_misfire_window_is_skipped(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.project.configure(misfire={A: {"policy": "skip"}, B: {"window": 1800}})
    for method in (A, B, "myapp.tasks.c"):
        bench.add(method, "0 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 03:10") == [B, "myapp.tasks.c"]
    assert (
        f"{A} of site {SITE}, due 2026-06-01 03:00:00+00:00: left out, 600 s late, the misfire"
        " window is 60 s (once for all missed since 2026-06-01 01:00:00+00:00)"
    ) in caplog.messages
    for job in bench.jobs():
        bench.run(job)
    assert bench.at("2026-06-01 03:59") == []
    assert bench.at("2026-06-01 04:01") == [A, B, "myapp.tasks.c"], "in time"
    for job in bench.jobs():
        bench.run(job)
    assert bench.at("2026-06-01 08:40") == ["myapp.tasks.c"]


def test_each_due_time_is_kept_as_enqueued_coalesced_or_skipped_with_the_reason(
    bench: Bench,
) -> None:
    bench.project.configure(misfire={A: {"policy": "skip", "window": 600}})
    bench.add(A, "0 * * * *")
    bench.scheduler()
    bench.at("2026-06-01 01:00")  # enqueued
    bench.at("2026-06-01 02:00")  # the first run waits still
    bench.run(bench.jobs()[0])
    bench.at("2026-06-01 05:30")  # downtime, longer than the window
    bench.at("2026-06-01 08:05")  # downtime
    bench.run(bench.jobs()[-1])
    bench.host.change("tasks.a", queue="mials")
    bench.at("2026-06-01 09:00")
    unknown, *others = past(bench)
    assert unknown[0] == "01 09:00"
    assert unknown[1].startswith("skipped: it could not be enqueued: UnknownQueue: Queue should be")
    assert others == [
        ("01 08:00", "enqueued", "01 06:00"),
        ("01 05:00", "skipped: 1,800 s late, the misfire window is 600 s", "01 03:00"),
        ("01 02:00", "skipped: already queued, a run of it waits or runs", None),
        ("01 01:00", "enqueued", None),
    ]


def test_the_schedule_command_shows_what_became_of_due_times(bench: Bench) -> None:
    bench.add(A, "0 * * * *")
    bench.add(B, "0 * * * *", site="site2.localhost")
    bench.project.write("sites/site2.localhost/site_config.json", "{}")
    bench.scheduler()
    bench.at("2026-06-01 03:00:02")
    shown = run_cli("--past", "10", "--site", SITE)
    assert A in shown, "with its app"
    assert "tasks.b" not in shown
    assert "enqueued" in shown
    assert "(once for all missed since" in shown
    (newest,) = json.loads(run_cli("--past", "1", "--json"))
    (job,) = [job for job in bench.jobs() if job.site == newest["site"]]
    assert (newest["due"], newest["outcome"], newest["run"]) == (
        "2026-06-01T03:00:00+00:00",
        "enqueued",
        job.run_id,
    )
    assert newest["method"] == B
    assert newest["since"] == "2026-06-01T01:00:00+00:00"


def run_cli(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["schedule", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_wrong_misfire_of_a_site_is_named_and_the_others_go_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"misfire": {A: {"policy": "never"}}}
    bench.project.write("sites/site2.localhost/site_config.json", json.dumps(wrong))
    bench.add(A, "0 * * * *")
    bench.scheduler()
    assert bench.at("2026-06-01 01:00") == [A]
    (named,) = [m for m in caplog.messages if m.startswith("site site2.localhost")]
    assert f"misfire.{A}.policy is 'never'" in named


def test_a_leader_that_falls_behind_says_so_until_it_has_caught_up(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "HEARTBEAT_SECONDS", 0.0)
    for number in range(ENTRIES_A_TICK + 1):
        bench.add(f"myapp.tasks.t{number}", "* * * * *")
    bench.scheduler()
    bench.at("2026-06-01 00:00:30")
    assert not [m for m in caplog.messages if "behind" in m]
    bench.at("2026-06-01 00:01:16")
    (behind,) = [m for m in caplog.messages if "behind" in m]
    assert "is 16 s behind: myapp.tasks.t" in behind
    assert "was due 2026-06-01 00:01:00+00:00" in behind
    assert [m for m in caplog.messages if "has caught up" in m]


def test_an_outage_is_one_line_of_beat_s(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First its database is silent, then it refuses, then it lets in."""
    answers = threading.Event()
    looks = bench.host.scheduling_off
    monkeypatch.setattr(MemoryHost, "site_databases", True)
    monkeypatch.setattr(reader, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(reader, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(
        bench.host, "scheduling_off", lambda site: looks(site) if answers.wait() else ""
    )
    bench.scheduler()

    def heard(text: str) -> list[str]:
        bench.at(bench.now)
        return [message for message in caplog.messages if text in message]

    wait_until(lambda: heard("is away"), what="it is silent")
    assert [one.error for one in outages(bench.store)] == ["it does not answer"]
    monkeypatch.setattr(reader, "SILENCE_SECONDS", 60)  # a look is slow on a busy machine
    bench.host.fails = OSError("refused")
    answers.set()

    def refuses() -> bool:
        bench.at(bench.now)
        looking = bench.schedulers[0].reader
        return looking is not None and "refused" in looking.unread().get(SITE, "")

    wait_until(refuses, what="it refuses")
    assert outages(bench.store)
    bench.host.fails = None
    wait_until(lambda: heard("is back"), what="it is back")

    def none_is_left() -> bool:  # a look that began before is told of later
        bench.at(bench.now)
        return not outages(bench.store)

    wait_until(none_is_left, what="no outage is left")
    first, last = (text for text in caplog.messages if SITE in text and "hooks" not in text)
    assert first == (
        f"the database of site {SITE} is away: it does not answer. Its jobs wait, and nothing of it"
        " is scheduled, until it is back"
    )
    assert f"the database of site {SITE} is back" in last
