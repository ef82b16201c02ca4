"""A lease: what one process of many may do, until it gives it up or gives no sign of life."""

from __future__ import annotations

from frappe_celery.jobs.job import Store


class Lease:
    """A key in Redis, whose value is its holder's. Every method may raise BrokerUnreachable.

    Args:
        seconds: for how long it is held without a sign of life.
    """

    def __init__(self, store: Store, key: str, seconds: float) -> None:
        self.store, self.key = store, key
        self.milliseconds = round(seconds * 1000)

    def take(self, token: str = "1") -> bool:
        """Whether it was free, and is held under this token now."""
        return bool(self.store.client.set(self.key, token, nx=True, px=self.milliseconds))

    def keep(self, token: str | int) -> bool:
        """Give a sign of life; False when it is not held under this token any more."""
        return self._last(token, self.milliseconds)

    def give_up(self, token: str | int, *also: str) -> bool:
        """Let others take it, and with it delete these keys; False as for `keep`."""
        return self._last(token, 0, *also)

    def _last(self, token: str | int, milliseconds: int, *also: str) -> bool:
        return bool(self.store.run_script("lease", (self.key, *also), token, milliseconds))
