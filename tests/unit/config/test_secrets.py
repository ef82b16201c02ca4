"""What is masked where arguments are shown."""

from __future__ import annotations

import time
from typing import Any

import pytest

from frappe_celery.config.secrets import MASK, is_secret, masked, masked_text
from frappe_celery.watch.job_display import plain
from tests.waiting import HANG_SECONDS


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"auth": ("user", "hunter2")}, {"auth": MASK}),
        ({"auth": ["user", "hunter2"]}, {"auth": MASK}),
        ({"request": {"basic_auth": ("user", "hunter2")}}, {"request": {"basic_auth": MASK}}),
        ({"headers": [("Authorization", "Bearer 1"), ("Accept", "*/*")]},
         {"headers": [["Authorization", MASK], ["Accept", "*/*"]]}),
        ({"options": (["api_key", "hunter2"], {"pwd": "hunter2"})},
         {"options": [["api_key", MASK], {"pwd": MASK}]}),
        ({"seen": frozenset({("token", "hunter2")})}, {"seen": [["token", MASK]]}),
        ({"names": ["key", "value", "more"], "pair": ("C-1", "C-2")},
         {"names": ["key", "value", "more"], "pair": ["C-1", "C-2"]}),
    ],
    ids=str,
)  # fmt: skip
def test_secrets_in_tuples_and_lists(arguments: dict[str, Any], shown: dict[str, Any]) -> None:
    assert masked(arguments) == shown  # as a mail shows it
    assert masked(plain(arguments)) == shown  # as pages and commands do


@pytest.mark.parametrize("name", ["author", "authority", "authored_by", "customer"])
def test_other_names_are_shown(name: str) -> None:
    assert not is_secret(name)


def test_a_text_without_secrets_is_looked_through_in_no_time() -> None:
    began = time.monotonic()
    assert masked_text(text := "x" * 20_000) == text
    assert time.monotonic() - began < HANG_SECONDS


@pytest.mark.parametrize("name", ["password", "db_password", "my-token_password2"])
def test_a_name_may_go_on_before_and_only_before_its_word(name: str) -> None:
    said = f"{name}=hunter2, x"
    assert masked_text(said) == (said if name[-1] == "2" else f"{name}={MASK}, x")
