"""What `timeout` may be: what Frappe and RQ take, and a clear error for all else."""

from __future__ import annotations

import signal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frappe_celery.config.numbers import seconds_of
from frappe_celery.errors import BadTimeout


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (None, 300),
        (1, 1),
        (1500, 1500),
        (-1, -1),
        ("-1", -1),
        ("90", 90),
        ("90s", 90),
        ("30m", 1800),
        ("1h", 3600),
        ("1H", 3600),
        ("2d", 172800),
        (2.4, 2),
        (2.6, 3),
        (0.2, 1),
        (10**9, 10**9),
    ],
)
def test_what_rq_takes_is_taken(timeout: Any, seconds: int) -> None:
    assert seconds_of(timeout, 300) == seconds


@pytest.mark.parametrize(
    "timeout",
    [
        0,
        -2,
        -5,
        -1.0,
        -0.5,
        0.0,
        True,
        False,
        "",
        "0",
        "0s",
        "-1h",
        "-5s",
        "abc",
        "h",
        "1w",
        "1 h",
        "1.5h",
        "²",
        "²h",
        float("nan"),
        float("inf"),
        float("-inf"),
        10**30,
        1e30,
        "9" * 30,
        b"90",
        [300],
        {"seconds": 300},
        Decimal(5),
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_all_else_is_an_error_that_names_it_and_the_way_out(timeout: Any) -> None:
    with pytest.raises(BadTimeout, match="'1h'") as error:
        seconds_of(timeout, 300)
    assert f"timeout is {timeout!r};" in str(error.value)
    assert "positive number of seconds, -1 for none" in str(error.value)


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=8), st.from_regex(r"\A\d+[smhd]\Z")))
def test_any_value_is_refused_or_can_be_kept(timeout: Any) -> None:
    try:
        seconds = seconds_of(timeout, 300)
    except BadTimeout:
        return
    assert type(seconds) is int
    if seconds != -1:
        assert seconds > 0
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # what a worker does, of another clock
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
