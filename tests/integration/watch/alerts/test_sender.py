"""Who is asked to take what, and what becomes of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore
from frappe_celery.watch.notify.ledger import Alerts, Entry
from frappe_celery.watch.notify.sender import send


class Taker:
    """Takes all, or is away for a reason; `asked` for which entries."""

    def __init__(self, why: str = "") -> None:
        self.why = why
        self.asked: list[int] = []

    def take(self, entry: Entry) -> str:
        self.asked.append(entry.about["at"])
        return self.why


@pytest.fixture
def alerts(store: JobStore) -> Alerts:
    """Two entries, of which the first is left for one receiver."""
    alerts = Alerts(store)
    for at, more in ((1, {"receivers": ["a"]}), (2, {})):
        said = {"at": at, "begun": [], "over": {}, **more}
        store.client.lpush(alerts.key("outbox"), json.dumps(said))
    return alerts


def sent(alerts: Alerts, **known: Taker) -> list[tuple[int, list[str]]]:
    """What is left afterwards, and for whom."""
    assert alerts.sends("me")
    send(alerts, lambda _: known, "me")
    assert not alerts.lease.keep("me"), "others may send"
    return [(entry.about["at"], list(entry.receivers or ())) for entry in alerts.unsent()]


def test_each_is_asked_for_what_it_has_not(alerts: Alerts) -> None:
    a, b = Taker(), Taker()
    assert sent(alerts, a=a, b=b) == []
    assert (a.asked, b.asked) == ([1, 2], [2])


def test_who_is_away_is_asked_once_and_has_all_left(alerts: Alerts) -> None:
    a, b = Taker("away"), Taker()
    assert sent(alerts, a=a, b=b) == [(1, ["a"]), (2, ["a"])]
    assert (a.asked, b.asked) == ([1], [2])
    assert alerts.tries() == 1
    assert not alerts.sends("me"), "not at once"


def test_what_is_left_for_one_that_is_not_named_any_more_goes(alerts: Alerts) -> None:
    b = Taker()
    assert sent(alerts, b=b) == []
    assert b.asked == [2]


def test_where_nobody_is_named_all_stays(alerts: Alerts) -> None:
    assert sent(alerts) == [(1, ["a"]), (2, [])]


def test_a_wrong_configuration_is_tried_again_later(alerts: Alerts) -> None:
    def wrong(config: Settings) -> Mapping[str, Taker]:
        raise ConfigError("no URL")

    assert alerts.sends("me")
    with pytest.raises(ConfigError):
        send(alerts, wrong, "me")
    assert alerts.tries() == 1
    assert len(alerts.unsent()) == 2


def test_whose_lease_another_has_sends_nothing(alerts: Alerts) -> None:
    taker = Taker()
    assert alerts.sends("another")
    send(alerts, lambda _: {"a": taker}, "me")
    assert taker.asked == []
    assert alerts.lease.keep("another")
