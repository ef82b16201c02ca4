"""Counting, the digest's rhythm, and who sends, on real Redis with the test's own clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from frappe_celery.watch.notify.ledger import Mails
from frappe_celery.watch.notify.letter import Digest, digest_of
from tests.integration.stores import make_store, wipe

KIND, OTHER = "m|ValueError at a.py:1 in f", "m|KeyError at a.py:2 in f"


@pytest.fixture
def ledger(redis_url: str, tmp_path: Path) -> Iterator[Mails]:
    store = make_store(tmp_path, redis_url, f"test-{uuid.uuid4().hex[:12]}")
    yield Mails(store)
    wipe(store)


def fail(ledger: Mails, now: float, kind: str = KIND, site: str = "site1", run: str = "") -> None:
    ledger.count(kind, site, run or f"run at {now}", {"exc_info": f"at {now}"}, now)


def sent(ledger: Mails, now: float) -> list[Digest]:
    """What a sender that comes now sends."""
    mails: list[Digest] = []
    if ledger.sends("me", now):
        while ledger.due(now):
            for entry in ledger.unsent():
                ledger.delivered(entry)
                mails.append(digest_of(entry, ledger.store.signer))
        ledger.lease.give_up("me")
    return mails


def test_the_first_is_sent_at_once_the_others_with_the_next_mail(ledger: Mails) -> None:
    fail(ledger, 1000)
    (first,) = sent(ledger, 1000)
    assert (first.count, first.about["exc_info"], first.sites) == (1, "at 1000", {"site1": 1})
    for second in range(1, 100):
        fail(ledger, 1000 + second, site=f"site{second % 2}")
    assert sent(ledger, 1299) == []
    (digest,) = sent(ledger, 1300)
    assert digest.count == 99
    assert digest.sites == {"site0": 49, "site1": 50}
    assert (digest.about["first_at"], digest.about["last_at"]) == ("1001", "1099")
    assert digest.about["exc_info"] == "at 1001"
    assert (digest.about["run"], digest.about["last_run"]) == ("run at 1001", "run at 1099")


def test_after_a_quiet_time_the_next_one_is_a_first_one_again(ledger: Mails) -> None:
    fail(ledger, 1000)
    sent(ledger, 1000)
    assert sent(ledger, 1300) == []
    assert not ledger.store.client.exists(ledger.key("due")), "it is forgotten"
    fail(ledger, 1301)
    assert [digest.count for digest in sent(ledger, 1301)] == [1]


def test_each_kind_has_its_own_rhythm(ledger: Mails) -> None:
    fail(ledger, 1000)
    sent(ledger, 1000)
    fail(ledger, 1100)
    fail(ledger, 1100, OTHER)
    assert [digest.about["kind"] for digest in sent(ledger, 1100)] == [OTHER]
    fail(ledger, 1200, OTHER)
    assert [digest.about["kind"] for digest in sent(ledger, 1300)] == [KIND]
    assert [digest.about["kind"] for digest in sent(ledger, 1400)] == [OTHER]


def test_of_many_only_one_sends(ledger: Mails) -> None:
    fail(ledger, 1000)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: ledger.sends(f"sender {n}", 1000.0), range(50)))
    assert claims.count(True) == 1
    assert not ledger.lease.keep("me")
    assert len(ledger.unsent()) == 1, "whoever looked at once, it is one mail"


def test_what_a_killed_sender_took_is_sent_by_the_next_and_counted_once(ledger: Mails) -> None:
    fail(ledger, 1000)
    assert ledger.sends("killed", 1000)
    fail(ledger, 1001)
    ledger.lease.give_up("killed")  # as the lease's end would
    assert ledger.sends("next", 1001)
    (left,) = ledger.unsent()
    assert digest_of(left, ledger.store.signer).count == 1
    ledger.delivered(left)
    ledger.lease.give_up("next")
    assert [digest.count for digest in sent(ledger, 1300)] == [1]


def test_while_the_mail_server_is_away_nobody_is_sent_more_than_once_a_while(
    ledger: Mails,
) -> None:
    fail(ledger, 1000)
    assert ledger.sends("me", 1000)
    assert ledger.wait(1000) == 2
    fail(ledger, 1001, OTHER)
    ledger.lease.give_up("me")
    assert not ledger.sends("me", 1001)
    assert ledger.sends("me", 1002)
    ledger.lease.give_up("me")
    assert [ledger.wait(1002 + n) for n in range(7)] == [4, 8, 16, 32, 60, 60, 60]
    (entry,) = ledger.unsent()  # what came meanwhile is counted, and no mail yet
    ledger.delivered(entry)
    assert ledger.wait(2000) == 2, "after a success it begins anew"


def test_what_is_kept_is_bounded_and_still_counts_everything(ledger: Mails) -> None:
    for n in range(600):
        fail(ledger, 1000, kind=f"m{n}|ValueError")
    mails = sent(ledger, 1000)
    assert len(mails) == 501
    assert sum(digest.count for digest in mails) == 600
    assert next(digest.count for digest in mails if digest.about["kind"] == "others") == 100


def test_what_an_older_version_left_is_sent_and_never_by_both_at_once(ledger: Mails) -> None:
    client, prefix = ledger.store.client, f"{ledger.store.keys.prefix}mail:"
    client.hset(f"{prefix}letter:abc", mapping={"site site1": 2, "kind": KIND})
    client.rpush(f"{prefix}outbox", "abc")
    client.hset(f"{prefix}trouble", mapping={"tries": 5, "until": 1e12})
    client.set(f"{prefix}lease", "an older version's", px=15_000)
    assert not ledger.sends("me", 1000)
    client.delete(f"{prefix}lease")
    assert ledger.sends("me", 1000)
    (entry,) = ledger.unsent()
    digest = digest_of(entry, ledger.store.signer)
    assert (digest.id, digest.count) == ("abc", 2)
    ledger.delivered(entry)
    assert not client.exists(f"{prefix}letter:abc", f"{prefix}outbox")
