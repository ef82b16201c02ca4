"""Configuration, hooks or a broker that are broken: said where, and the rest goes on."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import frappe
import pytest

import frappe_celery
from frappe_celery import celery_app, errors
from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from tests.acceptance.commands import cli, program, run_cli
from tests.acceptance.desk import notes, signed_in, wait_for_notes
from tests.ports import LOOPBACK, free_port
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

BROKEN_JSON = '{\n "a": 1,\n "b" 2\n}'
EVERY_SECOND = '{"cron": {"* * * * * *": ["myapp.tasks.every_tick"]%s}%s}'
METHOD = "myapp.tasks.process"
COMMANDS = ("worker", "beat", "schedule", "sync", "settings")
BAD_CONFIGURATIONS = [
    ("[1, 2]", "common_site_config.json holds a list; it must be a JSON object"),
    ('{"frappe_version": 13}', "frappe_version is 13; it must be one of 14, 15, 16, 17"),
    ('{"workers": {"urgent": {"timeout": "soon"}}}', "workers.urgent.timeout is 'soon'"),
    ('{"workers": {"urgent": 3}}', "workers.urgent is 3; write"),
    ('{"workers": {"urgent": {"retry": "x"}}}', "workers.urgent.retry is 'x'; write how often"),
    ('{"frappe_celery_methods": {"a.*": {"tries": 2}}}', "frappe_celery_methods['a.*'] is"),
    ('{"cron_queues": {"a.b": "urgent"}}', "cron_queues.a.b is 'urgent'; it must be one of"),
    ('{"redis_queue": 6379}', "redis_queue is 6379; it must be a text"),
]


def hooks(cron: str = "", more: str = "") -> str:
    """A hooks.py with one good entry beside what the test adds."""
    return "scheduler_events = " + EVERY_SECOND % (cron, more) + "\n"


def must_go_on(project: Project) -> None:
    """The good entry is enqueued and run."""
    so_far = len(notes(project))
    wait_until(lambda: len(notes(project)) >= so_far + 2, 30, "the good entry goes on")


# -- a site's configuration


@pytest.fixture
def sick_site(app_project: Project) -> str:
    """A second site, its configuration broken in line 3; alphabetically the first."""
    app_project.write("myapp/hooks.py", hooks())
    app_project.write("sites/a-sick-site/site_config.json", BROKEN_JSON)
    app_project.configure(default_site=app_project.site)
    settings.use(None)
    return "a-sick-site"


def where(project: Project, site: str) -> str:
    return f"{project.root}/sites/{site}/site_config.json, line 3, column 6"


def test_broken_json_of_a_site_stops_that_site_only(app_project: Project, sick_site: str) -> None:
    worker = app_project.worker()
    beat = app_project.beat()
    beat.wait_for(f"site {sick_site}: nothing is scheduled, {where(app_project, sick_site)}")
    must_go_on(app_project)
    assert worker.popen.poll() is None

    with pytest.raises(errors.ConfigError) as caught, signed_in(sick_site):
        pass
    assert where(app_project, sick_site) in str(caught.value)
    assert "Mend the JSON there" in str(caught.value)

    app_project.write(f"sites/{sick_site}/site_config.json", "{}")  # mended
    wait_until(lambda: notes(app_project, sick_site), 30, "the mended site is scheduled")


def test_a_job_of_a_site_that_broke_since_fails_alone(app_project: Project, sick_site: str) -> None:
    app_project.write(f"sites/{sick_site}/site_config.json", "{}")
    with signed_in(sick_site):
        bad = frappe.enqueue(METHOD)
    with signed_in(app_project.site):
        good = frappe.enqueue(METHOD)
    app_project.write(f"sites/{sick_site}/site_config.json", BROKEN_JSON)
    app_project.worker()
    wait_until(lambda: bad.is_failed, 30)
    assert where(app_project, sick_site) in str(bad.exc_info)
    wait_until(lambda: good.is_finished)


@pytest.mark.parametrize("command", ["schedule", "sync"])
def test_commands_show_a_broken_site_and_do_the_others(
    app_project: Project, sick_site: str, command: str
) -> None:
    output = run_cli(app_project, command, code=1)
    assert where(app_project, sick_site) in output
    assert "myapp.tasks.every_tick" in output
    output = run_cli(app_project, command, "--site", sick_site, code=1)
    assert where(app_project, sick_site) in output
    run_cli(app_project, command, "--site", app_project.site)


def must_say(project: Project, command: str, message: str) -> None:
    process = cli(project, command)
    assert process.wait() == 1
    assert process.output().startswith("Error: ")
    assert message in process.output()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_where_the_benchs_configuration_is_no_json(
    app_project: Project, command: str
) -> None:
    app_project.write("sites/common_site_config.json", BROKEN_JSON)
    must_say(app_project, command, "common_site_config.json, line 3, column 6")


@pytest.mark.parametrize(
    ("command", "config", "message"),
    [
        (command, *bad)
        for command, bad in zip(itertools.cycle(COMMANDS), BAD_CONFIGURATIONS, strict=False)
    ],
)
def test_a_command_says_what_is_wrong_with_the_benchs_configuration(
    app_project: Project, command: str, config: str, message: str
) -> None:
    app_project.write("sites/common_site_config.json", config)
    must_say(app_project, command, message)


@pytest.mark.parametrize("command", ["worker", "beat", "report"])
def test_celerys_own_commands_say_only_that(app_project: Project, command: str) -> None:
    app_project.write("sites/common_site_config.json", BROKEN_JSON)
    process = app_project.celery(command)
    assert process.wait() == 1
    (line,) = process.output().splitlines()
    assert line.startswith("Error: ConfigError: ")
    assert "common_site_config.json, line 3, column 6: " in line
    assert "Mend the JSON there" in line


def test_python_code_gets_the_error(app_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    app_project.write("sites/common_site_config.json", BROKEN_JSON)
    settings.use(None)
    monkeypatch.setattr(celery_app, "_current", None)  # another test's
    with pytest.raises(errors.ConfigError, match="line 3, column 6"):
        frappe_celery.__getattr__("app")


# -- hooks


BROKEN_HOOKS = [
    (', "61 * * * *": ["myapp.tasks.daily_report"]', "", 'cron["61 * * * *"]', "takes 0 to 59"),
    (', "0 9 * *": ["myapp.tasks.daily_report"]', "", 'cron["0 9 * *"]', "it has 4 fields"),
    ("", ', "dayly": ["myapp.tasks.daily_report"]', "dayly", "accepted are all, hourly"),
    ("", ', "weekly": 5', "weekly", "5 is no dotted path such as 'myapp.tasks.report'"),
]


@pytest.mark.parametrize(("cron", "more", "key", "reason"), BROKEN_HOOKS)
def test_a_broken_entry_names_app_and_key(
    app_project: Project, cron: str, more: str, key: str, reason: str
) -> None:
    app_project.write("myapp/hooks.py", hooks(cron, more))
    output = run_cli(app_project, "sync", code=1)
    line = next(line for line in output.splitlines() if f"scheduler_events.{key}: " in line)
    assert line.startswith(f"{app_project.site}: myapp hooks.py scheduler_events.{key}: ")
    assert reason in line
    assert "added myapp.tasks.every_tick" in output
    assert reason in run_cli(app_project, "schedule", "--json")


def test_beat_goes_on_beside_broken_hooks(app_project: Project) -> None:
    cron = "".join(cron for cron, *_ in BROKEN_HOOKS)
    more = "".join(more for _, more, *_ in BROKEN_HOOKS) + ', "daily": ["myapp.tasks.gone"]'
    app_project.write("myapp/hooks.py", hooks(cron, more))
    app_project.write("broken/__init__.py", "")
    app_project.write("broken/hooks.py", "scheduler_events = {'daily': [undefined]}")
    app_project.write("sites/apps.txt", "broken\nmyapp\n")
    app_project.worker()
    beat = app_project.beat()
    must_go_on(app_project)
    for _, _, key, reason in BROKEN_HOOKS:
        assert f"myapp hooks.py scheduler_events.{key}: " in beat.output()
        assert reason in beat.output()
    assert "broken.hooks cannot be imported: NameError: name 'undefined'" in beat.output()
    assert "broken/hooks.py, line 1" in beat.output()
    listed = run_cli(app_project, "schedule", "--json")
    assert "module 'myapp.tasks' has no attribute 'gone'" in listed


def test_a_hooks_py_that_raises_removes_nothing_from_the_schedule(app_project: Project) -> None:
    app_project.write("myapp/hooks.py", hooks())
    run_cli(app_project, "sync")
    app_project.write("myapp/hooks.py", hooks() + "1 / 0\n")
    output = run_cli(app_project, "sync", code=1)
    assert "myapp.hooks cannot be imported: ZeroDivisionError: division by zero" in output
    assert "nothing was removed from the schedule" in output
    app_project.worker()
    app_project.beat()
    must_go_on(app_project)


def test_a_scheduled_method_that_fails_does_not_stop_the_others(app_project: Project) -> None:
    more = ', "all": ["myapp.tasks.gone", "nowhere.tasks.x", "myapp.tasks.risky_operation"]'
    app_project.write("myapp/hooks.py", hooks(more=more))
    app_project.configure(scheduler_tick_interval=1, risky_operation_fails=1)
    app_project.worker()
    app_project.beat()
    must_go_on(app_project)
    wait_for_notes(app_project, "risky_operation")
    with signed_in(app_project.site):
        wait_until(lambda: frappe.get_all("RQ Job", filters={"status": "finished"}))


# -- the broker


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A Redis URL whose server takes no connection and refuses none, as behind a dropped cable."""
    with socket.socket() as server:
        server.bind((LOOPBACK, free_port()))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        for client in waiting:
            client.close()


