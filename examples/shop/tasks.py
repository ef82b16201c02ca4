import time

import frappe


def refresh_prices(factor=1.0, articles=None):
    prices = {}
    for article in articles or ["tea", "coffee"]:
        prices[article] = round(2 * len(article) * factor, 2)
    return prices


def rebuild_statistics(days=30):
    time.sleep(0.5)
    return f"statistics of {days} days"


def export_orders(format="csv"):
    return f"orders.{format}"


def import_orders(source):
    time.sleep(0.2)
    return source


def note(text):
    return text


def charge_card(amount):
    raise frappe.ValidationError(f"the card was declined for {amount}")


def wait_for_supplier():
    time.sleep(30)


def tell_success(job, connection, result):
    frappe.cache.set_value(f"told:{job.id}", f"success: {result}")


def tell_failure(job, connection, type, value, traceback):
    frappe.cache.set_value(f"told:{job.id}", f"failure: {type.__name__}")


def count_ticks():
    frappe.cache.set_value("ticks", (frappe.cache.get_value("ticks") or 0) + 1)


def send_summary():
    frappe.publish_realtime("show_alert", {"message": "The week's summary is ready"})


def check_stock():
    pass


def morning_report():
    pass


def close_month():
    pass


def close_year():
    pass
