"""Arguments arrive as they were given, in type too, or are refused by name at enqueue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from frappe_celery.config.signing import Signer
from frappe_celery.errors import CannotTravel
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from tests.unit.jobs.values import (
    Address,
    AttributeDict,
    Colour,
    Level,
    Row,
    Text,
    any_text,
    arguments,
    json_values,
    one_odd_value,
    shape,
    values,
)

SIGNER = Signer(b"k" * 32)


def travel(**fields: Any) -> JobMessage:
    """What a worker opens of a message with these fields."""
    message = JobMessage(
        **{
            **{"run": "run", "id": "s::run", "site": "s", "user": "u", "method": "m"},
            **{"queue": "q", "timeout": 1},
            **fields,
        }
    )
    return JobMessage.open(SIGNER, message.seal(SIGNER))


def arrived(kwargs: dict[str, Any], allow_pickle: bool = True) -> dict[str, Any]:
    return travel(kwargs=codec.encode_arguments(kwargs, allow_pickle)).decoded_kwargs()


@given(arguments)
@example({"__pickle__": "gASVDAAAAAAAAACMCG5vdCB5b3VycJQu"})
@example({"huge": 10**5000, "negative_zero": -0.0, "pair": ["\ud83d", "\ude00", "\ud83d\ude00"]})
@example({"when": datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Brussels"), fold=1)})
@example({"keys": {1: "a", "1": "b", None: "c", (1, 2): "d", 2.5: "e", True.__class__: "f"}})
@example({"row": AttributeDict(name="X", __pickle__="y"), "at": Address("Main", Colour.RED)})
def test_whatever_rq_would_carry_arrives_the_same(kwargs: dict[str, Any]) -> None:
    assert shape(arrived(kwargs)) == shape(kwargs)


@given(one_odd_value)
@example({Text("key"): 1})
@example([Text("text")])
@example([AttributeDict()])
@example([Level.LOW, True])
@example(10**5000)
@example({"a": Row([1])})
def test_one_value_that_json_would_change_is_enough(value: Any) -> None:
    assert shape(arrived({"value": value})) == shape({"value": value})


@given(values)
def test_a_result_comes_back_the_same(value: Any) -> None:
    encoded = json.loads(codec.dumps(codec.encode_value(value)))
    assert shape(codec.decode(encoded)) == shape(value)


@given(st.dictionaries(st.text(), json_values))
def test_without_pickle_what_json_carries_travels(kwargs: dict[str, Any]) -> None:
    assume(codec.PICKLE not in codec.dumps(kwargs))  # refused at any depth, as below
    assert shape(arrived(kwargs, allow_pickle=False)) == shape(kwargs)


@given(st.text().filter(lambda name: name != "other"), values)
@example("__pickle__", "text")
@example("half", "\ud83d")
@example("whole", float("nan"))
def test_without_pickle_an_argument_arrives_the_same_or_is_refused_by_name(
    name: str, value: Any
) -> None:
    kwargs = {"other": [1, "a", {"b": None}], name: value}
    refusal, got = "", kwargs
    try:
        got = arrived(kwargs, allow_pickle=False)
    except CannotTravel as exc:
        refusal = str(exc)
    assert shape(got) == shape(kwargs)
    assert not refusal or f"argument {name!r} " in refusal
    assert not refusal or "frappe_celery_pickle" in refusal


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1},
        b"bytes",
        datetime(2025, 1, 1),
        Colour.RED,
        AttributeDict(a=1),
        {1: "a"},
        {"__pickle__": 1},
        [{"deep": [float("inf")]}],
        "\ud800",
        True.__class__,
        pytest.param(lambda: 1, id="lambda"),
    ],
    ids=repr,
)
def test_without_pickle_what_json_would_change_is_refused(value: Any) -> None:
    with pytest.raises(CannotTravel, match="argument 'second'"):
        codec.encode_arguments({"first": 1, "second": value}, allow_pickle=False)


def test_a_cycle_arrives_as_a_cycle() -> None:
    me: dict[str, Any] = {"name": "me", "tags": ["a"]}
    me["friends"] = [me]
    got = arrived({"me": me})["me"]
    assert shape(got) == shape(me)
    assert got["friends"][0] is got


def test_two_arguments_that_are_one_object_still_are() -> None:
    rows = [["a"]]
    got = arrived({"rows": rows, "first": rows[0]})
    assert got["rows"][0] is got["first"]


def test_an_argument_that_names_its_parts_often_does_not_explode() -> None:
    doubled: list[Any] = []
    for _ in range(64):
        doubled = [doubled, doubled]
    got = arrived({"doubled": doubled})["doubled"]
    depth = 0
    while got:
        assert got[0] is got[1]
        got, depth = got[0], depth + 1
    assert depth == 64


def test_one_object_twice_is_no_reason_to_refuse_it_without_pickle() -> None:
    rows = ["a"]
    kwargs = {"before": rows, "after": rows}
    assert arrived(kwargs, allow_pickle=False) == kwargs


def deep(levels: int) -> list[Any]:
    nest: list[Any] = []
    for _ in range(levels):
        nest = [nest]
    return nest


def test_nesting_as_deep_as_pickle_goes_arrives() -> None:
    assert shape(arrived({"nest": deep(200)})) == shape({"nest": deep(200)})


def test_nesting_deeper_than_pickle_goes_is_refused_by_name() -> None:
    with pytest.raises(CannotTravel, match="argument 'nest'"):
        codec.encode_arguments({"fine": 1, "nest": deep(100_000)}, allow_pickle=True)


def generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    "value",
    [threading.Lock(), generator(), threading.local()],
    ids=["lock", "generator", "thread's own"],
)
def test_what_cannot_be_pickled_is_refused_by_name_with_the_way_out(value: Any) -> None:
    for hidden in (value, [value], {"in": (value,)}, lambda: value):
        with pytest.raises(CannotTravel, match=r"argument 'second'.*fetch it inside the job"):
            codec.encode_arguments({"first": {1}, "second": hidden}, allow_pickle=True)


def test_an_open_file_is_refused_by_name(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, pytest.raises(CannotTravel, match="'attachment'"):
        codec.encode_arguments({"attachment": file}, allow_pickle=True)


def test_an_object_whose_pickling_fails_in_its_own_way_is_refused_by_name() -> None:
    class Stubborn:
        def __reduce__(self) -> Any:
            raise KeyError("not me")

    with pytest.raises(CannotTravel, match=r"'stubborn' \(Stubborn\)"):
        codec.encode_arguments({"stubborn": Stubborn()}, allow_pickle=True)


# -- callables


class Invoice:
    def __init__(self, name: str) -> None:
        self.name = name

    def submit(self, by: str = "") -> str:
        return f"{self.name} submitted by {by}"

    @classmethod
    def kind(cls) -> str:
        return cls.__name__


def double(number: int) -> int:
    return 2 * number


def call(function: Any, *args: Any) -> Any:
    """Call an encoded function as a worker would get it."""
    encoded = codec.encode_callable(function, allow_pickle=True)
    return travel(method=encoded).decoded_method()(*args)  # type: ignore[operator]


def test_a_function_of_a_module_travels_by_its_path() -> None:
    path = f"{__name__}.double"
    assert codec.encode_callable(double, allow_pickle=False) == path
    assert codec.encode_callable("myapp.tasks.any", allow_pickle=False) == "myapp.tasks.any"


def nested(factor: int) -> Callable[[int], int]:
    def times(number: int) -> int:
        return number * factor

    return times


def test_lambdas_nested_functions_and_bound_methods_travel_by_value() -> None:
    assert call(lambda number: number + 1, 2) == 3
    assert call(nested(5), 2) == 10
    assert call(Invoice("INV-1").submit, "me") == "INV-1 submitted by me"
    assert call(Invoice.kind) == "Invoice"


def test_they_do_as_arguments_too() -> None:
    got = arrived({"key": lambda row: row["n"], "action": Invoice("INV-2").submit})
    assert got["key"]({"n": 4}) == 4
    assert got["action"]("you") == "INV-2 submitted by you"


def test_a_function_that_hides_behind_the_name_of_another_travels_by_value() -> None:
    def impostor(number: int) -> int:
        return -number

    impostor.__qualname__ = "double"
    assert call(impostor, 3) == -3


@pytest.mark.parametrize(
    "function",
    [lambda: 1, nested(2), Invoice("x").submit],
    ids=["lambda", "nested function", "method of an object"],
)
def test_without_pickle_they_are_refused_with_the_way_out(function: Any) -> None:
    with pytest.raises(CannotTravel, match=r"frappe_celery_pickle is false.*top of a module"):
        codec.encode_callable(function, allow_pickle=False)


@given(any_text, any_text, any_text)
def test_every_other_text_of_a_message_arrives_the_same(user: str, site: str, name: str) -> None:
    got = travel(user=user, site=site, name=name)
    assert (got.user, got.site, got.name) == (user, site, name)


def test_an_open_file_does_not_travel_wherever_it_stands(tmp_path: Path) -> None:
    """cloudpickle would read it, and send its text."""
    with (tmp_path / "orders.csv").open("w+") as file:
        for value in (file, [file], {"file": file}, lambda: file):
            with pytest.raises(CannotTravel, match=r"argument 'orders'.*TextIOWrapper"):
                codec.encode_arguments({"orders": value}, True)
