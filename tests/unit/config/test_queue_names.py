"""Names of queues that cannot work are refused where queues are configured."""

from __future__ import annotations

import re

import pytest

from frappe_celery.config.queues import TAKEN_NAMES, queues_of
from frappe_celery.errors import ConfigError
from tests.rooms import SOURCES

CANNOT_WORK = [
    *("a|b", "", "bell:x", "short:front", "line:a|short", "a,b", "a*", " short", "a b"),
    *("a\n", "\x00", "-Q", "\udc80", "q" * 101, "é" * 51, "\u2028", "\u200b"),
]  # fmt: skip


@pytest.mark.parametrize("name", CANNOT_WORK, ids=ascii)
def test_a_name_that_cannot_work_is_an_error_with_the_way_out(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        queues_of({name: {}})
    assert f"workers has a queue {name!r}; call it by what can be printed" in str(error.value)


@pytest.mark.parametrize("name", sorted(TAKEN_NAMES))
def test_a_name_of_what_the_store_keeps_is_one(name: str) -> None:
    with pytest.raises(ConfigError, match=f"call it {name}-jobs"):
        queues_of({name: {}})


@pytest.mark.parametrize(
    "name", ["imports", "crm-sync_2", "v1.2", "größe", "बिक्री", "邮件", "Short", "a/b", "50%"]
)
def test_others_are_queues(name: str) -> None:
    assert queues_of({name: {}})[name].name == name


def test_every_name_below_the_prefix_is_known_to_be_taken() -> None:
    """A key without a colon stands where the list of a queue of that name would."""
    roots = SOURCES / "frappe_celery", SOURCES / "frappe_bridge"
    sources = [p for root in roots for end in ("py", "lua") for p in root.rglob(f"*.{end}")]
    written = re.compile(r"""(?:prefix(?:\}|\s*\.\.\s*')|= key\(")(\w+)(?=["'])""")
    exchanges = {"tasks", "control", "events"}  # which are no queues
    found = {name for path in sources for name in written.findall(path.read_text())}
    assert found - exchanges == TAKEN_NAMES
