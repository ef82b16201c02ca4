"""Amounts in words, with what Currency documents say of a currency."""

from __future__ import annotations

from typing import Any

from frappe_standalone.database.defaults import get_defaults
from frappe_standalone.documents.precision import decimals
from frappe_standalone.local import local
from frappe_standalone.utils.numbers import flt
from frappe_standalone.utils.packages import required

LAKHS = "#,##,###.##"


def money_in_words(
    number: Any, main_currency: str | None = None, fraction_currency: str | None = None
) -> str:
    """`EUR Two Thousand and Five Cent only.`; '' for what is no amount. Needs `num2words`."""
    try:
        amount = flt(float(number))
    except ValueError:
        return ""
    if amount < 0:
        return ""
    currency = main_currency or get_defaults().get("currency") or "INR"
    small = fraction_currency or _of(currency, "fraction") or "Cent"
    number_format = _of(currency, "number_format") or local.db.get_default("number_format")
    whole, _, part = f"{amount:.{decimals(number_format)}f}".partition(".")
    in_million = number_format != LAKHS
    cents = in_words(int(part or 0), in_million).title()
    if not int(part or 0):
        text = f"{currency} {in_words(int(whole), in_million).title()}"
    elif not int(whole):
        text = f"{cents} {small}"
    else:
        text = f"{currency} {in_words(int(whole), in_million).title()} and {cents} {small}"
    return f"{text} only."


def _of(currency: str, field: str) -> Any:
    if not local.db.has_column("Currency", field):
        return None
    return local.db.get_value("Currency", currency, field)


def in_words(integer: int | str, in_million: bool = True) -> str:
    """A whole number in words. Needs `num2words`, as Frappe does."""
    num2words = required("num2words", "money_in_words").num2words
    return str(num2words(int(integer), lang="en" if in_million else "en_IN")).replace("-", " ")
