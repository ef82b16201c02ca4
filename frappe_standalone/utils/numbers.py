"""Numbers of `frappe.utils`: whatever comes in, a number comes out."""

from __future__ import annotations

import math
import sys
from typing import Any

from frappe_standalone.exceptions import InvalidRoundingMethod
from frappe_standalone.local import local

ROUNDING_METHOD = "rounding_method"
"""The field of System Settings, and where `local.cache` has what it says."""
BANKERS, LEGACY = "Banker's Rounding", "Banker's Rounding (legacy)"
COMMERCIAL = "Commercial Rounding"
_LAST_BIT = sys.float_info.epsilon


def ceil(s: Any) -> int:
    """The next whole number; 0 for what is none."""
    return -cint(-flt(s) // 1)


def floor(s: Any) -> int:
    """The whole number before; 0 for what is none."""
    return cint(flt(s) // 1)


def cint(s: Any, default: int = 0) -> int:
    """A whole number; `default` for what is none."""
    try:
        return int(s)
    except (ValueError, TypeError, OverflowError):
        try:
            return int(float(s))
        except (ValueError, TypeError, OverflowError):
            return default


def flt(s: Any, precision: int | None = None, rounding_method: str | None = None) -> float:
    """A float, rounded where a precision is given; 0.0 for what is none. Reads '1,234.5'."""
    if isinstance(s, str):
        s = s.replace(",", "")
    if precision is not None:
        rounding_method = rounding_method or _method_of_the_site()
    try:
        number = float(s)
        return number if precision is None else rounded(number, precision, rounding_method)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def rounded(num: Any, precision: int = 0, rounding_method: str | None = None) -> float:
    """Rounded by one of Frappe's methods, else by that of System Settings (`rounding_method`).

    "Banker's Rounding" takes a half to the even neighbour, its legacy does so without decimals
    and up with some, and "Commercial Rounding" away from zero. A half is also what is one but for
    the last bits, which computing in binary gets wrong: 9 * 584.6 * 7.5 / 100 is 394.605.

    Raises:
        InvalidRoundingMethod: it is none of these.
    """
    precision = cint(precision)
    method = rounding_method or _method_of_the_site()
    if method == COMMERCIAL:
        return round((num or 0.0) * (1 + _LAST_BIT), precision)
    if method not in (BANKERS, LEGACY):
        raise InvalidRoundingMethod(f"Unknown Rounding Method: {method!r}")
    is_legacy = method == LEGACY
    shifted = round(num * 10**precision, 8 if is_legacy else 12)
    whole = math.floor(shifted)
    nearest: float = round(shifted)
    if abs(shifted - whole - 0.5) <= (0 if is_legacy else abs(shifted) * _LAST_BIT):
        nearest = whole + (1 if is_legacy and precision else whole % 2)
    return nearest if is_legacy and not precision else nearest / 10**precision


def _method_of_the_site() -> str:
    """As it stands in System Settings, read once a job."""
    if ROUNDING_METHOD not in local.cache:
        said = local.db.get_single_value("System Settings", ROUNDING_METHOD)
        local.cache[ROUNDING_METHOD] = said or LEGACY
    return str(local.cache[ROUNDING_METHOD])


def sbool(x: Any) -> Any:
    """'true', '1' as True, 'false', '0' as False, anything else as it is."""
    words = {"true": True, "1": True, "false": False, "0": False}
    return words.get(x.lower(), x) if isinstance(x, str) else x


def safe_div(numerator: Any, denominator: Any, precision: int = 2) -> float:
    """The quotient, rounded; 0.0 where there is none."""
    return flt(flt(numerator) / flt(denominator), precision) if flt(denominator) else 0.0
