"""frappe.utils: what real Frappe gives for the same arguments (v15.55.1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from frappe_standalone.utils.numbers import flt

BANKERS, LEGACY, COMMERCIAL = (
    "Banker's Rounding",
    "Banker's Rounding (legacy)",
    "Commercial Rounding",
)


def test_dates(frappe: Any) -> None:
    u = frappe.utils
    assert u.getdate("2026-01-31") == date(2026, 1, 31)
    assert u.getdate("2026-01-31 10:00:00.5") == date(2026, 1, 31)
    assert u.getdate(None) == u.now_datetime().date()
    assert u.getdate("") == u.getdate() == u.now_datetime().date()
    assert u.getdate("0000-00-00") is u.get_datetime("0001-01-01 00:00:00") is None
    assert u.get_datetime("2026-01-31 10:00:00.5") == datetime(2026, 1, 31, 10, 0, 0, 500000)
    assert u.get_datetime("2026-01-31") == datetime(2026, 1, 31)
    assert u.add_days("2026-01-31", 1) == "2026-02-01"
    assert u.add_days(date(2026, 1, 31), -1) == date(2026, 1, 30)
    assert u.add_months("2026-01-31", 1) == "2026-02-28"
    assert u.add_to_date("2026-01-31", hours=25) == "2026-02-01 01:00:00.000000"
    assert u.add_to_date(datetime(2026, 1, 1), minutes=-1) == datetime(2025, 12, 31, 23, 59)
    assert u.add_to_date(date(2026, 1, 1), days=1, as_string=True) == "2026-01-02"
    assert u.date_diff("2026-02-01", date(2026, 1, 31)) == 1
    assert u.time_diff_in_seconds("2026-01-01 00:01:00", "2026-01-01") == 60
    assert u.time_diff_in_hours("2026-01-01 12:00:00", "2026-01-01") == 12
    assert u.get_first_day("2026-02-15") == date(2026, 2, 1)
    assert u.get_last_day("2026-02-15") == date(2026, 2, 28)
    assert u.get_first_day("2026-02-15", d_months=-2) == date(2025, 12, 1)
    assert u.get_first_day_of_week("2026-01-07") == date(2026, 1, 4)
    assert u.get_quarter_start("2026-05-07", as_str=True) == "2026-04-01"
    assert u.add_to_date(datetime(2026, 1, 1), minutes=5, as_string=True) == "2026-01-01"
    assert u.formatdate("2026-01-31", "dd-mm-yyyy") == "31-01-2026"
    assert u.formatdate("2026-01-05", "EEEE, d MMM YYYY") == "Monday, 5 Jan 2026"
    assert u.formatdate(None) == u.format_datetime("") == u.format_time(None) == ""
    when = datetime(2026, 1, 5, 13, 5, 7)
    assert u.format_datetime(when, "dd-MM-yy 'at' HH:mm, h:mm a") == "05-01-26 at 13:05, 1:05 PM"
    assert u.format_datetime(when, "medium") == "Jan 5, 2026, 1:05:07\u202fPM"
    assert u.get_weekday("2026-01-05") == "Monday"
    assert u.formatdate(when, "QQQ yyyy") == "Q1 2026"
    frappe.local.lang = "pt-BR"
    assert u.formatdate(when, "EEEE, d MMM") == "segunda-feira, 5 jan."
    frappe.local.lang = "en"
    assert u.nowdate() == u.today() == u.now()[:10]
    assert u.get_datetime_str("2026-01-31") == "2026-01-31 00:00:00.000000"
    assert u.pretty_date(u.now_datetime() - timedelta(hours=2)) == "2 hours ago"
    assert u.format_duration(93784) == "1d 2h 3m 4s"
    with pytest.raises(frappe.ValidationError, match="'soon' is not a valid date"):
        u.getdate("soon")


def test_the_sites_time_zone(frappe: Any) -> None:
    frappe.conf.time_zone = "Pacific/Kiritimati"
    ahead = frappe.utils.now_datetime()
    frappe.conf.time_zone = "Etc/GMT+12"
    assert round((ahead - frappe.utils.now_datetime()).total_seconds() / 3600) == 26
    utc = datetime(2026, 1, 1, 12)
    assert frappe.utils.convert_utc_to_system_timezone(utc).hour == 0


def test_numbers(frappe: Any) -> None:
    u = frappe.utils
    assert [u.cint(x) for x in ("3.7", None, "", "x", True, -2.5)] == [3, 0, 0, 0, 1, -2]
    assert [u.flt(x) for x in ("1,234.5", None, "x", "2")] == [1234.5, 0.0, 0.0, 2.0]
    assert [u.flt(x, 2) for x in (1.005, 2.345, 0.125)] == [1.0, 2.34, 0.12]
    assert u.flt(2.345, 2, rounding_method="Commercial Rounding") == 2.35
    assert (u.sbool("True"), u.sbool("0"), u.sbool("yes")) == (True, False, "yes")
    assert u.fmt_money(1234.5, currency="EUR") == "€ 1,234.50"
    assert (u.fmt_money("2.675"), u.fmt_money(2.675)) == ("2.68", "2.67")
    assert u.cint("1000000000000000001") == 1000000000000000001
    assert (u.safe_div(1, 3), u.safe_div(2, 3, precision=4), u.safe_div(1, 0)) == (0.33, 0.6667, 0)


AMOUNTS = (45 * 134.95 * 18 / 100, 9 * 584.6 * 7.5 / 100, 28 * 281.95 * 7.5 / 100)
"""1093.095, 394.605 and 592.095, and what computing in binary adds to them."""


def test_rounding_by_the_sites_method(frappe: Any) -> None:
    assert [flt(amount, 2) for amount in AMOUNTS] == [1093.1, 394.6, 592.1]
    assert [flt(-amount, 2) for amount in AMOUNTS] == [-1093.1, -394.6, -592.1]
    assert (flt(0.125, 2), flt(0.125, 2, LEGACY), flt(0.5, 0, LEGACY)) == (0.12, 0.13, 0)
    assert (flt("inf", 2), flt("nan", 2), flt(125, -1)) == (0, 0, 120)
    frappe.db.set_single_value("System Settings", "rounding_method", COMMERCIAL)
    assert (flt(2.345, 2), flt(-2.345, 2), frappe.utils.rounded(2.5)) == (2.35, -2.35, 3)
    frappe.db.set_single_value("System Settings", "rounding_method", "")
    assert flt(0.125, 2) == 0.13
    with pytest.raises(frappe.InvalidRoundingMethod, match="'Half Up'"):
        flt(1, 2, "Half Up")


@given(
    st.integers(-(10**8), 10**8),
    st.integers(0, 4),
    st.integers(-(10**6), 10**6),
    st.sampled_from([(BANKERS, ROUND_HALF_EVEN), (COMMERCIAL, ROUND_HALF_UP)]),
)
@example(109309, 2, 50, (BANKERS, ROUND_HALF_EVEN))
def test_rounding_is_that_of_the_decimal_that_was_meant(
    whole: int, precision: int, part: int, method: tuple[str, str]
) -> None:
    meant = (Decimal(whole) + Decimal(part) / 10**6).scaleb(-precision)
    expected = float(meant.quantize(Decimal(1).scaleb(-precision), method[1]))
    assert flt(float(meant), precision, method[0]) == expected


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({}, "http://standalone/app"),
        ({"webserver_port": 8000}, "http://standalone:8000/app"),
        ({"http_port": 81, "webserver_port": 8000}, "http://standalone:81/app"),
        ({"webserver_port": 8000, "restart_supervisor_on_update": 1}, "http://standalone/app"),
        ({"ssl_certificate": "/cert.pem"}, "https://standalone/app"),
        ({"host_name": "https://erp.example.com/", "http_port": ""}, "https://erp.example.com/app"),
        ({"host_name": "erp.example.com:81", "http_port": 82}, "http://erp.example.com:81/app"),
    ],
)
def test_addresses(frappe: Any, config: dict[str, Any], address: str) -> None:
    frappe.local.conf.update(config)
    assert frappe.utils.get_url("/app") == address
    assert frappe.utils.get_url("https://example.com/a") == "https://example.com/a"


def test_texts(frappe: Any) -> None:
    u = frappe.utils
    assert (u.cstr(None), u.cstr(b"a"), u.cstr(1)) == ("", "a", "1")
    assert frappe.scrub("Sales-Order X") == "sales_order_x"
    assert frappe.unscrub("sales_order") == "Sales Order"
    assert u.comma_and(["a", "b", "c"], add_quotes=False) == "a, b and c"
    assert list(u.create_batch(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert u.comma_sep(["a", "b", "c"], "{0} with {1}") == "'a', 'b' with 'c'"
    assert u.split_emails('"Doe, Jo" <a@b.io>, c@b.io') == ['"Doe, Jo" <a@b.io>', "c@b.io"]
    assert u.validate_email_address("X <a@example.com>, nobody") == "a@example.com"
    assert u.get_url("/app") == "http://standalone/app"
    assert u.get_link_to_form("Sales Order", "SO 1") == (
        '<a href="http://standalone/app/sales-order/SO%201">SO 1</a>'
    )
    assert len(frappe.generate_hash(length=7)) == 7
    assert frappe.parse_json('{"a": 1}').a == 1
    assert frappe.as_json({"b": date(2026, 1, 1), "a": {1}}, indent=None) == (
        '{"a": [1],"b": "2026-01-01"}'.replace(',"', ',"')
    )
    assert frappe._("Hello") == "Hello"


def test_dict(frappe: Any) -> None:
    import copy
    import pickle

    d = frappe._dict(a=1)
    d.b = 2
    assert (d.a, d["b"], d.missing) == (1, 2, None)
    with pytest.raises(KeyError):
        d["missing"]
    assert d.update({"c": 3}) is d
    assert type(d.copy()) is type(d)
    assert copy.deepcopy(d) == d
    back = pickle.loads(pickle.dumps(d))
    assert back.c == 3


def test_messages(frappe: Any) -> None:
    frappe.msgprint("saved", title="T")
    assert frappe.message_log[-1].title == "T"
    with pytest.raises(frappe.ValidationError, match="bad"):
        frappe.throw("bad")
    with pytest.raises(frappe.PermissionError):
        frappe.throw("no", frappe.PermissionError)
    with pytest.raises(frappe.DoesNotExistError):
        frappe.msgprint("no", raise_exception=frappe.DoesNotExistError)


def test_whitelist_leaves_functions_as_they_are(frappe: Any) -> None:
    @frappe.whitelist(allow_guest=True)
    def function(a: int) -> int:
        return a

    assert function(3) == 3
    frappe.is_whitelisted(function)
    with pytest.raises(frappe.PermissionError, match="not whitelisted"):
        frappe.is_whitelisted(test_dict)


def test_logger_writes_to_the_bench_and_the_site(frappe: Any, root: Any) -> None:
    log = frappe.logger("shop")
    assert frappe.logger("shop") is log
    log.error("something")
    log.info("not this")
    for path in ("logs/shop.log", ".frappe_celery/sites/standalone/logs/shop.log"):
        text = (root / path).read_text()
        assert "ERROR shop something" in text
        assert "not this" not in text


def test_mail(frappe: Any) -> None:
    with pytest.raises(frappe.OutgoingEmailError, match="mail_server"):
        frappe.sendmail(recipients="a@example.com", subject="s", message="m")
    frappe.flags.mute_emails = True
    frappe.sendmail(recipients="a@example.com", subject="s", message="m")
