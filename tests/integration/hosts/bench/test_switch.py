"""`frappe-celery enable` and `disable` on the stand-in bench, with an environment of its own."""

from __future__ import annotations

import fcntl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from frappe_celery.hosts.bench.switch import ACL_RULES
from tests.integration.hosts.bench.conftest import STANDIN
from tests.integration.hosts.bench.switching import UNSEEN, Switch, metadata
from tests.servers import RabbitMQServer
from tests.warm import WarmPython


@pytest.fixture
def unseen(switch: Switch) -> None:
    switch.before = UNSEEN


fitting = pytest.mark.usefixtures("unseen")
"""A test that is not about the comparison with Frappe's names."""


def test_on_and_off(switch: Switch) -> None:
    before = switch.state()
    assert switch.whose_queue() == "rq.queue"
    assert "frappe-celery enable" in switch.run("doctor")[1], "it is not switched over yet"
    code, output = switch.run("enable")
    assert code == 0, output
    assert "frappe-celery enable" not in switch.run("doctor")[1]
    config, files = switch.state()
    assert config["frappe_celery_enabled"] is True
    assert len(config["frappe_celery_key"]) >= 32
    assert files == ["frappe_celery_hook.pth", "frappe_celery_hook.py"]
    assert switch.whose_queue() == "frappe_celery.hosts.bench.queue"
    assert switch.run("enable")[0] == 0, "again, which repairs it"

    assert switch.run("disable")[0] == 0
    config, files = switch.state()
    assert files == []
    assert {**config, "frappe_celery_key": None} == {**before[0], "frappe_celery_key": None}
    assert switch.whose_queue() == "rq.queue"
    assert switch.run("disable")[0] == 0, "again, which changes nothing"


def test_an_image_is_built_without_a_redis_and_switched_on_where_it_runs(switch: Switch) -> None:
    before, _ = switch.state()
    away = {"FRAPPE_CELERY_REDIS_QUEUE": "redis://127.0.0.1:1"}
    assert (
        "is about this environment alone" in switch.run("enable", "--image", "--armed", **away)[1]
    )
    code, output = switch.run("enable", "--image", **away)
    assert code == 0, output
    assert switch.state() == (before, ["frappe_celery_hook.pth", "frappe_celery_hook.py"])
    assert switch.whose_queue() == "rq.queue"
    assert switch.run("enable")[0] == 0
    assert switch.whose_queue() == "frappe_celery.hosts.bench.queue"


@fitting
@pytest.mark.parametrize("harm", ["hook.pth", "hook.py", "another version"])
def test_doctor_says_when_a_process_might_go_to_rq(switch: Switch, harm: str) -> None:
    """As when the environment was made anew, or the package upgraded."""
    switch.run("enable")
    if harm == "another version":
        (switch.environment / "frappe_celery_hook.py").write_text("VERSION = 1\n")
    else:
        (switch.environment / f"frappe_celery_{harm}").unlink()
    _, output = switch.run("doctor")
    assert "its hook is not in this environment" in output
    assert "write it anew: frappe-celery enable" in output
    assert switch.run("enable")[0] == 0
    assert "frappe-celery enable" not in switch.run("doctor")[1]


