"""What is masked where arguments are shown."""

from __future__ import annotations

from typing import Any

import pytest

from frappe_celery.config.secrets import MASK, is_secret, masked
from frappe_celery.watch.job_display import plain


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
