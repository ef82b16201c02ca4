"""What is found by entry points, and what is said where these are older than the code."""

from __future__ import annotations

import pytest

from frappe_celery.config import parts
from frappe_celery.errors import ConfigError


def test_what_an_entry_point_names_is_loaded() -> None:
    assert parts.load("frappe_celery.commands", "check").name == "check"


@pytest.mark.parametrize("distribution", ["frappe_celery", "nowhere installed"])
def test_what_is_missing_says_to_install_again(
    monkeypatch: pytest.MonkeyPatch, distribution: str
) -> None:
    monkeypatch.setattr(parts, "DISTRIBUTION", distribution)
    with pytest.raises(
        ConfigError, match=r"'newer' is not there: .* Install it again: pip install"
    ):
        parts.load("frappe_celery.commands", "newer")
