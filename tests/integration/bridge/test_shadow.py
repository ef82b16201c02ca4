"""What beat would have done beside what Frappe's scheduler did, by clocks that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from frappe_bridge.shadow import Result, Shadow
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import ScheduleRow
from tests.project import Project
from tests.unit.schedule.memory_host import SITE, MemoryHost, row, utc

START = utc("2026-06-01 09:00")
LATE = timedelta(seconds=300)
HOURLY = row(frequency="Cron", cron_format="*/10 * * * *", last_execution=START)

Runs = Callable[[datetime], datetime | None]


class Bench:
    """A site whose Frappe runs what the test says, looked at every 30 s."""

    def __init__(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, *rows: ScheduleRow
    ) -> None:
        self.host = MemoryHost(None, *rows)
        monkeypatch.setattr(hosts, "current", lambda: self.host)
        self.off: str | None = None
        self.running = False
        self.now = START + timedelta(seconds=1)
        project.configure(time_zone="UTC")
        self.shadow = Shadow(
            cast(Any, self.host),
            Settings.load(project.root, {}),
            [SITE],
            lambda _: self.running,
            lambda: self.off,
            LATE,
        )

    def pass_until(
        self, text: str, run: Callable[[datetime], datetime | None] | None = None
    ) -> None:
        """Frappe starts a run at the time that `run` gives of now, if any."""
        while self.now < utc(text):
            self.shadow.look(lambda: self.now)
            self.now += timedelta(seconds=30)
            started = run and run(self.now)
            if started:
                self.host.change(HOURLY.name, last_execution=started)

    @property
    def result(self) -> Result:
        return self.shadow.result(self.now)


@pytest.fixture
def bench(project: Project, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(project, monkeypatch, HOURLY)


def soon_after(now: datetime) -> datetime | None:
    """As a tick of a minute finds it: 20 s late."""
    return now - timedelta(seconds=11) if now.minute % 10 == 0 and now.second == 31 else None


def test_due_times_on_which_both_act(bench: Bench) -> None:
    bench.pass_until("2026-06-01 09:05")
    bench.pass_until("2026-06-01 10:05", soon_after)
    result = bench.result
    assert (result.agreeing, result.differences) == (6, [])
    assert result.latest == timedelta(seconds=20)


def test_a_run_that_begins_while_the_rows_are_read(bench: Bench) -> None:
    """Reading takes so long that its time comes and it is run meanwhile."""
    bench.pass_until("2026-06-01 09:09:59")
    read = bench.host.schedule_rows

    def slowly(site: str) -> list[ScheduleRow]:
        bench.now = utc("2026-06-01 09:10:20")
        bench.host.change(HOURLY.name, last_execution=utc("2026-06-01 09:10:15"))
        return read(site)

    bench.host.schedule_rows = slowly  # type: ignore[method-assign]
    bench.shadow.look(lambda: bench.now)
    assert (bench.result.agreeing, bench.result.differences) == (1, [])


def test_a_database_that_is_away_for_a_while(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen stays, and what was due meanwhile is compared when it answers again."""
    bench.pass_until("2026-06-01 09:05")
    bench.pass_until("2026-06-01 09:15", soon_after)

    def away(site: str) -> list[ScheduleRow]:
        raise ConnectionError("gone away")

    with monkeypatch.context() as outage:
        outage.setattr(bench.host, "schedule_rows", away)
        bench.pass_until("2026-06-01 09:21")
        assert bench.shadow.unread == {SITE: "ConnectionError: gone away"}
        assert bench.result.differences == []
    bench.host.change(HOURLY.name, last_execution=utc("2026-06-01 09:20:40"))
    bench.pass_until("2026-06-01 09:35", soon_after)
    assert bench.shadow.unread == {}
    assert (bench.result.agreeing, bench.result.differences) == (3, [])


