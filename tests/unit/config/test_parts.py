"""What is found by entry points, and what is said where these are older than the code."""

from __future__ import annotations

import pytest

from frappe_celery.config import parts
from frappe_celery.config.files import find_apps
from frappe_celery.errors import ConfigError
from tests.rooms import HERE, PACKAGES


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


def test_no_package_of_ours_is_taken_for_an_app() -> None:
    """A checkout is a project's folder, or on PYTHONPATH; a package with a hooks.py is an app."""
    assert not {*find_apps(HERE)} & {*PACKAGES}
