"""A logger that is told the level that it has leaves alone what the others know."""

from __future__ import annotations

import logging
import uuid

import pytest

from frappe_celery.hosts.bench.loggers import Steady


@pytest.mark.parametrize("again", ["WARNING", logging.WARNING])
@pytest.mark.parametrize("other", ["ERROR", logging.ERROR, "NOTSET"])
def test_told_its_level_it_does_nothing(again: int | str, other: int | str) -> None:
    root = logging.RootLogger(logging.INFO)
    manager = logging.Manager(root)
    manager.setLoggerClass(Steady)
    database, another = (manager.getLogger(uuid.uuid4().hex) for _ in range(2))
    database.setLevel("WARNING")
    assert not database.isEnabledFor(logging.INFO)
    assert another.isEnabledFor(logging.INFO)
    known = vars(another)["_cache"]
    database.setLevel(again)
    assert known
    database.setLevel(other)
    assert not known
    assert database.isEnabledFor(logging.INFO) is (other == "NOTSET")
    assert not database.isEnabledFor(logging.WARNING) or other == "NOTSET"


def test_a_level_that_is_none_is_refused_as_ever() -> None:
    with pytest.raises(ValueError, match="Unknown level: 'LOUD'"):
        Steady("one").setLevel("LOUD")
