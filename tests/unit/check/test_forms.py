"""Other forms of what the rules look for, and what looks like it and is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.apps import examined, found, marked

DAILY = '# hooks.py\nscheduler_events = {"daily": ["myapp.tasks.run"]}\n# tasks.py\n'
ON_UPDATE = '# hooks.py\ndoc_events = {"*": {"on_update": "myapp.tasks.run"}}\n# tasks.py\n'
REPORT = """
# accounts/report/balance/balance.py
from myapp.accounts.report.utils import get_rate as rate_of

def execute(filters=None):
    return [], [rate_of("EUR")]
# accounts/report/utils.py
__rates = {}

def get_rate(currency):
    __rates[currency] = frappe.db.get_value("Currency", currency, "rate")%s
    return __rates[currency]
# accounts/report/balance/balance.json
{"doctype": "Report", "report_type": "%s"}
"""
CONTROLLER = "# sales/doctype/order/order.py\nclass Order(Document):\n"

FOUND = {
    "a job that is enqueued by a method": CONTROLLER
    + """
    def on_update(self):
        self.tell()

    def tell(self):
        frappe.enqueue_doc("Order", self.name, "work")  # FC107

    def work(self):
        pass
""",
    "after_commit is switched off": ON_UPDATE
    + """
def run(doc, method):
    frappe.enqueue("frappe.ping", enqueue_after_commit=False)  # FC107
""",
    "many at once before the commit": ON_UPDATE
    + """
from frappe_celery import enqueue_many

def run(doc, method):
    enqueue_many("frappe.ping", [{"n": 1}], queue="long")  # FC107
    enqueue_many("myapp.tasks.gone", ({"n": n} for n in (1, 2)), enqueue_after_commit=True)  # FC003
""",
    "an entry with a document and one with a word of enqueue's own": CONTROLLER
    + """
    def start(self):
        frappe_celery.enqueue_many("frappe.ping", [{"doc": self}])  # FC106
        frappe_celery.enqueue_many("frappe.ping", [{"n": 1, "queue": "long"}])  # FC110
""",
    "a parameter that no entry gives": """
# tasks.py
from frappe_celery import enqueue_many

def start(names):
    enqueue_many(work, [{"name": n, "job_id": n} for n in names], queue="long")  # FC110

def work(name, job_id):
    pass
""",
    "jobs of a batch before the commit, and what their entries take along": ON_UPDATE
    + """
import frappe_celery
from frappe_celery import batch, get_batch, get_current_batch, options

def run(doc, method):
    with frappe_celery.batch("Close") as b:
        b.enqueue("myapp.tasks.work")  # FC107
        b.options(retry=3).enqueue("myapp.tasks.gone")  # FC003 FC107
    with batch("Close", enqueue_after_commit=True) as c:
        c.enqueue_many("myapp.tasks.work", [{"doc": doc}])  # FC106
    get_batch(doc.batch).enqueue("myapp.tasks.gone", enqueue_after_commit=True)  # FC003
    options(depends_on=doc.job).enqueue("myapp.tasks.work")  # FC107

def work():
    os.environ["TZ"] = "UTC"  # FC205
    if found := get_current_batch():
        found.enqueue("myapp.tasks.work", queue="long", n=frappe.get_doc("A", 1))  # FC106
""",
    "a bound method": CONTROLLER
    + """
    def start(self):
        frappe.enqueue(self.work)  # FC106

    def work(self):
        pass
""",
    "a class that overrides another app's": """
# hooks.py
override_doctype_class = {"Order": "myapp.overrides.OurOrder"}
# overrides.py
class OurOrder(Order):
    def on_submit(self):
        frappe.enqueue("frappe.ping", doc=self)  # FC106 FC107
""",
    "a document that is read in the call": """
# tasks.py
def start(name):
    frappe.enqueue("frappe.ping", order=frappe.get_doc("Order", name))  # FC106
""",
    "a batch within a try that takes nothing back": DAILY
    + """
def run():
    try:
        for name in frappe.get_all("Order", limit=50, pluck="name"):  # FC103
            frappe.get_doc("Order", name).submit()
    except Exception:
        frappe.log_error()
""",
    "a batch by way of another function": DAILY
    + """
def run():
    for order in frappe.qb.from_("Order").select("name").run(as_dict=True):  # FC103
        bill(order)

def bill(order):
    frappe.get_doc({"doctype": "Bill", "order": order.name}).insert(ignore_permissions=True)
""",
    "a batch of what a function returns": DAILY
    + """
def run():
    orders: list = open_orders()
    for order in orders:  # FC103
        frappe.get_doc("Order", order.name).submit()

def open_orders():
    return frappe.get_all("Order", {"status": "Open"})
""",
    "an environment by another name": DAILY
    + """
from os import environ

def run():
    environ["TZ"] = "UTC"  # FC205
    environ.setdefault("LANG", "C")  # FC205
""",
    "a change in what a task calls": DAILY
    + """
from myapp.other import Importer

def run():
    importer = Importer("x")
    importer.load()
# other.py
class Importer:
    seen = []
    mine = []

    def __init__(self, name):
        self.mine = []

    def load(self):
        self.seen.append(1)  # FC203
        self.mine.append(1)
