"""What a terminal and a log get of a text that somebody else wrote."""

from __future__ import annotations

import logging

import pytest

from frappe_celery.config.texts import EntryFormatter, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
        ("\x1b[8mhidden", r"\x1b[8mhidden"),
        ("\x1b[1;30mblack", r"\x1b[1;30mblack"),
        ("\x9b2J", r"\x9b2J"),
        ("100 %\rdone", r"100 %\rdone"),
        ("a\x08b\x7f\x00", r"a\x08b\x7f\x00"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("caf\udce9", r"caf\udce9"),
        ("\x1b[31mred\x1b[0m, \x1b[1;31mbold\x1b[0m", "\x1b[31mred\x1b[0m, \x1b[1;31mbold\x1b[0m"),
        ("lines\n\tand tabs, é ☃ 日本", "lines\n\tand tabs, é ☃ 日本"),
    ],
)
def test_orders_to_a_terminal_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_a_text_in_one_line() -> None:
    assert one_line("a\r\nb\x1b[31m\tc\x85d\u2028e  f\n") == "a, b [31m c, d, e f"


def test_no_line_of_an_entry_begins_one() -> None:
    forged = "no\n[2026-12-01 00:00:00,000: CRITICAL/MainProcess] all jobs are lost\r\n[more"
    record = logging.makeLogRecord({"msg": f"failed: {forged}, password=hunter2", "levelname": "E"})
    entry = EntryFormatter("[%(levelname)s] %(message)s").format(record)
    assert [line for line in entry.splitlines() if not line.startswith(" ")] == ["[E] failed: no"]
    assert "hunter2" not in entry
