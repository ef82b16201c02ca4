"""`misfire` in a site's configuration: how late a schedule entry may run.

    "misfire": {"myapp.tasks.greet": {"policy": "skip", "window": 600}}

After downtime `once`, the default, runs an entry once for all its due times that were missed, as
Frappe does; with a window only when the last of them is not longer past than that. `skip` runs
none that was missed: its window is what still counts as in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frappe_celery.config.numbers import is_number, require
from frappe_celery.errors import ConfigError

IN_TIME_SECONDS = 60
"""The window of `skip`, unless it is given: a change of the leading scheduler takes up to 15 s."""


@dataclass(frozen=True)
class Misfire:
    """What is said of one method."""

    policy: str = "once"
    window: float | None = None
    """Seconds that a run may be late; None: any."""

    def leaves_out(self, late: float) -> str:
        """Why a due time that is so many seconds past is not run; '': it is."""
        if self.window is None or late <= self.window:
            return ""
        return f"{late:,.0f} s late, the misfire window is {self.window:,.0f} s"

    def __str__(self) -> str:
        return "" if self.window is None else f"{self.policy} within {self.window:,.0f} s"


def misfires_of(values: Any) -> dict[str, Misfire]:
    """By method, as configured.

    Raises:
        ConfigError: a policy or a window is none.
    """
    return {method: _misfire(method, value) for method, value in (values or {}).items()}


def _misfire(method: str, value: Any) -> Misfire:
    if not isinstance(value, Mapping) or value.keys() - {"policy", "window"}:
        raise ConfigError(
            f'misfire.{method} is {value!r}; write {{"policy": "skip", "window": 600}} or one of'
            " the two"
        )
    policy, window = value.get("policy", "once"), value.get("window")
    require(policy in ("once", "skip"), f"misfire.{method}.policy", policy, "once or skip")
    if window is None:
        return Misfire(policy, IN_TIME_SECONDS if policy == "skip" else None)
    is_right = is_number(window) and window > 0
    require(is_right, f"misfire.{method}.window", window, "a number of seconds above 0")
    return Misfire(policy, window)