def test_what_was_not_run_while_the_database_was_away_is_explained(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as outage:
        bench.pass_until("2026-06-01 09:05")
        outage.setattr(bench.host, "schedule_rows", None)
        bench.pass_until("2026-06-01 09:12")
    bench.pass_until("2026-06-01 09:18")
    (found,) = bench.result.differences
    assert (found.what, found.why) == ("beat alone", "the site could not be read then")


def test_one_that_is_still_open_is_no_difference(bench: Bench) -> None:
    bench.pass_until("2026-06-01 09:12")
    assert (bench.result.agreeing, bench.result.differences) == (0, [])


def test_a_scheduler_that_does_not_run(bench: Bench) -> None:
    bench.pass_until("2026-06-01 09:27")
    found = bench.result.differences
    assert [(f.what, f.why, f.at) for f in found] == [
        ("beat alone", "", utc("2026-06-01 09:10")),
        ("beat alone", "", utc("2026-06-01 09:20")),
    ]


@pytest.mark.parametrize("create_log", [True, False])
def test_a_run_without_a_log_says_when_it_ends_too(bench: Bench, create_log: bool) -> None:
    bench.host.change(HOURLY.name, create_log=create_log)
    start, end = utc("2026-06-01 09:10:20"), utc("2026-06-01 09:11:10")
    bench.pass_until(
        "2026-06-01 09:15", lambda now: end if now >= end else start if now >= start else None
    )
    assert bench.result.agreeing == 1
    assert len(bench.result.differences) == create_log


def test_a_run_that_starts_later_than_expected(bench: Bench) -> None:
    at = utc("2026-06-01 09:16")
    bench.pass_until("2026-06-01 09:18", lambda now: at if now > at else None)
    (found,) = bench.result.differences
    assert (found.what, found.at) == ("both, late", utc("2026-06-01 09:10"))
    assert found.why == "Frappe started it 360 s after that"


def test_a_run_that_nothing_was_due_for(bench: Bench) -> None:
    at = utc("2026-06-01 09:06")
    bench.pass_until("2026-06-01 09:07", lambda now: at)
    assert [(f.what, f.why, f.at) for f in bench.result.differences] == [("Frappe alone", "", at)]


def test_a_run_whose_due_time_was_before(bench: Bench) -> None:
    at = utc("2026-06-01 09:02")
    bench.pass_until("2026-06-01 09:04", lambda now: at)
    (found,) = bench.result.differences
    assert (found.what, found.why) == ("Frappe alone", "it may have been due before this began")


def test_what_was_missed_before_it_began(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = START - timedelta(days=1)
    bench = Bench(project, monkeypatch, row(cron_format="0 9 * * *", last_execution=yesterday))
    bench.pass_until("2026-06-01 09:10")
    (found,) = bench.result.differences
    assert (found.what, "missed before this began" in found.why) == ("beat alone", True)


def test_a_long_run_is_left_out_by_both(bench: Bench) -> None:
    bench.running = True
    bench.pass_until("2026-06-01 09:25")
    assert bench.result.differences == []
    bench.running = False
    bench.pass_until("2026-06-01 09:27", lambda now: utc("2026-06-01 09:26"))
    (found,) = bench.result.differences
    assert (found.what, found.why) == ("Frappe alone", "a run of it waited or ran when it was due")


def test_the_shift_that_frappe_forgets(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    maintenance = row(frequency="Hourly Maintenance", last_execution=START)
    bench = Bench(project, monkeypatch, maintenance)
    bench.pass_until("2026-06-01 11:30", lambda now: now.replace(minute=0, second=1))
    later = [found for found in bench.result.differences if found.at > START + LATE]
    assert later
    assert all("shifts this site's maintenance" in found.why for found in later)


def test_what_is_stopped_or_off_is_due_for_neither(bench: Bench) -> None:
    bench.host.change(HOURLY.name, stopped=True)
    bench.pass_until("2026-06-01 09:27")
    assert bench.result.differences == []
    bench.host.change(HOURLY.name, stopped=False, last_execution=bench.now)
    bench.off = "maintenance"
    bench.pass_until("2026-06-01 10:27")
    assert bench.result.differences == []
    assert bench.shadow.off == {SITE: "maintenance"}
