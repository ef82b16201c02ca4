"""Numbers of `frappe.utils`: whatever comes in, a number comes out."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

ceil = math.ceil
floor = math.floor


def cint(s: Any, default: int = 0) -> int:
    """A whole number; `default` for what is none."""
    try:
        return int(float(s)) if s not in (None, "") else default
    except (ValueError, TypeError, OverflowError):
        return default


def flt(s: Any, precision: int | None = None, rounding_method: str | None = None) -> float:
    """A float, rounded where a precision is given; 0.0 for what is none. Reads '1,234.5'."""
    if isinstance(s, str):
        s = s.replace(",", "")
    try:
        number = float(s)
    except (ValueError, TypeError):
        return 0.0
    return number if precision is None else rounded(number, precision, rounding_method)


def rounded(num: Any, precision: int = 0, rounding_method: str | None = None) -> float:
    """Rounded half to even, as Frappe does, or by 'Commercial Rounding' half up."""
    how = ROUND_HALF_UP if (rounding_method or "").startswith("Commercial") else ROUND_HALF_EVEN
    try:
        return float(Decimal(str(num)).quantize(Decimal(1).scaleb(-int(precision)), how))
    except InvalidOperation:
        return float(num)


def sbool(x: Any) -> Any:
    """'true', '1' as True, 'false', '0' as False, anything else as it is."""
    words = {"true": True, "1": True, "false": False, "0": False}
    return words.get(x.lower(), x) if isinstance(x, str) else x


def safe_div(numerator: Any, denominator: Any) -> float:
    """The quotient; 0.0 where there is none."""
    return flt(numerator) / flt(denominator) if flt(denominator) else 0.0


def remainder(numerator: Any, denominator: Any, precision: int = 2) -> float:
    """What a division leaves, of numbers with that many decimals."""
    scale = 10 ** cint(precision)
    return flt(numerator * scale % (denominator * scale) / scale, cint(precision))


def fmt_money(
    amount: Any, precision: int | None = None, currency: str | None = None, **_: Any
) -> str:
    """1,234.50, after the currency where one is given."""
    text = f"{flt(amount):,.{2 if precision is None else precision}f}"
    return f"{currency} {text}" if currency else text
