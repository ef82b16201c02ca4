"""How beat looks at a bench's sites: when told, in the sweep, and past a database that hangs."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench
from tests.integration.hosts.bench.test_schedule import database, rows

READER = (
    BEGIN
    + """
import pathlib, shutil
from frappe_celery.jobs import hosts
from frappe_celery.config import settings
from frappe_celery.schedule import reader as module, changed_sites
from frappe_celery.schedule.reader import Reader
frappe.destroy()
shutil.rmtree("site1.localhost")

host, news, looked, now = hosts.current(), [], [], 1000.0
reading = host.schedule_rows
host.schedule_rows = lambda site: looked.append(site) or reading(site)
reader = Reader(host, settings.current(), news.append, clock=lambda: now)

def put(site, text):
    pathlib.Path(site, "database.json").write_text(text)

def poll(*told_of):
    news.clear(); looked.clear()
    for site in told_of:
        changed_sites.mark(site)
    reader.poll()
    return looked[:]

def heard():
    return [[n.site, sorted(row.name for row in n.changed), n.removed, n.off]
            for n in news if n.present is None]
"""
)


def test_sites_are_looked_at_when_told_of_and_in_the_sweep(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        answer = [poll(), poll(), poll("site2"), poll("gone"), poll()]
        now += module.SWEEP_SECONDS
        answer += [poll(), poll()]
        """,
        begin=READER,
    )
    assert answer == [["site1", "site2"], [], ["site2"], [], [], ["site1", "site2"], []]


def test_the_sweep_goes_on_where_it_stopped(bench: StandInBench) -> None:
    """So that a thousand sites do not keep those waiting that were told of."""
    answer = bench.ask(
        """
        poll()
        now += module.SWEEP_SECONDS
        host.schedule_rows = lambda site: looked.append(site) or globals().update(now=now + 1) or []
        answer = [poll(), poll(), poll()]
        """,
        begin=READER,
    )
    assert answer == [["site1"], ["site2"], []]


def test_a_changed_configuration_is_seen_at_once(bench: StandInBench) -> None:
    rows(bench, {})
    answer = bench.ask(
        """
        poll()
        answer = []
        for text in ('{"pause_scheduler": 1}', '{"pause_scheduler": 1} ', "{}", '{"x": 1}'):
            pathlib.Path("site1/site_config.json").write_text(text)
            answer.append([poll(), heard()])
        """,
        begin=READER,
    )
    off = "pause_scheduler is set in its configuration"
    assert answer == [
        [[], [["site1", [], [], off]]],
        [[], []],
        [["site1"], [["site1", [], [], None]]],
        [["site1"], []],
    ]


def test_rows_that_changed_went_or_came_are_told(bench: StandInBench) -> None:
    rows(bench, {}, {"name": "b"})
    answer = bench.ask(
        """
        import json
        poll()
        answer = [heard()]
        values = json.loads(pathlib.Path("site1/database.json").read_text())
        kept = values["Scheduled Job Type"][0]
        values["Scheduled Job Type"] = [kept, {**kept, "name": "c"}]
        put("site1", json.dumps(values))
        poll("site1")
        answer.append(heard())
        """,
        begin=READER,
    )
    assert answer == [
        [["site1", ["b", "tasks.write"], [], None]],
        [["site1", ["c"], [], None], ["site1", [], ["b"], None]],
    ]


def test_empty_rows_are_not_filled_from_the_hooks(bench: StandInBench) -> None:
    """A site that bench is just making would get them twice."""
    bench.write("fixture_app/hooks.py", 'scheduler_events = {"daily": ["fixture_app.tasks.write"]}')
    assert bench.ask("poll(); answer = heard()", begin=READER) == []


def test_a_database_that_is_down_switches_its_site_off_until_it_answers(
    bench: StandInBench,
) -> None:
    rows(bench, {})
    answer = bench.ask(
        """
        poll()
        put("site2", '{"down": true}')
        answer = []
        for told_of in (["site2"], [], ["site1"]):
            answer.append([poll(*told_of), heard()])
        put("site2", "{}")
        answer.append([poll(), heard()])
        """,
        begin=READER,
    )
    off = "its schedule cannot be read (OperationalError: (2003, 'cannot connect'))"
    assert answer == [
        [[], [["site2", [], [], off]]],
        [[], []],
        [["site1"], []],
        [["site2"], [["site2", [], [], None]]],
    ]


def test_an_edit_during_a_slow_look_is_looked_at_afterwards(bench: StandInBench) -> None:
    rows(bench, {})
    database(bench, "site2", hangs=True)
    answer = bench.ask(
        """
        module.PATIENCE_SECONDS = 0.2
        poll()
        answer = [poll("site2")]
        thread = reader._sites["site2"].looking
        pathlib.Path("site2", "database.json").unlink()
        thread.join()
        answer += [poll(), poll()]
        """,
        begin=READER,
    )
    assert answer == [[], ["site2"], []]


@pytest.mark.parametrize("leaves", [False, True])
def test_a_database_that_hangs_is_left_to_itself(bench: StandInBench, leaves: bool) -> None:
    rows(bench, {})
    database(bench, "site2", hangs=True)
    bench.write("sites/a-site-before/site_config.json", "{}")
    database(bench, "a-site-before", hangs=True)
    answer = bench.ask(
        f"""
        module.PATIENCE_SECONDS = 0.2
        answer = [[poll(), heard()]]
        now += module.SILENCE_SECONDS + 1
        answer.append([poll("site1"), heard()])
        if {leaves}:
            thread = reader._sites["site2"].looking
            shutil.rmtree("site2")
            poll()
            answer = [heard()[-1], len(heard())]
        else:
            news.clear()
            for site in ("a-site-before", "site2"):
                thread = reader._sites[site].looking
                pathlib.Path(site, "database.json").unlink()
                thread.join()
            answer.append(heard())
        thread.join()
        answer.append(len(heard()))
        """,
        begin=READER,
    )
    if leaves:
        gone, heard_by_then, heard_at_last = answer
        assert gone == ["site2", [], [], None]
        assert heard_at_last == heard_by_then, "silent from then on"
        return
    silent = "its database has not answered for 10 s"
    assert answer == [
        [["site1"], [["site1", ["tasks.write"], [], None]]],
        [["site1"], [["a-site-before", [], [], silent], ["site2", [], [], silent]]],
        [["a-site-before", [], [], None], ["site2", [], [], None]],
        2,
    ]
