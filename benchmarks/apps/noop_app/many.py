"""150 methods that do nothing, by the names in `NOOPS`."""

from collections.abc import Callable
from typing import Any


def _noop(number: int) -> Callable[..., None]:
    def noop(**kwargs: Any) -> None:
        """Do nothing."""

    noop.__name__ = noop.__qualname__ = f"noop_{number}"
    return noop


NOOPS = [f"noop_{number}" for number in range(150)]
globals().update({name: _noop(number) for number, name in enumerate(NOOPS)})
