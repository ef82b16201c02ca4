"""`frappe.utils.telemetry`: nobody is told anything, as on a site that has it switched off."""

from typing import Any


def capture(event: str, app: str, **kwargs: Any) -> None:
    """Does nothing: no telemetry is sent from here."""


def init_telemetry() -> None:
    """Does nothing: no telemetry is sent from here."""
