"""`scheduler_events` in all the forms that apps write them in, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.jobs.hosts import AppHooks, Host, ScheduleRow
from frappe_celery.schedule.events import Problem, import_problems, read_hooks
from tests.unit.schedule.memory_host import SITE, MemoryHost


def read(events: Any, **options: Any) -> tuple[list[ScheduleRow], list[Problem]]:
    apps = [AppHooks("myapp", {"scheduler_events": events})]
    return read_hooks(apps, Settings(time_zone="Europe/Amsterdam", **options), SITE)


def one_row(events: Any, **options: Any) -> ScheduleRow:
    rows, problems = read(events, **options)
    assert not problems
    (row,) = rows
    return row


def one_problem(events: Any, **options: Any) -> Problem:
    _, problems = read(events, **options)
    (problem,) = problems
    return problem


@pytest.mark.parametrize(
    ("word", "frequency", "queue"),
    [
        ("all", "All", "default"),
        ("hourly", "Hourly", "default"),
        ("hourly_long", "Hourly Long", "long"),
        ("hourly_maintenance", "Hourly Maintenance", "long"),
        ("daily", "Daily", "default"),
        ("daily_long", "Daily Long", "long"),
        ("daily_maintenance", "Daily Maintenance", "long"),
        ("weekly", "Weekly", "default"),
        ("weekly_long", "Weekly Long", "long"),
        ("monthly", "Monthly", "default"),
        ("monthly_long", "Monthly Long", "long"),
        ("yearly", "Yearly", "default"),
        ("annual", "Annual", "default"),
    ],
)
@pytest.mark.parametrize("in_cron", [False, True], ids=["event", "key of cron"])
def test_every_word_has_frappes_frequency_and_queue(
    word: str, frequency: str, queue: str, in_cron: bool
) -> None:
    events = {word: ["myapp.tasks.report"]}
    row = one_row({"cron": events} if in_cron else events)
    assert (row.frequency, row.cron_format, row.queue) == (frequency, None, queue)
    key = f'cron["{word}"]' if in_cron else word
    assert row.source == f"myapp hooks.py scheduler_events.{key}"
    assert (row.site, row.app, row.method) == (SITE, "myapp", "myapp.tasks.report")


@pytest.mark.parametrize(
    "methods",
    ["myapp.tasks.report", ["myapp.tasks.report"], ("myapp.tasks.report",), {"myapp.tasks.report"}],
)
def test_methods_may_be_a_text_or_any_collection(methods: Any) -> None:
    assert one_row({"daily": methods}).method == "myapp.tasks.report"
    row = one_row({"cron": {"0 9 * * 1-5": methods}})
    assert (row.frequency, row.cron_format) == ("Cron", "0 9 * * 1-5")


def test_croniters_aliases_are_cron_expressions() -> None:
    row = one_row({"cron": {"@daily": ["myapp.tasks.report"]}})
    assert (row.frequency, row.cron_format) == ("Cron", "@daily")


def test_the_order_is_that_of_apps_and_hooks_and_a_repetition_is_one_entry() -> None:
    rows, _ = read_hooks(
        [
            AppHooks("one", {"scheduler_events": {"daily": ["one.b", "one.a", "one.b"]}}),
            AppHooks("two", {"scheduler_events": {"daily": ["one.a", "two.c"], "all": "one.a"}}),
        ],
        Settings(),
        SITE,
    )
    assert [(r.method, r.frequency, r.app) for r in rows] == [
        ("one.b", "Daily", "one"),
        ("one.a", "Daily", "one"),
        ("two.c", "Daily", "two"),
        ("one.a", "All", "two"),
    ]


def test_names_are_frappes_and_those_that_frappe_would_overwrite_are_longer() -> None:
    rows, _ = read(
        {
            "daily": ["myapp.tasks.report", "myapp.other.tasks.report", "short"],
            "hourly": "myapp.other.tasks.report",
        }
    )
    assert [row.name for row in rows] == [
        "tasks.report",
        "myapp.other.tasks.report",
        "short",
        "myapp.other.tasks.report Hourly",
    ]


@pytest.mark.parametrize(
    ("version", "logged"), [(14, ["Daily", "Cron"]), (15, ["Daily", "Cron"]), (16, ["Daily"])]
)
def test_which_runs_are_logged(version: int, logged: list[str]) -> None:
    rows, _ = read(
        {"all": "m.a", "daily": "m.b", "cron": {"0 * * * *": "m.c"}}, frappe_version=version
    )
    assert [row.frequency for row in rows if row.create_log] == logged


def test_cron_queues_give_a_cron_method_its_queue() -> None:
    options: dict[str, Any] = {
        "cron_queues": {"myapp.tasks.fast": "short", "myapp.tasks.mail": "mails"},
        "workers": {"mails": {}},
    }
    rows, problems = read(
        {
            "cron": {"* * * * *": ["myapp.tasks.fast", "myapp.tasks.mail", "myapp.tasks.other"]},
            "daily_long": "myapp.tasks.fast",
        },
        **options,
    )
    assert not problems
    assert [row.queue for row in rows] == ["short", "mails", "default", "long"]


def test_an_unknown_queue_in_a_sites_cron_queues_is_named(tmp_path: Path) -> None:
    site = tmp_path / "sites" / SITE
    site.mkdir(parents=True)
    (site / "site_config.json").write_text('{"cron_queues": {"myapp.tasks.a": "mials"}}')
    host = MemoryHost({"cron": {"* * * * *": "myapp.tasks.a"}, "daily": "myapp.tasks.b"})
    rows, (problem,) = read_hooks(host.app_hooks(SITE), Settings.load(tmp_path, {}), SITE)
    assert len(rows) == 2
    assert problem.method == "myapp.tasks.a"
    assert "cron_queues gives myapp.tasks.a a queue: Queue should be one of" in problem.reason
    assert "'mials' is not" in problem.reason


def test_a_broken_cron_names_app_and_key_and_the_others_stay() -> None:
    rows, (problem,) = read(
        {"cron": {"61 * * * *": "myapp.tasks.a", "0 * * * *": "myapp.tasks.b"}, "daily": "myapp.c"}
    )
    assert [row.method for row in rows] == ["myapp.tasks.b", "myapp.c"]
    assert problem.app == "myapp"
    assert problem.source == 'myapp hooks.py scheduler_events.cron["61 * * * *"]'
    assert "'61' cannot be its minute" in problem.reason


def test_an_unknown_word_is_answered_with_those_accepted() -> None:
    problem = one_problem({"fortnightly": ["myapp.tasks.a"]})
    assert "'fortnightly' is no event; accepted are all, hourly, " in problem.reason
    assert problem.reason.endswith("and cron")


@pytest.mark.parametrize("events", [["myapp.tasks.a"], "myapp.tasks.a", 3])
def test_events_that_are_no_dictionary(events: Any) -> None:
    assert str(one_problem(events)).startswith("myapp hooks.py scheduler_events: is ")


def test_cron_without_expressions() -> None:
    assert "is ['myapp.tasks.a']; write {" in one_problem({"cron": ["myapp.tasks.a"]}).reason


@pytest.mark.parametrize("method", [3, None, "", "my app.tasks", "myapp.tasks.", print])
def test_a_method_that_is_no_path(method: Any) -> None:
    assert "is no dotted path such as" in one_problem({"daily": [method]}).reason


def test_a_hooks_py_that_raises_leaves_the_other_apps_alone() -> None:
    error = "broken.hooks cannot be imported: NameError: name 'x' is not defined"
    apps = [
        AppHooks("broken", error=error),
        AppHooks("myapp", {"scheduler_events": {"daily": "myapp.tasks.a"}}),
    ]
    rows, (problem,) = read_hooks(apps, Settings(), SITE)
    assert [row.method for row in rows] == ["myapp.tasks.a"]
    assert (problem.app, problem.reason, problem.method) == ("broken", error, None)


def test_methods_that_do_not_import_are_told_apart_from_those_that_do() -> None:
    host = MemoryHost({"daily": ["os.getpid", "os.gone", "nowhere.at_all", "os.curdir"]})
    rows, _ = read_hooks(host.app_hooks(SITE), Settings(), SITE)
    problems = import_problems(cast(Host, host), rows)
    assert [problem.method for problem in problems] == ["os.gone", "nowhere.at_all", "os.curdir"]
    assert "AttributeError: module 'os' has no attribute 'gone'" in problems[0].reason
    assert "ModuleNotFoundError: No module named 'nowhere'" in problems[1].reason
    assert "os.curdir is no function but '.'" in problems[2].reason
    assert all(problem.app == "myapp" for problem in problems)