def must_be_told(project: Project, url: str, within: float = HANG_SECONDS) -> None:
    project.configure(redis_queue=url)
    settings.use(None)
    with signed_in(project.site):
        began = time.monotonic()
        with pytest.raises(errors.BrokerUnreachable) as caught:
            frappe.enqueue(METHOD)
        assert time.monotonic() - began < within
    assert f"the Redis at {url} does not answer" in str(caught.value)
    assert "mend redis_queue (or broker_url) in sites/common_site_config.json" in str(caught.value)


def test_a_broker_that_refuses(app_project: Project) -> None:
    must_be_told(app_project, "redis://127.0.0.1:1/0")


def test_a_broker_whose_name_nobody_knows(app_project: Project) -> None:
    url = "redis://no-such-host.invalid:6379/0"
    must_be_told(app_project, url, within=60)  # the time is the name server's


def test_a_broker_behind_a_dropped_cable(app_project: Project, black_hole: str) -> None:
    must_be_told(app_project, black_hole)


def test_a_broker_that_stands_still(app_project: Project, own_redis: RedisServer) -> None:
    app_project.configure(redis_queue=own_redis.url)
    code = "import frappe_celery, frappe; print('ready'); frappe.enqueue('frappe.ping')"
    own_redis.pause()
    try:
        caller = app_project.start("caller", "-c", code)
        caller.wait_for("ready")
        caller.wait_for(f"the Redis at {own_redis.url} does not answer", 3)
    finally:
        own_redis.resume()


