"""A mail's text."""

from __future__ import annotations

import base64
import shlex
from typing import Any

from frappe_celery.config.secrets import MASK, masked, masked_text
from frappe_celery.config.signing import Signer
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.watch.notify.letter import Digest, write
from frappe_celery.watch.notify.mail_config import MailConfig
from tests.mailbox import text_of

SIGNER = Signer(b"k" * 64)
CONFIG = MailConfig((("Ädmin", "admin@example.com"),), "errors@example.com")
TRACEBACK = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in fail\nValueError: no & more'
)


def digest(count: int = 1, **about: str) -> Digest:
    given = {
        "kind": "myapp.tasks.fail|ValueError at a.py:1 in fail",
        "run": "run-1",
        "id": "site1::run-1",
        "site": "site1",
        "first_at": "1000000000.5",
        "last_at": "1000000300.5",
        "last_run": "run-9",
        "exc_info": TRACEBACK,
    }
    return Digest("letter-1", {"site1": count}, {**given, **about})


def message(**kwargs: Any) -> str:
    made = JobMessage("run-1", "site1::run-1", "site1", "u", "m", "default", 300, kwargs=kwargs)
    return made.seal(SIGNER).decode()


def test_one_failure() -> None:
    mail = write(digest(), CONFIG, SIGNER)
    assert mail["Subject"] == "[site1] myapp.tasks.fail failed: ValueError: no & more"
    assert "Ädmin" in str(mail["To"])
    assert str(mail["Message-ID"]).startswith("<letter-1@")
    assert TRACEBACK in text_of(mail)
    assert "no &amp; more" in text_of(mail, "html")


def test_what_beat_logged_stands_in_the_subject_as_it_was() -> None:
    said = "site a: the Redis at redis://127.0.0.1:11016 does not answer (refused)"
    beat = digest(kind="beat|site a: the Redis at redis://#.#", method="beat", exc_info=said)
    assert write(beat, CONFIG, SIGNER)["Subject"] == f"[site1] beat says: {said}"


def test_many_failures_tell_when_how_many_where_and_the_last() -> None:
    many = digest(7)
    many = Digest(many.id, {"site1": 5, "site2": 2}, many.about)
    mail = write(many, CONFIG, SIGNER)
    assert mail["Subject"].endswith("(7 times)")
    text = text_of(mail)
    assert "7 times from 2001-09-09 01:46:40 UTC to 2001-09-09 01:51:40 UTC" in text
    assert "site1: 5, site2: 2" in text
    assert "frappe-celery jobs show run-9" in text


def test_a_long_subject_ends_after_a_word_and_tells_how_often() -> None:
    words = "the server of the carrier answered with a page of which nothing could be read " * 9
    subject = write(digest(7, exc_info=f"ValueError: {words}"), CONFIG, SIGNER)["Subject"]
    begun, _, end = str(subject).partition("…")
    assert end == " (7 times)"
    assert len(subject) <= 200
    assert set(begun.partition("ValueError: ")[2].split()) <= set(words.split())
    one = write(digest(exc_info=f"ValueError: {'x' * 900}"), CONFIG, SIGNER)["Subject"]
    assert (len(one), one[-2:]) == (200, "x…")


def test_a_subject_of_any_length_leaves_room_for_how_often() -> None:
    for signs in range(130, 180):
        subject = write(digest(7, exc_info=f"ValueError: {'x' * signs}"), CONFIG, SIGNER)["Subject"]
        assert len(subject) <= 200
        assert subject.endswith(" (7 times)")


def test_nothing_in_a_job_can_write_headers_or_html() -> None:
    evil = 'x\r\nBcc: all@example.com\n<script>alert("1")</script>'
    mail = write(
        digest(
            kind=f"{evil}|{evil}",
            site=evil,
            id=evil,
            exc_info=evil,
            message=message(**{evil: evil}),
        ),
        CONFIG,
        SIGNER,
    )
    assert mail["Bcc"] is None
    assert "\nBcc:" not in mail.as_string().partition("\n\n")[0]
    assert "<script>" not in text_of(mail, "html")


def test_a_command_in_a_letter_is_one_command_whatever_the_id_is() -> None:
    run = "x; touch /tmp/owned $(id)"
    text = text_of(write(digest(2, run=run, last_run=f"{run}'"), CONFIG, SIGNER))
    shown = [line.partition("frappe-celery ")[2] for line in text.splitlines()]
    commands = [shlex.split(command) for command in filter(None, shown)]
    assert commands == [
        ["jobs", "show", run], ["jobs", "requeue", run], ["jobs", "show", f"{run}'"],
    ]  # fmt: skip


def test_what_beat_logged_is_masked_in_each_row() -> None:
    said = "site a: no answer with password=hunter2"
    beat = digest(kind=f"beat|{said}", method="beat", exc_info=said)
    assert "hunter2" not in text_of(write(beat, CONFIG, SIGNER))


def test_arguments_are_shown_masked_and_cut() -> None:
    text = text_of(
        write(digest(message=message(a=1, token="x1x", text="y" * 5000)), CONFIG, SIGNER)
    )
    assert "Argument a:" in text
    assert "x1x" not in text
    assert "(5002 signs)" in text


def test_arguments_that_cannot_be_read_are_no_obstacle() -> None:
    forged = JobMessage("run-1", "i", "s", "u", "m", "q", 1).seal(Signer(b"x" * 64)).decode()
    assert "cannot be shown: " in text_of(write(digest(message=forged), CONFIG, SIGNER))
    gone = {codec.PICKLE: base64.b64encode(b"cmyapp.gone\nThing\n.").decode()}
    text = text_of(write(digest(message=message(**gone)), CONFIG, SIGNER))
    assert "cannot be read here: ModuleNotFoundError" in text
    assert TRACEBACK in text


def test_an_exception_with_a_lone_surrogate_is_mailed() -> None:
    mail = write(digest(exc_info="ValueError: \\udc80 ☃"), CONFIG, SIGNER)
    assert "☃" in text_of(mail)
    assert mail.as_bytes()


def test_secrets_inside_values_are_masked() -> None:
    assert masked({"a": {"Password": "x", "b": [{"api_key": 1}]}, "pwd": None}) == {
        "a": {"Password": MASK, "b": [{"api_key": MASK}]},
        "pwd": None,
    }
    assert masked_text("redis://user:pa55@host/0") == f"redis://user:{MASK}@host/0"
    assert masked_text("password=pa55, user=me") == f"password={MASK}, user=me"
    assert masked_text('{"secret": "pa55 more"}') == f'{{"secret": {MASK}}}'
    assert masked_text("ValueError: no stock") == "ValueError: no stock"
