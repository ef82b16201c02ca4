"""Where settings come from, which source wins, and what a wrong value is answered with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from frappe_celery.celery_app import broker_settings
from frappe_celery.config.files import variable
from frappe_celery.config.misfire import misfires_of
from frappe_celery.config.option_checks import checked_value
from frappe_celery.config.option_defaults import OPTIONS, meanings
from frappe_celery.config.settings import Queue, Settings
from frappe_celery.errors import ConfigError, UnknownQueue
from frappe_celery.jobs.connection import connect
from frappe_celery.jobs.limits import rules as limits
from frappe_celery.watch.notify.mail_config import MailConfig

KEY = "k" * 40


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    (tmp_path / "sites" / "site1").mkdir(parents=True)
    (tmp_path / "sites" / "site1" / "site_config.json").write_text("{}")
    return tmp_path


def write(bench: Path, **values: Any) -> None:
    (bench / "sites" / "common_site_config.json").write_text(json.dumps(values))


def load(bench: Path, **environ: str) -> Settings:
    return Settings.load(bench, environ)


# -- defaults


def test_without_any_source_everything_has_the_documented_default(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.frappe_version, config.site, config.sites()) == (
        15,
        "standalone",
        ["standalone"],
    )
    assert (config.rq_results_ttl, config.rq_job_failure_ttl) == (600, 7 * 24 * 3600)
    assert (config.rq_failed_jobs_limit, config.max_queued_jobs) == (1000, 500)
    assert config.frappe_celery_pickle is True
    assert list(config.queues.values()) == [
        Queue("short", 300),
        Queue("default", 300),
        Queue("long", 1500),
    ]
    assert config.log_path == tmp_path / "logs"
    assert config.state_path == tmp_path / ".frappe_celery"


def test_every_option_says_what_it_is_for() -> None:
    said = meanings()
    assert [*said] == [*OPTIONS]
    assert all(len(meaning) > 20 for meaning in said.values())


def test_a_job_may_be_as_large_as_its_broker_takes(bench: Path) -> None:
    def most(**environ: str) -> int:
        variables = {f"FRAPPE_CELERY_{name}": value for name, value in environ.items()}
        return load(bench, **variables).max_message_size

    assert most(BROKER_URL="redis://there") == 2**25
    assert most(BROKER_URL="amqp://there") == 8_000_000
    assert most(BROKER_URL="amqp://there", MAX_MESSAGE_SIZE="9") == 9


# -- sources


def test_the_bench_s_file_wins_over_the_default_and_the_environment_over_both(bench: Path) -> None:
    write(bench, rq_results_ttl=60, rq_failed_jobs_limit=7)
    config = load(bench, FRAPPE_CELERY_RQ_RESULTS_TTL="5")
    assert (config.rq_results_ttl, config.rq_failed_jobs_limit) == (5, 7)
    assert config.rq_job_failure_ttl == 604800


def test_the_environment_sets_every_kind_of_option(bench: Path) -> None:
    config = load(
        bench,
        FRAPPE_CELERY_PICKLE="false",
        FRAPPE_CELERY_KEY="1" * 40,
        FRAPPE_CELERY_BENCH_ID="007",
        FRAPPE_CELERY_APPS='["one", "two"]',
        FRAPPE_CELERY_WORKERS='{"mail": {"timeout": 60}}',
        FRAPPE_CELERY_REDIS_QUEUE="redis://host:1/2",
        FRAPPE_CELERY_FRAPPE_VERSION="16",
    )
    assert config.frappe_celery_pickle is False
    assert config.frappe_celery_key == "1" * 40
    assert config.prefix == "frappe_celery:007:"
    assert config.app_names == ("one", "two")
    assert config.queue("mail").timeout == 60
    assert config.store_url == "redis://host:1/2"
    assert config.frappe_version == 16


@pytest.mark.parametrize(
    ("version", "file", "text"),
    [
        (17, "task_queue.py", "def get_current_task() -> BackgroundTask | None:"),
        (16, "background_jobs.py", 'deduplicate: bool\nreturn f"{site}||{job_id}"'),
        (15, "background_jobs.py", "def enqueue(deduplicate: bool): ..."),
        (14, "background_jobs.py", "def enqueue(): ..."),
    ],
)
def test_a_frappe_with_a_number_of_its_own_is_told_by_what_its_jobs_know(
    bench: Path, version: int, file: str, text: str
) -> None:
    frappe = bench / "apps" / "frappe" / "frappe"
    (frappe / "utils").mkdir(parents=True)
    (frappe / "utils" / "background_jobs.py").write_text('f"{site}||{job_id}" # deduplicate')
    (frappe / "utils" / file).write_text(text)
    (frappe / "__init__.py").write_text('__version__ = "2.1.3"\n')
    assert load(bench).frappe_version == version
    (frappe / "__init__.py").write_text('__version__ = "15.2.0"\n')
    assert load(bench).frappe_version == 15


def test_a_variable_of_another_name_is_nobody_s(bench: Path) -> None:
    assert load(bench, RQ_RESULTS_TTL="1", FRAPPE_CELERY_NOTHING="1").rq_results_ttl == 600


def test_keys_of_others_in_the_bench_s_file_are_left_alone(bench: Path) -> None:
    write(bench, developer_mode=1, webserver_port=8000)
    assert load(bench).site_config("site1")["webserver_port"] == 8000


def test_a_site_s_file_wins_over_the_bench_s_for_that_site(bench: Path) -> None:
    write(bench, mail="bench", dormant_days=4)
    (bench / "sites" / "site1" / "site_config.json").write_text('{"mail": "site"}')
    config = load(bench)
    assert config.site_config("site1")["mail"] == "site"
    assert config.site_config("site1")["dormant_days"] == 4
    assert config.site_config("other")["mail"] == "bench"
    assert config.site_config("site1")["rq_results_ttl"] == 600


def test_the_environment_wins_in_a_site_s_configuration_too(bench: Path) -> None:
    write(bench, rq_results_ttl=60, rq_failed_jobs_limit=7)
    config = load(bench, FRAPPE_CELERY_RQ_RESULTS_TTL="5")
    site = config.site_config("site1")
    assert (site["rq_results_ttl"], site["rq_failed_jobs_limit"]) == (5, 7)


def test_a_changed_file_is_read_anew(bench: Path) -> None:
    config = load(bench)
    file = bench / "sites" / "site1" / "site_config.json"
    assert "maintenance_mode" not in config.site_config("site1")
    file.write_text('{"maintenance_mode": 1}')
    assert config.site_config("site1")["maintenance_mode"] == 1
    config.site_config("site1")["maintenance_mode"] = 2
    assert config.site_config("site1")["maintenance_mode"] == 1


# -- Frappe's keys for Sentinels

SENTINELS = {
    "redis_queue_sentinel_enabled": 1,
    "redis_queue_sentinels": ["one:26379", "two:26380"],
    "redis_queue_master_service": "m",
}


def test_frappe_s_keys_for_sentinels_are_one_url_wherever_they_stand(bench: Path) -> None:
    url = "sentinel://one:26379;sentinel://two:26380/0?master_name=m"
    environ = {variable(name): json.dumps(value) for name, value in SENTINELS.items()}
    assert load(bench, **{**environ, variable("redis_queue_master_service"): "m"}).store_url == url
    write(bench, redis_queue="redis://other", **SENTINELS)
    assert load(bench).redis_queue == load(bench).store_url == url
    write(bench, redis_queue="redis://other", **{**SENTINELS, "redis_queue_sentinel_enabled": 0})
    assert load(bench).store_url == "redis://other"


def test_users_and_passwords_of_master_and_sentinels_are_in_it(bench: Path) -> None:
    said = {"master_username": "u", "master_password": "p/w;@", "sentinel_password": "a b&c"}
    write(bench, **SENTINELS, **{f"redis_queue_{name}": value for name, value in said.items()})
    pool = connect(load(bench).store_url).connection_pool
    login = [pool.connection_kwargs[name] for name in ("username", "password")]
    assert (pool.service_name, login) == ("m", ["u", "p/w;@"])
    asked = [one.connection_pool.connection_kwargs for one in pool.sentinel_manager.sentinels]
    assert [(one["host"], one["port"], one["password"]) for one in asked] == [
        ("one", 26379, "a b&c"),
        ("two", 26380, "a b&c"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("redis_queue_sentinels", [], "redis_queue_sentinel_enabled needs redis_queue_sentinels"),
        ("redis_queue_sentinels", ["host"], "has 'host'; write each as host:port"),
        ("redis_queue_sentinels", "one:1", "'one:1'; it must be a list of texts"),
        ("redis_queue_master_service", None, "needs redis_queue_master_service too"),
        ("redis_queue_master_password", 5, "redis_queue_master_password is no text"),
    ],
)
def test_what_is_wrong_with_them_is_named(bench: Path, key: str, value: Any, said: str) -> None:
    write(bench, **{**SENTINELS, key: value})
    with pytest.raises(ConfigError, match=said):
        load(bench)


# -- root, sites, apps


def test_the_root_is_the_bench_that_the_environment_names(
    bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert Settings.load(None, {"FRAPPE_BENCH_ROOT": str(bench)}).root == bench
    with pytest.raises(ConfigError, match=r"FRAPPE_BENCH_ROOT is '/nowhere/at/all'.*folder"):
        Settings.load(None, {"FRAPPE_BENCH_ROOT": "/nowhere/at/all"})


def test_else_the_folder_above_sites_else_where_we_are(
    bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bench)
    monkeypatch.chdir(bench / "sites")
    assert Settings.load(None, {}).root == bench
    monkeypatch.chdir(bench)
    assert Settings.load(None, {}).root == bench
    monkeypatch.chdir(bench / "sites" / "site1")
    assert Settings.load(None, {}).root == bench / "sites" / "site1"


def test_the_site_of_a_process_that_names_none(bench: Path) -> None:
    assert load(bench).site == "site1"
    (bench / "sites" / "site2").mkdir()
    (bench / "sites" / "site2" / "site_config.json").write_text("{}")
    assert load(bench).sites() == ["site1", "site2"]
    assert load(bench).site == "standalone"
    write(bench, default_site="site2")
    assert load(bench).site == "site2"
    assert load(bench, FRAPPE_SITE="site1").site == "site1"  # as Frappe's own commands have it
    assert load(bench, FRAPPE_SITE="site1", FRAPPE_CELERY_DEFAULT_SITE="site3").site == "site3"


def test_database_url_is_the_environment_s_unless_the_bench_has_its_own(bench: Path) -> None:
    assert load(bench, DATABASE_URL="postgres://a/b").database_url == "postgres://a/b"
    write(bench, database_url="mysql://c/d")
    assert load(bench, DATABASE_URL="postgres://a/b").database_url == "mysql://c/d"


def test_the_apps_are_the_listed_ones_else_those_that_are_there(
    bench: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for app in (bench / "first", bench / "apps" / "second" / "second", elsewhere / "third"):
        app.mkdir(parents=True)
        (app / "__init__.py").touch()
        (app / "hooks.py").touch()
    (bench / "no_hooks").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    assert load(bench).app_names == ("first", "second", "third")
    (bench / "sites" / "apps.txt").write_text("second\n\n first \n")
    assert load(bench).app_names == ("second", "first")
    write(bench, apps=["third"])
    assert load(bench).app_names == ("third",)


def test_benches_have_prefixes_of_their_own(bench: Path, tmp_path_factory: Any) -> None:
    other = tmp_path_factory.mktemp("other")
    assert load(bench).prefix != load(other).prefix
    write(bench, bench_id="mine")
    assert load(bench).prefix == "frappe_celery:mine:"


# -- queues


def test_custom_queues_follow_frappe_s_three(bench: Path) -> None:
    write(
        bench,
        workers={
            "mail": {"timeout": 60, "background_workers": 4},
            "long": {"timeout": 9000},
            "empty": {},
        },
    )
    config = load(bench)
    assert list(config.queues) == ["short", "default", "long", "mail", "empty"]
    assert config.queues["mail"] == Queue("mail", 60, 4)
    assert config.queues["long"] == Queue("long", 9000, 1)
    assert config.queues["empty"] == Queue("empty", 300, 1)


def test_an_unknown_queue_is_named_with_those_there_are_and_the_way_out(bench: Path) -> None:
    write(bench, workers={"mail": {}})
    with pytest.raises(
        UnknownQueue, match=r"Queue should be one of short, default, long, mail"
    ) as e:
        load(bench).queue("nightly")
    assert "'nightly'" in str(e.value)
    assert '"workers" in sites/common_site_config.json' in str(e.value)


# -- wrong values

WRONG = [
    ("frappe_version", 13, "14, 15, 16, 17"),
    ("frappe_version", "15", "a whole number"),
    ("frappe_version", 15.0, "a whole number"),
    ("frappe_version", None, "a whole number"),
    ("bench_id", 7, "a text"),
    ("apps", "myapp", "a list"),
    ("apps", ["myapp", 3], "a list of texts"),
    ("default_site", ["s"], "a text"),
    ("broker_url", 6379, "a text"),
    ("redis_queue", {"host": "h"}, "a text"),
    ("redis_cache", False, "a text"),
    ("redis_socketio", 1, "a text"),
    ("database_url", 1, "a text"),
    ("workers", ["mail"], "an object"),
    ("workers.mail", 60, '"timeout": 300'),
    ("workers.mail.timeout", "60", "a number above 0"),
    ("workers.mail.timeout", 0, "a number above 0"),
    ("workers.mail.timeout", True, "a number above 0"),
    ("workers.mail.background_workers", -1, "a number above 0"),
    ("workers.mail.background_workers", 1.5, "a number above 0"),
    ("cron_queues", ["a"], "an object"),
    ("cron_queues.myapp.tasks.x", "nightly", "short, default, long"),
    ("cron_queues.myapp.tasks.x", 5, "short, default, long"),
    ("scheduler_interval", "4m", "a whole number"),
    ("scheduler_tick_interval", 0, "a whole number above 0"),
    ("time_zone", "Europe/Atlantis", "Europe/Brussels"),
    ("time_zone", "../etc/passwd", "Europe/Brussels"),
    ("time_zone", 1, "a text"),
    ("rq_results_ttl", -2, "a whole number above 0"),
    ("rq_results_ttl", True, "a whole number"),
    ("rq_job_failure_ttl", 0, "a whole number above 0"),
    ("rq_failed_jobs_limit", "many", "a whole number"),
    ("max_queued_jobs", 1e9, "a whole number"),
    ("max_tasks_per_child", 0, "a whole number above 0"),
    ("frappe_celery_pickle", "yes", "true or false"),
    ("frappe_celery_pickle", 2, "true or false"),
    ("frappe_celery_key", 12345, "a text"),
    ("cron_queues.myapp.tasks.x", {"y": [1]}, "short, default, long"),
    ("bench_id", "a\ud800b", "a character that is none"),
    ("cron_queues.myapp.tasks.x", "\ud800", "a character that is none"),
    ("broker_url", "amqp://there:notaport//", "no URL: Port could not be cast"),
    ("rq_results_ttl", 10**30, "1,000,000,000,000 at most"),
]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    name=st.sampled_from([*OPTIONS]),
    value=ANYTHING | st.sampled_from([10**30, -(10**30), "\ud800", {"x": {"y": [1]}}]),
)
@hypothesis_settings(max_examples=400, deadline=None)
def test_a_value_of_whatever_kind_is_named_or_can_be_followed(name: str, value: Any) -> None:
    try:
        config = Settings(**{name: checked_value(name, value)})
        use(config)
    except ConfigError as exc:
        said = str(exc)
    else:
        return
    assert name in said


def use(config: Settings) -> None:
    """Whatever is made of the options without a server."""
    _ = config.queues, config.methods, config.zone, config.prefix, config.commit_wait
    misfires_of(config.misfire)
    limits.configured(config)
    MailConfig.of(config)
    json.dumps(config.frappe_celery_routes)
    if config.redis_queue:
        connect(config.redis_queue)
    if config.broker_url:
        broker_settings(config)


@pytest.mark.parametrize(("key", "value", "way_out"), WRONG, ids=lambda v: repr(v)[:40])
def test_a_wrong_value_is_an_error_with_key_value_and_way_out(
    bench: Path, key: str, value: Any, way_out: str
) -> None:
    option, _, inner = key.partition(".")
    whole = value
    if option == "workers" and inner:
        queue, _, name = inner.partition(".")
        whole = {queue: {name: value}} if name else {queue: value}
    elif inner:
        whole = {inner: value}
    write(bench, **{option: whole})
    with pytest.raises(ConfigError) as error:
        load(bench).zone  # noqa: B018
    assert key in str(error.value)
    assert way_out in str(error.value)
    if option != "frappe_celery_key":  # a secret
        assert repr(value) in str(error.value)


def test_a_wrong_value_in_the_environment_names_the_variable(bench: Path) -> None:
    with pytest.raises(ConfigError, match="FRAPPE_CELERY_RQ_RESULTS_TTL") as error:
        load(bench, FRAPPE_CELERY_RQ_RESULTS_TTL="ten")
    assert "'ten'" in str(error.value)


def test_a_secret_is_not_shown(bench: Path) -> None:
    for wrong in (int("7" * 40), "7" * 31, "7" * 40 + "\ud800"):
        write(bench, frappe_celery_key=wrong)
        with pytest.raises(ConfigError, match="frappe_celery_key") as error:
            load(bench).signer  # noqa: B018
        assert "777" not in str(error.value)


@pytest.mark.parametrize("also", [{}, {"redis_queue": "redis://there:1"}])
def test_a_broker_that_is_neither_redis_nor_rabbitmq_is_refused_and_not_passed_over(
    bench: Path, also: dict[str, str]
) -> None:
    write(bench, broker_url="sqs://guest:secret@host//", **also)
    with pytest.raises(ConfigError, match=r"sqs:// is not supported.*redis://host") as error:
        broker_settings(load(bench))
    assert "secret" not in str(error.value)


def test_a_sites_folder_without_sites_has_the_default_one(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    settings = Settings.load(tmp_path, environ={})
    assert settings.sites() == [settings.site]
    assert settings.site_folder(settings.site)
    assert not settings.site_folder("another.localhost")