@fitting
def test_what_waits_in_the_other_system_is_named(switch: Switch, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.rpush(f"rq:queue:{switch.bench.id}:long", *(f"site1::{n}" for n in range(30)))
    _, output = switch.run("enable")
    assert "long: 30 (site1::0, site1::1" in output
    assert "10 more" in output
    assert "until they are stopped; then: frappe-celery move" in output

    switch.bench.ask(
        """
        for job_id in ("first", "second"):
            frappe.enqueue("fixture_app.tasks.write", job_id=job_id, queue="short")
        """
    )
    _, output = switch.run("disable")
    assert "short: 2 (site1::first, site1::second)" in output
    assert "frappe-celery move --to rq" in output


@fitting
def test_what_is_deferred_and_open_batches_are_named(switch: Switch) -> None:
    assert switch.run("enable")[0] == 0
    ids = switch.bench.ask(
        """
        from frappe_celery import batch, options
        job = frappe.enqueue("fixture_app.tasks.write", queue="short")
        waits = options(depends_on=job).enqueue("fixture_app.tasks.write", queue="short")
        with batch("Close 2026") as b:
            b.enqueue("fixture_app.tasks.write", queue="short")
        frappe.db.commit()
        answer = [waits.id, b.id]
        """
    )
    _, output = switch.run("disable")
    assert f"Jobs in Celery wait for others, which a worker runs: 1 ({ids[0]})" in output
    named = f"1 (Close 2026 ({ids[1]}))"
    assert f"Batches in Celery are open, until a worker has run them: {named}" in output


def refusal(switch: Switch, **environment: str) -> str:
    """Why enable refuses; it must change nothing."""
    before = switch.state()
    code, output = switch.run("enable", **environment)
    assert code == 1, output
    assert "Traceback" not in output
    assert switch.state() == before
    return output


def test_no_bench_no_frappe(switch: Switch, tmp_path: Path, bare_warm: WarmPython) -> None:
    assert "is no bench" in refusal(switch, FRAPPE_BENCH_ROOT=str(tmp_path))
    switch.bench.warm = bare_warm  # the other one has seen a Frappe
    path = switch.bench.environment()["PYTHONPATH"].replace(str(STANDIN), "")
    assert "Frappe is not installed in" in refusal(switch, PYTHONPATH=path)


@fitting
def test_frappe_s_scheduler_runs(switch: Switch) -> None:
    held = switch.bench.root / "config" / "scheduler_process"
    held.parent.mkdir(exist_ok=True)
    with held.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "stop `bench schedule`" in refusal(switch)
    assert switch.run("enable")[0] == 0
    with held.open("w") as file:  # as after an upgrade, on a bench whose pools bring one
        fcntl.flock(file, fcntl.LOCK_EX)
        assert switch.run("enable")[0] == 0


@fitting
def test_no_redis(switch: Switch) -> None:
    assert "redis://127.0.0.1:1 does not answer" in refusal(
        switch, FRAPPE_CELERY_REDIS_QUEUE="redis://127.0.0.1:1"
    )
    switch.bench.configure(redis_queue=None)
    assert "redis_queue is not set" in refusal(switch)


@fitting
def test_a_rabbitmq_that_is_away_or_lets_nobody_in(
    switch: Switch, rabbitmq_server: RabbitMQServer
) -> None:
    closed = "amqp://guest:guest@127.0.0.1:1//"
    assert "the RabbitMQ at amqp://***@127.0.0.1:1// does not answer" in refusal(
        switch, FRAPPE_CELERY_BROKER_URL=closed
    )
    wrong = rabbitmq_server.url.replace("guest:guest", "guest:wrong")
    said = refusal(switch, FRAPPE_CELERY_BROKER_URL=wrong)
    assert "Login was refused" in said
    assert "wrong" not in said


@fitting
def test_a_redis_that_sentinels_name(switch: Switch) -> None:
    switch.bench.configure(redis_queue_sentinel_enabled=True)
    assert "redis_queue_sentinel_enabled needs redis_queue_sentinels too" in refusal(switch)
    switch.bench.configure(redis_queue_sentinels=["127.0.0.1:1"])
    assert "needs redis_queue_master_service too" in refusal(switch)
    switch.bench.configure(redis_queue_master_service="mymaster")
    assert "sentinel://127.0.0.1:1/0?master_name=mymaster does not answer" in refusal(switch)


@fitting
def test_a_redis_user_who_may_use_rqs_keys_alone(switch: Switch, redis_url: str) -> None:
    rqs = ("~rq:[^q]*", "~rq:queues", f"~rq:queue:{switch.bench.id}:*", "+@all", "-@admin")
    server = redis.Redis.from_url(redis_url)
    user = switch.bench.id
    try:
        server.execute_command("ACL", "SETUSER", user, "on", ">right", *rqs)
        said = refusal(switch, FRAPPE_CELERY_REDIS_QUEUE=with_user(redis_url, user, "right"))
        assert "does not let us in" in said
        assert ACL_RULES in said
        assert "right" not in said.partition("does not let us in")[0]
        said = refusal(switch, FRAPPE_CELERY_REDIS_QUEUE=with_user(redis_url, user, "wrong"))
        assert "WRONGPASS" in said or "invalid username-password" in said

        server.execute_command("ACL", "SETUSER", user, *ACL_RULES.split())
        url = with_user(redis_url, user, "right")
        code, output = switch.run("enable", FRAPPE_CELERY_REDIS_QUEUE=url)
        assert code == 0, output
    finally:
        server.execute_command("ACL", "DELUSER", user)
        server.close()


def with_user(url: str, user: str, password: str) -> str:
    """The same server, as another user."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}").geturl()


def test_pins_that_rule_celery_out(switch: Switch, tmp_path: Path) -> None:
    needs = ("click~=7.1.2", "redis~=3.5.3", "python-dateutil~=2.8.1", "unrelated>=9")
    metadata(tmp_path / "pins", "frappe", "15.0.0", *needs)
    path = f"{tmp_path / 'pins'}:{switch.bench.environment()['PYTHONPATH']}"
    output = refusal(switch, PYTHONPATH=path)
    assert "frappe 15.0.0 needs click~=7.1.2, installed is " in output
    assert "frappe 15.0.0 needs redis~=3.5.3" in output
    assert "bench setup requirements" in output
    assert "unrelated" not in output


@fitting
def test_an_environment_that_cannot_be_written(switch: Switch) -> None:
    (switch.environment / "frappe_celery_hook.pth").mkdir()
    before = switch.state()
    code, output = switch.run("enable", "--image")
    assert code == 1
    assert "cannot write the hook" in output
    code, output = switch.run("enable")
    assert code == 1
    assert "cannot switch on" in output
    assert switch.state()[0] == before[0]
