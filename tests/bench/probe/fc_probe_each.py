"""Jobs that go on, for the tests in a bench."""

import time

import fc_probe
import frappe

from frappe_celery import each, options, report_progress


def note(ledger, line):
    """Outside of the database."""
    with open(ledger, "a") as file:
        file.write(f"{line}\n")


@options(resumable=True)
def write_each(label, items, ledger, seconds=0.0, **how):
    note(ledger, "method")
    for item in each(range(items), **how):
        fc_probe.write(f"{label} {item:04}")
        note(ledger, item)
        time.sleep(seconds)


@options(resumable=True)
def meet_others(label, items, ledger, name):
    """Each reads a row late that another writer changes: 1020 or 1213, now and then."""
    note(ledger, "method")
    for item in each(range(items), commit_every=3):
        frappe.db.get_value("ToDo", name, "description")
        fc_probe.write(f"{label} {item:04}")
        time.sleep(0.02)
        frappe.db.set_value("ToDo", name, "description", f"shared {item}")
        note(ledger, item)


@options(resumable=True)
def commit_inside(label, items, ledger):
    for item in each(range(items)):
        fc_probe.write(f"{label} {item:04}")
        frappe.db.commit()
        note(ledger, item)
        time.sleep(0.05)


@options(resumable=True)
def go_past(label, items, wrong):
    for item in each(range(items), on_error="continue", commit_every=4):
        fc_probe.write(f"{label} {item:04}")
        if item in wrong:
            frappe.throw(f"broken {item}")


def tell(docname):
    for done in range(1, 4):
        report_progress(done, 3, "rows", doctype="ToDo", docname=docname)


def tell_of_a_task():
    for done in range(1, 4):
        report_progress(done, 3, "rows")


def set_again_and_again(name, until):
    """The other writer: not so often that it meets each attempt of a transaction."""
    while time.time() < until:
        frappe.db.set_value("ToDo", name, "description", f"by another {time.time()}")
        frappe.db.commit()
        time.sleep(0.15)