""",
    "a module's dictionary, from another module": DAILY
    + """
from myapp import other

def run():
    other.known["a"] = 1  # FC202
# other.py
known = {}
""",
    "what a script report calls": REPORT % ("  # FC202", "Script Report"),
    "what a request or a job asks for": """
# api.py
from myapp.other import known as seen

@frappe.whitelist(allow_guest=True)
def country():
    global answers
    answers += 1  # FC201
    seen["a"] = answers  # FC202

@frappe.whitelist()
def forget():
    from myapp.other import known
    known.clear()  # FC202
# other.py
known = {}
""",
    "a wait that asks for an attribute": """
# api.py
from time import sleep

def wait(job):
    while not job.is_finished:  # FC104
        sleep(1)
""",
    "a keyword that the method needs": """
# tasks.py
def start():
    frappe.enqueue("myapp.tasks.work", queue="long")  # FC110

def work(queue):
    pass
""",
    "a queue of RQ's": """
# tasks.py
from frappe.utils.background_jobs import get_queue

def start(redis):
    queue = get_queue("short")
    queue.enqueue(start)  # FC111
    redis.keys("rq:job:*")  # FC111
""",
    "a decimal context with a name": DAILY
    + """
from decimal import getcontext

def run():
    context = getcontext()
    context.prec = 4  # FC209
""",
    "a handler in another hook": """
# hooks.py
before_job = ["myapp.tasks.gone"]  # FC003
""",
}
PASSED = {
    "what no job runs": """
# tasks.py
import os

known = {}

def helper():
    os.environ["TZ"] = "UTC"
    known["a"] = 1
""",
    "the functions beside a report without code": REPORT % ("", "Query Report"),
    "tests and patches": """
# tests/test_a.py
frappe.enqueue("myapp.gone", job_name="a")
# patches/v1.py
frappe.enqueue("myapp.gone", job_name="a")
# test_b.py
frappe.enqueue("myapp.gone", job_name="a")
""",
    "all or none": DAILY
    + """
def run():
    try:
        for name in frappe.get_all("Order", pluck="name"):
            frappe.get_doc("Order", name).submit()
    except Exception:
        frappe.db.rollback()
""",
    "a savepoint": DAILY
    + """
def run():
    for name in frappe.get_all("Order", pluck="name"):
        with savepoint(catch=Exception):
            frappe.get_doc("Order", name).submit()
""",
    "a job for each": DAILY
    + """
def run():
    for name in frappe.get_all("Order", pluck="name"):
        frappe.enqueue_doc("Order", name, "submit")
""",
    "a job for each in a batch, and by options": DAILY
    + """
from frappe_celery import batch, options

def run():
    with batch("Close", on_finished="myapp.tasks.work", on_ended={"method": "frappe.ping"}) as b:
        for name in frappe.get_all("Order", pluck="name"):
            b.enqueue(work, name=name)
            frappe.get_doc("Order", name).save()
    for name in frappe.get_all("Order", pluck="name"):
        options(depends_on=b.id).enqueue(work, name=name)
        frappe.get_doc("Order", name).save()

def work(name):
    pass
""",
    "a local of a global's name": DAILY
    + """
known = {}

def run():
    known = {}
    known["a"] = 1
""",
    "a dictionary of sites": DAILY
    + """
known = {}

def run():
    known[frappe.local.site] = frappe.db.get_default("currency")
""",
    "what hooks.py says is kept": """
# hooks.py
frappe_celery_keep = ["myapp.other.known", "myapp.api.answers"]
# api.py
from myapp.other import known as seen
answers = 0

@frappe.whitelist()
def country():
    global answers
    answers += 1
    seen["a"] = answers
# other.py
known = {}
""",
    "a thread that is waited for": DAILY
    + """
import threading
from concurrent.futures import ThreadPoolExecutor

def run():
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        pool.submit(print)
""",
    "a cache of what no site has": DAILY
    + """
from functools import lru_cache

def run():
    return roman(4), price("a.test")

@lru_cache
def roman(number):
    return "IV"

@lru_cache
def price(site):
    return frappe.db.get_value("Item", "a", "price")
""",
    "a commit that another caller needs": DAILY
    + """
def run():
    frappe.db.commit()

@frappe.whitelist()
def now():
    run()
""",
    "an attempt with an end": """
# tasks.py
def run(attempt=0):
    try:
        bank()
    except Exception:
        if attempt < 5:
            frappe.enqueue(run, attempt=attempt + 1)
""",
    "a document that is deleted": CONTROLLER
    + """
    def on_trash(self):
        frappe.enqueue("frappe.ping", doc=self, enqueue_after_commit=True)
""",
    "a name of another app's": """
# hooks.py
doc_events = {"Order": {"on_submit": "other.tasks.gone"}}
""",
    "a function that another module hands on": """
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.work"]}
# tasks.py
from myapp.other import work
# other.py
def work():
    pass
""",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_is_found(text: str, tmp_path: Path) -> None:
    report = examined(tmp_path, text)
    assert report.findings
    assert found(report) == marked(tmp_path / "myapp")


@pytest.mark.parametrize("text", PASSED.values(), ids=PASSED)
def test_passes(text: str, tmp_path: Path) -> None:
    assert found(examined(tmp_path, text)) == set()
