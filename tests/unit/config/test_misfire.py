"""What a site's configuration says of entries that are late."""

from __future__ import annotations

from typing import Any

import pytest

from frappe_celery.config.misfire import Misfire, misfires_of
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError


def test_policies_and_windows() -> None:
    said = {
        "a": {"policy": "skip"},
        "b": {"policy": "skip", "window": 600},
        "c": {"window": 1.5},
        "d": {"policy": "once"},
    }
    assert misfires_of(said) == {
        "a": Misfire("skip", 60),
        "b": Misfire("skip", 600),
        "c": Misfire("once", 1.5),
        "d": Misfire("once", None),
    }
    assert misfires_of(None) == {}


def test_what_is_later_than_its_window_is_left_out_with_the_reason() -> None:
    assert Misfire("skip", 600).leaves_out(600) == ""
    assert Misfire("skip", 600).leaves_out(7260) == "7,260 s late, the misfire window is 600 s"
    assert Misfire().leaves_out(10_000_000) == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("skip", r"misfire\.myapp\.tasks\.x is 'skip'; write {\"policy\": \"skip\""),
        ({"policy": "never"}, r"misfire\.myapp\.tasks\.x\.policy is 'never'; it must be once or"),
        ({"window": 0}, r"misfire\.myapp\.tasks\.x\.window is 0; it must be a number of seconds"),
        ({"window": True}, "window is True"),
        ({"grace": 5}, "is {'grace': 5}; write"),
    ],
)
def test_a_mistake_is_named(value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(misfire={"myapp.tasks.x": value})
