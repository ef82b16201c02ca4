"""Limits, pauses and shares in the pages: what is shown, changed, and refused."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import UNTIL_TOLD, Limits
from tests.integration.cli import OTHER, SITE, enqueued
from tests.integration.pages.client import Answer, Client
from tests.integration.stores import take
from tests.project import Project

LIMITS = "/admin/frappe_celery/limit/"
SITES = "/admin/frappe_celery/site/"
Users = Callable[[str], Client]


def act(user: Client, act: str, target: str, **fields: str) -> Answer:
    return user.post(f"{LIMITS}act/", act=act, target=target, **fields)


def holds(store: JobStore) -> dict[str, tuple[dict[str, int], float | None]]:
    return {one.target: (one.rule.numbers, one.paused) for one in Limits(store).all()}


def test_a_limit_is_set_shown_and_removed(user: Users, store: JobStore) -> None:
    anna, target = user("anna"), f"site:{OTHER}"
    assert "Nothing is limited or paused" in anna.get(LIMITS).text
    assert act(anna, "set", target, running="2", per_minute="60").status == 302
    assert anna.told() == f"Done. {target}: 2 at once, 60 a minute."
    assert holds(store) == {target: ({"running": 2, "per_minute": 60}, None)}
    for page in (LIMITS, SITES, f"{SITES}{OTHER}/", "/admin/frappe_celery/"):
        assert "2 at once, 60 a minute" in anna.get(page).text, page
    assert "2 at once" not in anna.get(f"{SITES}{SITE}/").text
    act(anna, "remove", target)
    assert holds(store) == {}
    done = anna.get("/admin/admin/logentry/").text
    assert f"anna {target} 2 at once, 60 a minute" in done
    assert f"anna {target} the limit that was set is gone" in done
    assert user("carla").get("/admin/admin/logentry/").status == 403


def test_a_pause_is_begun_for_a_while_or_until_told_and_ended(user: Users, store: JobStore) -> None:
    anna = user("anna")
    act(anna, "pause", "queue:long")
    act(anna, "pause", f"site:{SITE}", seconds="3600")
    found = holds(store)
    assert found["queue:long"] == ({}, UNTIL_TOLD)
    until = found[f"site:{SITE}"][1] or 0
    assert time.time() + 3000 < until < time.time() + 3700
    for_ever = "paused until somebody resumes it"
    assert anna.told().startswith(f"Done. queue:long: {for_ever}.")
    assert f"long no worker {for_ever}" in anna.get("/admin/frappe_celery/").text
    act(anna, "pause", f"site:{OTHER}")
    for page in (LIMITS, SITES, f"{SITES}{OTHER}/", "/admin/frappe_celery/"):
        assert for_ever in anna.get(page).text
        assert "frappe-celery limits resume" not in anna.get(page).source
    assert "Resume" in anna.get(f"{SITES}{OTHER}/").text
    act(anna, "resume", f"site:{OTHER}")
    assert "paused until" in anna.get(f"{SITES}{SITE}/").text
    act(anna, "resume", "queue:long")
    act(anna, "resume", f"site:{SITE}")
    assert holds(store) == {}


@pytest.mark.parametrize(
    ("asked", "target", "fields", "told"),
    [
        ("set", f"site:{SITE}", {}, "say how many at once, how many a minute, or both"),
        ("set", f"site:{SITE}", {"running": "0"}, "greater than or equal to 1"),
        ("pause", "site:nowhere", {}, "there is no site 'nowhere'"),
        ("pause", "queue:", {}, "is no target of a limit"),
        ("pause", "", {}, "This field is required"),
        ("resume", f"site:{SITE}", {}, "is not paused"),
        ("remove", f"site:{SITE}", {}, "no limit was set"),
        ("explode", f"site:{SITE}", {}, "Choose what to do"),
    ],
)
def test_what_cannot_be_done_is_said(
    user: Users, store: JobStore, asked: str, target: str, fields: dict[str, str], told: str
) -> None:
    assert act(user("anna"), asked, target, **fields).status == 302
    assert told in user("anna").told()
    assert holds(store) == {}


def test_an_owner_limits_their_site_and_nothing_else(user: Users, store: JobStore) -> None:
    Limits(store).change(f"site:{SITE}", running=7)
    carla = user("carla")  # of SITE, and may change limits
    assert "7 at once" in carla.get(LIMITS).text
    for target in (f"site:{OTHER}", "queue:default", "method:*", "key:a", "site:*"):
        assert act(carla, "pause", target).status == 403, target
    assert act(carla, "pause", f"site:{SITE}").status == 302
    assert holds(store) == {f"site:{SITE}": ({"running": 7}, UNTIL_TOLD)}

    olga = user("olga")  # of OTHER, and may not
    assert "7 at once" not in olga.get(LIMITS).text
    assert act(olga, "pause", f"site:{OTHER}").status == 403
    assert "Set limit" not in olga.get(f"{SITES}{OTHER}/").text
    assert act(user("ben"), "resume", f"site:{SITE}").status == 403
    forged = {"act": "resume", "target": f"site:{SITE}"}
    assert user("anna").post_without_token(f"{LIMITS}act/", **forged).status == 403
    assert user("anna").get(f"{LIMITS}act/", **forged).status == 405
    assert holds(store) == {f"site:{SITE}": ({"running": 7}, UNTIL_TOLD)}


def test_of_a_pattern_an_owner_reads_no_number_of_other_sites(user: Users, store: JobStore) -> None:
    Limits(store).pause("site:*")
    for _ in range(3):
        enqueued(store)
    assert take(store) is None
    page = user("olga").get(f"{SITES}{OTHER}/")
    assert "kept back" not in page.text
    assert f'href="{LIMITS}"' not in re.findall(r"(?s)<main.*</main>", page.source)[0]
    assert "paused until" in user("olga").get(f"{SITES}{OTHER}/").text
    assert "site:*" not in user("olga").get(LIMITS).text
    assert "site:* paused until somebody resumes it 3 hand" in user("anna").get(LIMITS).text


def test_a_share_is_changed_in_the_site_s_configuration_and_at_once(
    user: Users, shop: Project, store: JobStore
) -> None:
    anna, file = user("anna"), shop.root / "sites" / OTHER / "site_config.json"
    share = f"{SITES}{OTHER}/share/"
    enqueued(store, site=OTHER)
    assert anna.post(share, share="3").status == 302
    assert json.loads(file.read_text()) == {"frappe_celery_share": 3.0}
    assert store.client.hgetall(store.keys.shares) == {OTHER.encode(): b"3.0"}
    assert anna.told() == f"The share of {OTHER} is 3."
    assert f"{OTHER} 1 default 1" in anna.get(SITES).text
    for wrong in ("0", "-1", "1000", "many", ""):
        anna.post(share, share=wrong)
        assert "it must be a number from 0.01 to 100" in anna.told()
    assert json.loads(file.read_text()) == {"frappe_celery_share": 3.0}
    assert user("carla").post(f"{SITES}{SITE}/share/", share="9").status == 403
    assert user("carla").post(share, share="9").status == 404
    assert user("anna").post_without_token(share, share="9").status == 403
    anna.post(share, share="1")
    assert store.client.hgetall(store.keys.shares) == {}
