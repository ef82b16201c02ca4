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


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer hunter2",
        "curl -H 'Authorization: Basic dXNlcjpodW50ZXIy' there",
        "{'Authorization': 'Bearer hunter2', 'Accept': '*/*'}",
        "[('Authorization', 'Token hunter2')]",
        "sent with Bearer hunter2",
        "x-api-key: hunter2",
        "https://maps.example.com/json?q=1&key=hunter2&x=1",
        "secret_key=hunter2",
        "private_key=hunter2",
        "AWS_SECRET_ACCESS_KEY='hunter2'",
        "Cookie: sid=hunter2; user_id=hunter2",
        "Set-Cookie: sid=hunter2; Path=/; HttpOnly",
        'Cookie: sid="hunter2"; other="hunter2"',
        '{"body": "{\\"access_token\\": \\"hunter2\\"}"}',
        'password="a\\"hunter2"',
        "password='hunter2 and no end",
        "token=b'hunter2'",
        "auth=('user', 'hunter2')",
        "credential: hunter2",
        '"sealed": "hunter2"',
        "no key in -----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        r"'-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n'",
        "-----BEGIN EC PRIVATE KEY-----\nhunter2\nand no end",
    ],
)
def test_secrets_in_texts_go_by_the_words_of_arguments(said: str) -> None:
    for text in (said, said.upper().replace("HUNTER2", "hunter2"), f"ValueError: {said}\nmore"):
        shown = masked_text(text)
        assert "hunter2" not in shown
        assert "dXNlcjpodW50ZXIy".lower() not in shown.lower()
        assert MASK in shown


@pytest.mark.parametrize(
    "said",
    [
        "KeyError: 'customer'",
        "the author: nobody",
        "Duplicate entry 'C-1' for key 'PRIMARY'",
        "Task myapp.tokens.refresh[9f1] succeeded in 0.01s: None",
        "at https://example.com/keys/1",
    ],
)
def test_texts_without_secrets_stay_as_they_are(said: str) -> None:
    assert masked_text(said) == said
