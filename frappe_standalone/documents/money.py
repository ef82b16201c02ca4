"""Amounts as people read them: by the site's Currency documents, else by those of Frappe."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database.defaults import get_defaults
from frappe_standalone.local import local
from frappe_standalone.missing import required
from frappe_standalone.utils.numbers import cint, flt

LAKHS = "#,##,###.##"
FORMATS = {
    **{"#,###.##": (".", ",", 2), "#.###,##": (",", ".", 2), "# ###.##": (".", " ", 2)},
    **{"# ###,##": (",", " ", 2), "#'###.##": (".", "'", 2), "#, ###.##": (".", ", ", 2)},
    **{LAKHS: (".", ",", 2), "#,###.###": (".", ",", 3), "#.###": ("", ".", 0)},
    **{"#,###": ("", ",", 0), "#.########": (".", "", 8)},
}
"""The mark before the decimals, that between thousands, and how many decimals."""
_BROUGHT = Path(__file__).with_name("currencies.txt")
"""A line: currency, symbol, fraction, how many of it make one, number format; where 17 brought the
fraction, how many it were before."""


@cache
def _brought() -> dict[str, dict[str, Any]]:
    fields = ("symbol", "fraction", "fraction_units", "number_format", "before_17")
    lines = (line.split("\t") for line in _BROUGHT.read_text(encoding="utf-8").splitlines())
    return {name: dict(zip(fields, said, strict=False)) for name, *said in lines}


def of_currency(currency: str, field: str) -> Any:
    """What is known of a currency; None for nothing."""
    if local.db.table_exists("Currency") and local.db.exists("Currency", currency):
        has_it = local.db.has_column("Currency", field)
        return local.db.get_value("Currency", currency, field) if has_it else None
    found = _brought().get(currency, {})
    if "before_17" in found and settings.current().frappe_version < 17:
        found = {**found, "fraction": "", "fraction_units": found["before_17"]}
    return found.get(field) or None


def number_format() -> str:
    """The site's."""
    return local.db.get_default("number_format") or "#,###.##"


def fmt_money(
    amount: Any,
    precision: int | None = None,
    currency: str | None = None,
    format: str | None = None,
) -> str:
    """1,234.50 by the site's number format, after the currency's symbol where one is given."""
    said = format or number_format()
    mark, between, decimals = FORMATS[said]
    places = precision
    if places is None:
        places = cint(local.db.get_default("currency_precision")) or decimals
    number = flt(amount, places if isinstance(amount, str) else None)
    if mark and places > 2:
        digits = len(str(round(number % 1, places)).rpartition(".")[2])
        if digits > 2:
            places = min(digits, places)
        elif currency:
            places = len(str(of_currency(currency, "fraction_units") or 100)) - 1
        else:
            places = decimals
    text = f"{round(number, places):.{places}f}"
    whole, _, rest = text.lstrip("-").partition(".")
    head, step = whole[:-3], 2 if said == LAKHS else 3
    groups = [head[max(end - step, 0) : end] for end in range(len(head), 0, -step)][::-1]
    shown = between.join([*groups, whole[-3:]]) + (mark + rest if mark and places else "")
    shown = f"-{shown}" if flt(text) < 0 else shown
    if not currency or local.db.get_default("hide_currency_symbol") == "Yes":
        return shown
    symbol = of_currency(currency, "symbol") or currency
    is_last = of_currency(currency, "symbol_on_right")
    return f"{shown} {symbol}" if is_last else f"{symbol} {shown}"


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
    fraction, said = fraction_currency or of_currency(currency, "fraction"), number_format()
    if settings.current().frappe_version < 16:
        fraction, said = fraction or "Cent", of_currency(currency, "number_format") or said
        units, length = 0, FORMATS.get(said, FORMATS["#,###.##"])[2]
    else:
        units = cint(of_currency(currency, "fraction_units"))
        length = math.ceil(math.log10(units)) if units else 0
    whole, _, rest = f"{amount:.{length}f}".partition(".")
    in_million = said != LAKHS
    small = in_words(int(float(f"0.{rest}") * units) if units else cint(rest), in_million).title()
    large = f"{currency} {in_words(whole, in_million).title()}"
    if currency == "DZD":
        large = f"{in_words(whole, in_million).title()} Dinars"
    if not int(whole):
        text = f"{small} {fraction}" if cint(rest) else f"{currency} Zero"
    else:
        text = f"{large} and {small} {fraction}" if cint(rest) else large
    return f"{text}." if currency == "DZD" else f"{text} only."


def in_words(integer: int | str, in_million: bool = True) -> str:
    """A whole number in words. Needs `num2words`, as Frappe does."""
    num2words = required("num2words", "money_in_words").num2words
    return str(num2words(int(integer), lang="en" if in_million else "en_IN")).replace("-", " ")
