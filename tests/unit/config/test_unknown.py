"""Keys that do nothing are named, with the option that was likely meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from frappe_celery.config.files import variable
from frappe_celery.config.option_checks import edits, unknown_keys
from frappe_celery.config.option_defaults import KEYS
from frappe_celery.config.settings import Settings

FRAPPES = (
    *("db_name", "db_host", "db_port", "db_type", "host_name", "logging", "limits", "lang"),
    *("webserver_port", "socketio_port", "background_workers", "gunicorn_workers", "frappe_user"),
    *("auto_email_id", "mail_server", "mute_emails", "pause_scheduler", "maintenance_mode"),
    *("developer_mode", "server_script_enabled", "monitor", "use_rq_auth", "rq_username"),
    *("installed_apps", "encryption_key", "dns_multitenant", "restart_supervisor_on_update"),
    *("scheduler_disabled", "disable_scheduler", "root_login", "shallow_clone", "app_hooks"),
)


def unknown(
    django: tuple[str, ...] = (), common: tuple[str, ...] = (), **environ: str
) -> list[str]:
    return list(unknown_keys(django, common, environ))


def test_each_place_names_the_nearest_option() -> None:
    ends = "which is no option and does nothing; the nearest one is"
    django = ("wrokers", "redis_queue")
    assert unknown(django, ("rq_result_ttl",), FRAPPE_CELERY_BROKER_ULR="x") == [
        f"FRAPPE_CELERY in Django's settings has 'wrokers', {ends} workers",
        f"sites/common_site_config.json has 'rq_result_ttl', {ends} rq_results_ttl",
        f"the environment has FRAPPE_CELERY_BROKER_ULR, {ends} FRAPPE_CELERY_BROKER_URL",
    ]


def test_whatever_is_in_our_own_places_is_named() -> None:
    assert len(unknown(("colour",), FRAPPE_CELERY_COLOUR="x")) == 2


@pytest.mark.parametrize("key", FRAPPES)
def test_frappes_keys_and_others_are_left_alone(key: str) -> None:
    assert unknown(common=(key, "colour", "wages")) == []


def test_what_is_known_is_not_named() -> None:
    assert (
        unknown(
            tuple(KEYS), tuple(KEYS), FRAPPE_SITE="y", **dict.fromkeys(map(variable, KEYS), "x")
        )
        == []
    )


@pytest.mark.parametrize(
    ("a", "b", "number"),
    [("", "ab", 2), ("wrokers", "workers", 1), ("apps", "app", 1), ("logs", "lugs", 1)],
)
def test_edits(a: str, b: str, number: int) -> None:
    assert edits(a, b) == edits(b, a) == number


def test_settings_carry_them(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "common_site_config.json").write_text(json.dumps({"wrokers": {}}))
    assert "'wrokers'" in Settings.load(tmp_path, {}).unknown[0]
