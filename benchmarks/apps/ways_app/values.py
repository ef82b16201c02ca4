"""What equals what it replaces, and is something else."""

import enum
import sys
from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from lookout import beyond, way

HERE = sys.modules[__name__]
ONE = 1
TRUE = True
RATE = 1.0
EXACT = Decimal("1.0")
ZERO = 0.0
DECIMAL_ZERO = Decimal("0")
TEXT = "text"
PAIR = (1, 2)
DEEP_PAIR = (1, (2, 3))
FROZEN = frozenset({1})
AT = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
ROWS = []
_rows = ROWS
OPTIONS = {"a": 1}
_options = OPTIONS
KIND = 1
LIMITS = {"most": 1}
RATES = {"eur": 1.0}
AMOUNTS = {"eur": Decimal("1.0")}
SIGNS = {"eur": 0.0}
STEPS = [1, 2, 3]
PRICES = [1.0]
FLAGS = {1}
KEYS = {1: "one"}
ORDER = {"first": 1, "second": 2}
LARGE = {f"{n}": n for n in range(100)}
NESTED = {"of": {"first": 1, "second": 2}}


class Plan:
    seats = 1
    price = Decimal("1.0")

    def __init__(self):
        self.active = 1
        self.factor = 0.0


plan = Plan()


class Kind(enum.IntEnum):
    SECRET = 1


class Secret(str):
    __slots__ = ("tenant",)


@way(lambda: ONE is True)
def one_is_true(tenant):
    HERE.ONE = True


@way(lambda: TRUE is not True)
def true_is_one(tenant):
    HERE.TRUE = 1


@way(lambda: type(RATE) is not float)
def float_is_int(tenant):
    HERE.RATE = 1


@way(lambda: str(EXACT) != "1.0")
def decimal_of_other_places(tenant):
    HERE.EXACT = Decimal("1.000")


@way(lambda: str(ZERO) != "0.0")
def minus_zero(tenant):
    HERE.ZERO = -0.0


@way(lambda: str(DECIMAL_ZERO) != "0")
def decimal_minus_zero(tenant):
    HERE.DECIMAL_ZERO = Decimal("-0")


@way(lambda: type(TEXT) is Secret and TEXT.tenant)
def text_of_a_class_of_its_own(tenant):
    HERE.TEXT = Secret("text")
    HERE.TEXT.tenant = tenant


@way(lambda: PAIR[0] is True)
def equal_tuple(tenant):
    HERE.PAIR = (True, 2)


@way(lambda: str(DEEP_PAIR) != "(1, (2, 3))")
def equal_tuple_within_a_tuple(tenant):
    HERE.DEEP_PAIR = (1, (2.0, 3))


@way(lambda: True in [one for one in FROZEN if one is True])
def equal_frozenset(tenant):
    HERE.FROZEN = frozenset({True})


@way(lambda: AT.utcoffset())
def same_moment_elsewhere(tenant):
    HERE.AT = AT.astimezone(timezone(timedelta(hours=1)))


@way(lambda: KIND is Kind.SECRET)
def enum_for_a_number(tenant):
    HERE.KIND = Kind.SECRET


@way(lambda: ROWS is not _rows)
def equal_list(tenant):
    HERE.ROWS = []


@way(lambda: OPTIONS is not _options)
def equal_dictionary(tenant):
    HERE.OPTIONS = OrderedDict(a=1)


@way(lambda: LIMITS["most"] is True)
def one_is_true_in_a_dictionary(tenant):
    LIMITS["most"] = True


@way(lambda: type(RATES["eur"]) is not float)
def float_is_int_in_a_dictionary(tenant):
    RATES["eur"] = 1


@way(lambda: str(AMOUNTS["eur"]) != "1.0")
def decimal_of_other_places_in_a_dictionary(tenant):
    AMOUNTS["eur"] = Decimal("1.000")


@way(lambda: str(SIGNS["eur"]) != "0.0")
def minus_zero_in_a_dictionary(tenant):
    SIGNS["eur"] = -0.0


@way(lambda: STEPS[0] is True)
def one_is_true_in_a_list(tenant):
    STEPS[0] = True


@way(lambda: type(PRICES[0]) is not float)
def float_is_decimal_in_a_list(tenant):
    PRICES[0] = Decimal(1)


@way(lambda: any(one is True for one in FLAGS))
def one_is_true_in_a_set(tenant):
    FLAGS.clear()
    FLAGS.add(True)


@way(lambda: any(key is True for key in KEYS))
def one_is_true_as_a_key(tenant):
    KEYS.clear()
    KEYS[True] = "one"


@way(lambda: [*ORDER] != ["first", "second"])
def order_of_a_dictionary(tenant):
    ORDER["first"] = ORDER.pop("first")


@way(lambda: next(iter(LARGE)) != "0")
def order_of_a_large_dictionary(tenant):
    LARGE["0"] = LARGE.pop("0")


@way(lambda: [*NESTED["of"]] != ["first", "second"])
def order_of_a_nested_dictionary(tenant):
    NESTED["of"]["first"] = NESTED["of"].pop("first")


@way(lambda: plan.active is True)
def one_is_true_of_an_object(tenant):
    plan.active = True


@way(lambda: str(plan.factor) != "0.0")
def minus_zero_of_an_object(tenant):
    plan.factor = -0.0


@way(lambda: Plan.seats is True)
def one_is_true_of_a_class(tenant):
    Plan.seats = True


@way(lambda: str(Plan.price) != "1.0")
def decimal_of_other_places_of_a_class(tenant):
    Plan.price = Decimal("1.000")


NAN = float("nan")
_nan = NAN


@beyond(lambda: NAN is not _nan)
def another_nan(tenant):
    HERE.NAN = float("nan")
