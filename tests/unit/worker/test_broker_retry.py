"""How long a run waits for a broker that is away: through any restart, not for ever."""

from __future__ import annotations

import pytest

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.worker import broker_retry


class Clock:
    """Of a process that does nothing but wait."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("minutes", "is_waited_for"), [(9, True), (11, False)])
def test_an_outage_of_some_minutes_costs_no_run(
    monkeypatch: pytest.MonkeyPatch, minutes: int, is_waited_for: bool
) -> None:
    clock = Clock()
    monkeypatch.setattr(broker_retry, "time", clock)
    back_at = clock.now + minutes * 60

    def record() -> str:
        if clock.now < back_at:
            raise BrokerUnreachable("away")
        return "recorded"

    if is_waited_for:
        assert broker_retry.retry_while_unreachable(record) == "recorded"
    else:
        with pytest.raises(BrokerUnreachable, match="away"):
            broker_retry.retry_while_unreachable(record)
