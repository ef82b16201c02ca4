"""Cron expressions: against the minute matcher around changes of the clock, and known cases."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from frappe_celery.errors import ConfigError
from frappe_celery.schedule.cron import Cron, CronError
from frappe_celery.schedule.cron_expression import parse
from tests.unit.schedule.minute_matcher import Oracle

UTC = timezone.utc
AMSTERDAM = "Europe/Amsterdam"

CHANGES = [
    (AMSTERDAM, "2025-03-30T01:00"),
    (AMSTERDAM, "2025-10-26T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Europe/Dublin", "2025-10-26T01:00"),  # where winter is the zone's "daylight saving"
    ("Australia/Lord_Howe", "2025-04-05T15:00"),  # half an hour back
    ("Australia/Lord_Howe", "2025-10-04T15:30"),  # half an hour forward
    ("Antarctica/Troll", "2025-03-30T01:00"),  # two hours forward
    ("Antarctica/Troll", "2025-10-26T01:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),  # no midnight
    ("America/Sao_Paulo", "2018-02-18T02:00"),  # 23:00 to midnight twice
    ("Asia/Beirut", "2025-03-29T22:00"),  # no midnight
    ("Asia/Beirut", "2025-10-25T21:00"),
    ("America/Havana", "2025-11-02T05:00"),  # midnight twice
    ("Africa/Casablanca", "2025-02-23T02:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # no 30 December
    ("Pacific/Kiritimati", "1994-12-31T10:00"),  # no 31 December, over New Year in UTC
    ("Pacific/Kwajalein", "1969-09-30T13:00"),  # 30 September 1969 nearly twice
]


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def times(cron: Cron, start: datetime, end: datetime) -> list[datetime]:
    found = []
    while (due := cron.next_after(start)) <= end:
        assert due > start
        found.append(start := due)
    return found


def first_or_never(expression: str, zone: str, start: datetime) -> datetime:
    try:
        return Cron(expression, zone).next_after(start)
    except CronError:
        return datetime.max.replace(tzinfo=UTC)


def shown(expression: str, zone: str, start: str, count: int) -> list[str]:
    """The next times as the wall clock shows them; the second round of an hour marked ``+``."""
    cron, instant, seen = Cron(expression, zone), at(start, zone), []
    for _ in range(count):
        instant = cron.next_after(instant)
        local = instant.astimezone(ZoneInfo(zone))
        seen.append(f"{local:%d %H:%M}" + "+" * local.fold)
    return seen


# Expressions


def ranges(least: int, greatest: int) -> st.SearchStrategy[str]:
    pairs = st.lists(st.integers(least, greatest), min_size=2, max_size=2, unique=True)
    return pairs.map(sorted).map("{0[0]}-{0[1]}".format)


def items(least: int, greatest: int) -> st.SearchStrategy[str]:
    number = st.integers(least, greatest).map(str)
    step = st.integers(1, greatest).map("/{}".format)
    start = st.integers(least, greatest - 1).map(str)
    return st.one_of(
        number,
        number,
        ranges(least, greatest),
        st.builds("{}{}".format, st.just("*"), step),
        st.builds("{}{}".format, ranges(least, greatest), step),
        st.builds("{}{}".format, start, step),
    )


def fields(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


MINUTES, HOURS = fields(items(0, 59)), fields(items(0, 23))
MONTH_DAYS = fields(st.one_of(items(1, 31), st.just("L")))
MONTHS = fields(st.one_of(items(1, 12), st.sampled_from(["feb", "JUN", "oct-dec"])))
WEEK_DAYS = st.one_of(
    fields(
        st.one_of(
            st.integers(0, 7).map(str),
            ranges(0, 6),
            st.integers(1, 6).map("{}-7".format),
            st.integers(1, 6).map("*/{}".format),
            st.sampled_from(["sun", "mon-fri", "Sat"]),
        )
    ),
    st.lists(
        st.builds("{}#{}".format, st.integers(0, 7), st.integers(1, 5)), min_size=1, max_size=2
    ).map(",".join),
    st.integers(0, 6).map("L{}".format),
)
SECONDS = st.one_of(st.just(""), st.sampled_from([" 0", " 30", " 5,50", " */25"]))
ANY_DAY = st.just("*")


@given(
    expression=st.builds(
        "{} {} {} {} {}{}".format,
        MINUTES,
        HOURS,
        st.one_of(ANY_DAY, ANY_DAY, MONTH_DAYS),
        st.one_of(ANY_DAY, ANY_DAY, MONTHS),
        st.one_of(ANY_DAY, ANY_DAY, WEEK_DAYS),
        SECONDS,
    ),
    change=st.sampled_from(CHANGES),
    minutes_before=st.integers(-90, 36 * 60),
)
@example("*/20 * * * *", ("Australia/Lord_Howe", "2025-04-05T15:00"), 60)
@example("1 0-23 * * *", (AMSTERDAM, "2025-03-30T01:00"), 1)
@example("0 0 * * *", ("America/Sao_Paulo", "2018-11-04T03:00"), 600)
@example("0 9 30 12 *", ("Pacific/Apia", "2011-12-30T10:00"), 600)
@example("0 */3 31 12 *", ("Pacific/Kiritimati", "1994-12-31T10:00"), 600)
@example("0 0 30 9 *", ("Pacific/Kwajalein", "1969-09-30T13:00"), 2100)
@settings(max_examples=150, deadline=None, phases=set(Phase) - {Phase.explain})
def test_fires_around_a_change_of_the_clock_when_the_matcher_says(
    expression: str, change: tuple[str, str], minutes_before: int
) -> None:
    zone, moment = change
    start = at(moment) - timedelta(minutes=minutes_before)
    end = at(moment) + timedelta(hours=36)
    oracle = Oracle(expression, ZoneInfo(zone))
    expected = oracle.between(start, end)
    if expected:
        assert times(Cron(expression, zone), start, end) == expected
    else:
        assert first_or_never(expression, zone, start) > end


@given(
    days=st.builds("{} {} {}".format, MONTH_DAYS, MONTHS, WEEK_DAYS),
    start=st.dates(date(1995, 1, 1), date(2095, 1, 1)),
)
@example("1,30 * *", date(2025, 2, 10))
@example("L,30 * *", date(2025, 2, 10))
@example("L,2/1 * *", date(2000, 1, 1))
@example("*/1,L * */2", date(2000, 1, 1))
@example("*/2 * 1-7", date(2025, 2, 10))
@example("29 2 *", date(2096, 3, 1))
@example("31 2 mon", date(2025, 1, 1))
@example("1-31 * 1", date(2025, 1, 1))
@settings(max_examples=200, deadline=None)
def test_falls_on_the_days_that_the_matcher_says(days: str, start: date) -> None:
    oracle = Oracle(f"0 12 {days}", UTC)
    expected = (start + timedelta(days=n) for n in range(9 * 366))
    expected = list(islice((day for day in expected if oracle.has_day(day)), 40))
    instant = datetime(start.year, start.month, start.day, tzinfo=UTC)
    if not expected:
        assert first_or_never(f"0 12 {days}", "UTC", instant) > instant + timedelta(9 * 365)
    for day in expected:
        instant = Cron(f"0 12 {days}").next_after(instant)
        assert instant == datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@given(
    expression=st.builds(
        "{} {} {} {} {}".format,
        MINUTES,
        HOURS,
        # neither day field lists all of its days, which croniter 2.0.1 takes for ``*``
        fields(items(1, 28)).filter(lambda days: "*/1" not in days.split(",")),
        MONTHS,
        fields(st.one_of(st.integers(0, 7).map(str), ranges(1, 4))),
    ),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)),
)
@settings(max_examples=200, deadline=None)
def test_away_from_changes_of_the_clock_the_times_are_croniters(
    expression: str, start: datetime
) -> None:
    theirs = croniter(expression, start, ret_type=datetime)
    instant = start.replace(tzinfo=UTC)
    for _ in range(10):
        instant = Cron(expression).next_after(instant)
        assert instant.replace(tzinfo=None) == theirs.get_next(datetime)


@given(
    expression=st.sampled_from(
        ["30 2 * * *", "*/10 * * * *", "30 */2 * * *", "*/10 2,3 * * *", "0 0-5 * * * */30"]
    ),
    change=st.sampled_from(CHANGES),
    seconds=st.lists(st.integers(-30 * 3600, 8 * 3600), min_size=2, max_size=2).map(sorted),
)
def test_does_not_depend_on_when_one_asks(
    expression: str, change: tuple[str, str], seconds: list[int]
) -> None:
    zone, moment = change
    cron = Cron(expression, zone)
    early, late = (at(moment) + timedelta(seconds=n) for n in seconds)
    due = cron.next_after(early)
    assert due > early
    assert cron.next_after(min(late, due - timedelta(microseconds=1))) == due
    assert cron.next_after(late) >= due


@pytest.mark.parametrize(
    ("expression", "zone", "start", "expected"),
    [
        # The clock goes forward: fixed hours are made up for once, at the first instant after
        ("30 2 * * *", AMSTERDAM, "2025-03-29T12:00", ["30 03:00", "31 02:30"]),
        ("*/10 2 * * *", AMSTERDAM, "2025-03-29T12:00", ["30 03:00", "31 02:00"]),
        ("0 1,2,3 * * *", AMSTERDAM, "2025-03-30T00:00", ["30 01:00", "30 03:00", "31 01:00"]),
        ("30 1-3 * * *", AMSTERDAM, "2025-03-30T01:30", ["30 03:00", "30 03:30", "31 01:30"]),
        ("0 3 * * *", AMSTERDAM, "2025-03-29T12:00", ["30 03:00", "31 03:00"]),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00", ["04 01:00", "05 00:00"]),
        ("0 0 * * *", "Asia/Beirut", "2025-03-29T12:00", ["30 01:00", "31 00:00"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2025-10-04T12:00", ["05 02:30", "06 02:15"]),
        ("0 9 * * *", "Pacific/Apia", "2011-12-29T09:00", ["31 00:00", "31 09:00"]),
        # and back: fixed hours fire in the first round only
        ("30 2 * * *", AMSTERDAM, "2025-10-26T00:00", ["26 02:30", "27 02:30"]),
        ("*/30 2 * * *", AMSTERDAM, "2025-10-26T00:00", ["26 02:00", "26 02:30", "27 02:00"]),
        ("0 1-5 * * *", AMSTERDAM, "2025-10-26T01:00", ["26 02:00", "26 03:00", "26 04:00"]),
        ("0 0 * * *", "America/Havana", "2025-11-01T12:00", ["02 00:00", "03 00:00"]),
        # A step or * in the hour keeps its rhythm
        ("0 * * * *", AMSTERDAM, "2025-03-30T01:00", ["30 03:00", "30 04:00"]),
        ("*/30 * * * *", AMSTERDAM, "2025-03-30T01:00", ["30 01:30", "30 03:00", "30 03:30"]),
        ("0 * * * *", AMSTERDAM, "2025-10-26T01:00", ["26 02:00", "26 02:00+", "26 03:00"]),
        ("0 0-23 * * *", AMSTERDAM, "2025-10-26T01:00", ["26 02:00", "26 02:00+", "26 03:00"]),
        ("0 */2 * * *", AMSTERDAM, "2025-03-30T00:00", ["30 03:00", "30 04:00", "30 06:00"]),
        ("30 */2 * * *", AMSTERDAM, "2025-03-30T00:30", ["30 03:30", "30 04:30", "30 06:30"]),
        ("0 */6 * * *", AMSTERDAM, "2025-03-30T00:00", ["30 06:00", "30 12:00"]),
        ("0 */6 * * *", AMSTERDAM, "2025-10-26T00:00", ["26 06:00", "26 12:00"]),
        (
            "*/15 * * * *",
            "Australia/Lord_Howe",
            "2025-04-06T01:30",
            ["06 01:45", "06 01:30+", "06 01:45+", "06 02:00"],
        ),
    ],
)
def test_changes_of_the_clock(expression: str, zone: str, start: str, expected: list[str]) -> None:
    assert shown(expression, zone, start, len(expected)) == expected


def test_the_first_instant_after_a_gap_is_exact_to_the_second() -> None:
    noon = at("1972-01-06T12:00")  # next midnight Liberia went from -0:44:30 to UTC
    assert Cron("0 0 * * *", "Africa/Monrovia").next_after(noon) == at("1972-01-07T00:44:30")


def test_every_quarter_of_an_hour_stays_a_quarter_of_an_hour_all_year() -> None:
    instant, end = at("2025-01-01T00:00"), at("2026-01-01T00:00")
    quarter = timedelta(minutes=15)
    found = times(Cron("*/15 * * * *", AMSTERDAM), instant, end)
    assert found == [instant + n * quarter for n in range(1, 365 * 96 + 1)]


def test_fixed_hours_fire_once_on_every_day_of_every_year() -> None:
    cron = Cron("30 2 * * *", AMSTERDAM)
    found = times(cron, at("2020-01-01", AMSTERDAM), at("2025-12-31T23:59", AMSTERDAM))
    days = [instant.astimezone(ZoneInfo(AMSTERDAM)).date() for instant in found]
    assert days == [date(2020, 1, 1) + timedelta(days=n) for n in range(len(days))]
    assert len(days) == 6 * 365 + 2


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("*/15 * * * *", "2025-05-05T10:07", "2025-05-05T10:15"),
        ("*/15 * * * *", "2025-05-05T10:15", "2025-05-05T10:30"),
        ("0 9 * * 1-5", "2025-05-02T09:00", "2025-05-05T09:00"),
        ("15 18 * * *", "2025-05-05T18:14:59.999999", "2025-05-05T18:15"),
        ("0 0 13 * 5", "2025-05-05T00:00", "2025-05-09T00:00"),
        ("0 0 13 * 5", "2025-05-09T00:00", "2025-05-13T00:00"),
        ("0 0 L 2 *", "2025-03-01T00:00", "2026-02-28T00:00"),
        ("0 0 L,30 * *", "2025-02-10T00:00", "2025-02-28T00:00"),
        ("0 0 1,30 * *", "2025-02-10T00:00", "2025-03-01T00:00"),
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        ("0 0 31 2 1", "2025-02-10T00:00", "2025-02-17T00:00"),
        ("0 0 * * 7", "2025-05-05T00:00", "2025-05-11T00:00"),
        ("0 0 * * 7 0", "2025-05-05T00:00", "2025-05-11T00:00"),
        ("0 0 * * 5-7 0", "2025-05-10T00:00", "2025-05-11T00:00"),
        ("0 0 * * 5#2", "2025-05-05T00:00", "2025-05-09T00:00"),
        ("0 0 10 * 5#2", "2025-05-08T00:00", "2025-05-09T00:00"),
        ("0 0 10 * 5#2", "2025-05-09T00:00", "2025-05-10T00:00"),
        ("0 0 10 * 5#2", "2025-05-10T00:00", "2025-06-10T00:00"),
        ("0 0 L * 5#2", "2025-05-09T00:00", "2025-05-31T00:00"),
        ("0 0 5 * L5", "2025-05-05T00:00", "2025-05-30T00:00"),
        ("0 0 5 * L5", "2025-05-30T00:00", "2025-06-05T00:00"),
        ("5-5 * * * *", "2025-05-05T00:00", "2025-05-05T00:05"),
        ("5-5/2 * * * *", "2025-05-05T00:05", "2025-05-05T01:05"),
        ("0 0 5-5,07-7 * *", "2025-05-05T00:00", "2025-05-07T00:00"),
        ("0 0 * * Mon-MON", "2025-05-05T00:00", "2025-05-12T00:00"),
        ("0 0 10 * *,5#2", "2025-05-05T00:00", "2025-10-10T00:00"),
        ("0 0 * * L5", "2025-05-05T00:00", "2025-05-30T00:00"),
        ("0 0 1 jan,JUL *", "2025-05-05T00:00", "2025-07-01T00:00"),
        ("* * * * * 15,45", "2025-05-05T00:00:15", "2025-05-05T00:00:45"),
        ("* * * * * *", "2025-12-31T23:59:59", "2026-01-01T00:00:00"),
        ("0 12 * * * 30", "2025-05-05T12:00:30", "2025-05-06T12:00:30"),
        ("  0   12 * *\t* ", "2025-05-05T12:00", "2025-05-06T12:00"),
        ("@daily", "2025-05-05T12:00", "2025-05-06T00:00"),
        ("@Annually", "2025-05-05T12:00", "2026-01-01T00:00"),
        ("annual", "2025-05-05T12:00", "2026-01-01T00:00"),
        ("hourly_maintenance", "2025-05-05T12:00", "2025-05-05T13:00"),
        ("Weekly Long", "2025-05-05T12:00", "2025-05-11T00:00"),
        ("monthly", "2025-05-05T12:00", "2025-06-01T00:00"),
        ("all", "2025-05-05T12:00", "2025-05-05T12:01"),
    ],
)
def test_well_known_expressions(expression: str, start: str, expected: str) -> None:
    assert Cron(expression).next_after(at(start)) == at(expected)


@pytest.mark.parametrize(
    ("expression", "field", "expected"),
    [
        ("0 0 1 1 * 0 2030", "'2030' cannot be its year", "2030-01-01T00:00"),
        ("0 0 15W 6 *", "'15W' cannot be its day of the month", "2025-06-16T00:00"),
        ("0 0 1W 11 1", "'1W' cannot be its day of the month", "2025-11-03T00:00"),
        ("0 0 31W 8 *", "'31W' cannot be its day of the month", "2025-08-29T00:00"),
        ("0 0 * * fri-mon", "'fri-mon' cannot be its day of the week", "2025-05-05T00:00"),
    ],
)
def test_what_only_newer_croniters_take(expression: str, field: str, expected: str) -> None:
    start = at("2025-05-04T12:00")
    if croniter.is_valid(expression):
        assert Cron(expression).next_after(start) == at(expected)
    else:
        with pytest.raises(CronError, match=field):
            Cron(expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 0 30 2 *", "'0 0 30 2 \\*' never fires"),
        ("0 0 31 4,6 *", "never fires"),
        ("0 25 * * *", "'25' cannot be its hour, which takes 0 to 23"),
        ("0 0 * * 8", "'8' cannot be its day of the week, which takes 0 to 6 or sun to sat"),
        ("0 0 * * * 60", "'60' cannot be its second"),
        ("*/0 * * * *", "'\\*/0' cannot be its minute"),
        ("H * * * *", "'H' cannot be its minute"),
        ("0 0 * *", "has 4 fields. Accepted are .*@daily.*hourly"),
        ("fortnightly", "'fortnightly' is no cron expression"),
        ("@reboot", "'@reboot' is no cron expression"),
        ("", "'' is no cron expression"),
        (None, "text, not None"),
    ],
)
def test_an_error_names_the_expression_and_what_is_accepted(expression: str, reason: str) -> None:
    with pytest.raises(CronError, match=reason) as raised:
        Cron(expression)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, ConfigError)


def test_an_expression_that_never_fires_is_refused() -> None:
    with pytest.raises(CronError, match="never fires"):
        Cron("0 0 30 2 *")


def test_on_the_way_to_29_february_only_februaries_are_looked_at() -> None:
    expression = parse("0 0 29 2 *")
    expression.days.clear()
    assert expression.first_from(datetime(2096, 3, 1)) == datetime(2104, 2, 29)
    assert sorted(expression.days) == [(year, 2) for year in range(2097, 2105)]


def test_a_year_that_is_past_has_no_next_time() -> None:
    if not croniter.is_valid("0 0 1 1 * 0 2020"):
        return  # croniter 2 takes no year: test_what_only_newer_croniters_take
    with pytest.raises(CronError, match="no time up to the end of 2075"):
        Cron("0 0 1 1 * 0 2020").next_after(at("2025-01-01"))


def test_an_unknown_zone_and_a_naive_instant_are_errors() -> None:
    for zone in ("Europe/Nowhere", 5):
        with pytest.raises(CronError, match=rf"{zone!r} is no time zone.*Europe/Amsterdam"):
            Cron("* * * * *", zone)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no time zone"):
        Cron("* * * * *").next_after(datetime(2025, 1, 1))


def test_an_instant_counts_whatever_its_zone_and_the_answer_is_in_utc() -> None:
    cron = Cron("0 * * * *", AMSTERDAM)
    second_round = cron.next_after(at("2025-10-26T02:00", AMSTERDAM))
    assert second_round == at("2025-10-26T01:00")
    assert second_round.tzinfo is UTC
    assert cron.next_after(at("2025-10-26T02:00", AMSTERDAM, fold=1)) == at("2025-10-26T02:00")
    assert cron.next_after(at("2025-10-25T20:00", "America/New_York")) == at("2025-10-26T01:00")
