"""The agenda's order, and that looking at 100,000 entries costs what looking at one does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.agenda import Agenda
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.timing import Tick, Timing
from tests.unit.schedule.memory_host import SITE, row, utc

UTC = Timing(SITE, "UTC", True, Tick(60, ""))
START = utc("2026-06-01 00:00")


def hourly(name: str, minute: int = 0, **values: Any) -> ScheduleRow:
    values = {"creation": START, **values}
    return row(f"myapp.tasks.{name}", name=name, cron_format=f"{minute} * * * *", **values)


def first_name(agenda: Agenda) -> str:
    first = agenda.first()
    assert first is not None
    return first.row.name


def test_entries_come_in_the_order_in_which_they_are_due() -> None:
    agenda = Agenda()
    for name, minute in [("b", 20), ("c", 40), ("a", 10)]:
        agenda.put(hourly(name, minute), UTC)
    taken = [agenda.take() for _ in range(3)]
    assert [entry.row.name for entry in taken] == ["a", "b", "c"]
    assert agenda.first() is None
    with pytest.raises(IndexError):
        agenda.take()


def test_a_changed_row_moves_and_an_unchanged_one_stays() -> None:
    agenda = Agenda()
    agenda.put(hourly("a", 10), UTC)
    agenda.put(hourly("b", 20), UTC)
    agenda.put(hourly("a", 30), UTC)
    agenda.put(hourly("b", 20, stopped=False), UTC)
    assert [agenda.take().row.name for _ in range(2)] == ["b", "a"]
    assert agenda.first() is None


def test_a_row_that_ran_is_due_after_its_run() -> None:
    agenda = Agenda()
    entry = agenda.put(hourly("a", last_execution=utc("2026-06-01 07:59:59")), UTC)
    assert entry.due == utc("2026-06-01 08:00")


def test_what_was_acted_on_is_not_due_again_before_the_run_is_seen_nor_by_it() -> None:
    agenda = Agenda()
    agenda.put(hourly("a"), UTC)
    agenda.done(agenda.take(), acted=utc("2026-06-01 05:00"))
    assert agenda.put(hourly("a", queue="long"), UTC).due == utc("2026-06-01 06:00")
    seen = hourly("a", last_execution=utc("2026-06-01 05:00:01"))
    assert agenda.put(seen, UTC).due == utc("2026-06-01 06:00")
    put_off = hourly("a", last_execution=utc("2026-06-01 09:30"))
    assert agenda.put(put_off, UTC).due == utc("2026-06-01 10:00")
    set_back = hourly("a", last_execution=utc("2026-06-01 00:30"))
    assert agenda.put(set_back, UTC, set_back=True).due == utc("2026-06-01 01:00")


def test_a_removed_row_is_gone_also_while_it_is_taken() -> None:
    agenda = Agenda()
    for name in ("a", "b", "c"):
        agenda.put(hourly(name), UTC)
    taken = agenda.take()
    agenda.remove(SITE, taken.row.name)
    agenda.remove(SITE, "b")
    agenda.remove(SITE, "never there")
    agenda.push_back(taken)
    agenda.done(taken, taken.due)
    assert (len(agenda), first_name(agenda)) == (1, "c")


def test_a_row_whose_expression_breaks_is_gone() -> None:
    agenda = Agenda()
    agenda.put(hourly("a"), UTC)
    agenda.put(hourly("b", 30), UTC)
    with pytest.raises(CronError, match="61"):
        agenda.put(row(name="a", cron_format="61 * * * *"), UTC)
    assert (len(agenda), first_name(agenda)) == (1, "b")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 9), st.integers(0, 59)),
            st.tuples(st.just("remove"), st.integers(0, 9), st.just(0)),
            st.tuples(st.just("act"), st.just(0), st.just(0)),
            st.tuples(st.just("push back"), st.just(0), st.just(0)),
        )
    )
)
def test_first_is_always_the_least_of_all_whatever_happened(
    steps: list[tuple[str, int, int]],
) -> None:
    agenda = Agenda()
    due: dict[str, datetime] = {}
    acted: dict[str, datetime] = {}
    for what, number, minute in steps:
        name = str(number)
        if what == "put":
            since = max(acted.get(name, START), START)
            due[name] = UTC.next_start(hourly(name, minute), since)
            agenda.put(hourly(name, minute), UTC)
        elif what == "remove":
            due.pop(name, None)
            acted.pop(name, None)
            agenda.remove(SITE, name)
        elif due and what == "push back":
            agenda.push_back(agenda.take())
        elif due:
            entry = agenda.take()
            acted[entry.row.name] = entry.due
            due[entry.row.name] = UTC.next_start(entry.row, entry.due)
            agenda.done(entry, entry.due)
        first = agenda.first()
        assert (first and first.due) == (min(due.values()) if due else None)
        assert len(agenda) == len(due)


class Counting(Timing):
    """Counts how often a due time is worked out: the cost that matters."""

    asked = 0

    def next_start(self, row: ScheduleRow, after: datetime) -> datetime:
        Counting.asked += 1
        return after + timedelta(seconds=len(row.name))


def test_100_000_entries_cost_nothing_while_nothing_is_due() -> None:
    timing = Counting(SITE, "UTC", True, Tick(60, ""))
    agenda = Agenda()
    Counting.asked = 0
    for number in range(100_000):
        agenda.put(hourly(f"{number:x}"), timing)
    assert Counting.asked == 100_000

    heap = list(agenda._heap)
    for _ in range(1000):
        agenda.first()
    assert agenda._heap == heap
    assert Counting.asked == 100_000

    for _ in range(1000):
        entry = agenda.take()
        agenda.done(entry, entry.due)
    assert Counting.asked == 101_000


def test_places_that_no_longer_count_do_not_pile_up() -> None:
    agenda = Agenda()
    for number in range(100):
        agenda.put(hourly(str(number)), UTC)
    for minute in range(60):
        for number in range(100):
            agenda.put(hourly(str(number), minute), UTC)
    assert len(agenda._heap) <= 2 * 100 + 65