def test_the_password_of_an_unreachable_broker_is_not_told(app_project: Project) -> None:
    app_project.configure(redis_queue="redis://:secret@127.0.0.1:1/0")
    settings.use(None)
    with signed_in(app_project.site), pytest.raises(errors.BrokerUnreachable) as caught:
        frappe.enqueue(METHOD)
    assert "secret" not in str(caught.value)


def test_a_broker_of_another_kind(app_project: Project) -> None:
    app_project.configure(redis_queue="http://127.0.0.1:1/0")
    output = run_cli(app_project, "worker", code=1)
    assert "the broker http:// is not supported: write redis_queue (or broker_url) as redis://" in (
        output
    )


def test_the_demo_on_an_unreachable_broker_ends_at_once(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "FRAPPE_CELERY_REDIS_QUEUE": "redis://127.0.0.1:1/0"}
    words = [program("frappe-celery"), "demo", "--once"]
    demo = Process(words, tmp_path, tmp_path / "demo.log", environment)
    assert demo.wait(10) == 1
    assert "Error: BrokerUnreachable: the Redis at redis://127.0.0.1:1/0 does not answer" in (
        demo.output()
    )
    assert "Traceback" not in demo.output()


def test_a_broker_that_goes_and_comes_back_loses_nothing(
    app_project: Project, own_redis: RedisServer
) -> None:
    app_project.write("myapp/hooks.py", hooks())
    app_project.configure(redis_queue=own_redis.url)
    settings.use(None)
    beat = app_project.beat()
    with signed_in(app_project.site):
        waiting = frappe.enqueue(METHOD)
    own_redis.kill()
    beat.wait_for(f"the Redis at {own_redis.url} does not answer", 3)
    worker = app_project.celery("worker", "-c", "1")
    worker.wait_for("Cannot connect to frappe_celery.brokers.redis.transport", 5)
    with signed_in(app_project.site), pytest.raises(errors.BrokerUnreachable):
        frappe.enqueue(METHOD)
    own_redis.start()
    beat.wait_for("the Redis that keeps the jobs answers again")
    must_go_on(app_project)
    wait_until(lambda: waiting.is_finished)
    assert get_store().queue_length("default") <= 1
