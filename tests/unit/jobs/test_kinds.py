"""Which failures count as the same."""

from __future__ import annotations

import traceback

from frappe_celery.jobs.record.kinds import kind_of


def text_of(function: object, *args: object) -> str:
    try:
        function(*args)  # type: ignore[operator]
    except Exception:
        return traceback.format_exc()
    raise AssertionError("it did not fail")


def one(message: str = "one") -> None:
    raise ValueError(message)


def other() -> None:
    raise ValueError("one")


def another(key: str) -> None:
    raise KeyError(key)


def chained() -> None:
    try:
        one()
    except ValueError:
        another("x")


def test_the_message_does_not_matter_the_exception_and_the_place_do() -> None:
    assert kind_of(text_of(one)) == kind_of(text_of(one, "two"))
    assert kind_of(text_of(one)) != kind_of(text_of(other))
    assert kind_of(text_of(one)).startswith("ValueError at /")
    assert kind_of(text_of(one)).endswith(f":{one.__code__.co_firstlineno + 1} in one")


def test_messages_of_several_lines_and_chains() -> None:
    assert kind_of(text_of(one, "a\nb: c\n  d")) == kind_of(text_of(one))
    assert kind_of(text_of(chained)) == kind_of(text_of(another, "y"))


def test_failures_without_a_traceback() -> None:
    assert kind_of("AbandonedJobError: myapp.x[1]: its process died") == "AbandonedJobError"
    assert kind_of("") == "?"
    assert len(kind_of("x" * 10_000)) < 1000


def test_a_syntax_error_has_its_place() -> None:
    def broken() -> None:
        compile("a = = b", "/app/tasks.py", "exec")

    assert kind_of(text_of(broken)) == "SyntaxError at /app/tasks.py:1 in ?"
