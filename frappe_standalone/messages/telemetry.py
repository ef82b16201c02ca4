"""`frappe.utils.telemetry`: nobody is told anything, as on a site that has it switched off."""

from typing import Any


def capture(*_args: Any, **_kwargs: Any) -> None:
    """Does nothing: no telemetry is sent from here."""


init_telemetry = flush_telemetry = capture


def is_enabled() -> bool:
    """Always False: no telemetry is sent from here."""
    return False


is_pulse_enabled = is_enabled
