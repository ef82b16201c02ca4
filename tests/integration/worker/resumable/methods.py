"""What the tests of resumable jobs run. A ledger outside of the database has each item's beginning,
a table what was committed."""

METHODS = '''
import os
import random
import signal
import time
from pathlib import Path

import frappe
import frappe_celery
from frappe_celery import each, options, step

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "effects.txt"


def note(line):
    with LEDGER.open("a") as ledger:
        ledger.write(f"{line}\\n")


def write(item):
    """One more of it, committed with its item or not at all."""
    count = int(frappe.db.get_default(f"item {item}") or 0)
    frappe.db.set_default(f"item {item}", count + 1)


def once(what):
    """Whether this is asked for the first time, in whichever process."""
    try:
        (ROOT / f"once {what}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@options(resumable=True)
def work(items, seconds=0.0, die_at=(), **how):
    note("method")
    for item in each(range(items), **how):
        write(item)
        note(item)
        time.sleep(seconds)
        if item in die_at and once(f"death at {item}"):
            os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True, retry=frappe_celery.Retry(max=2, delay=0))
def fails_now_and_then(items, fail_at, **how):
    for item in each(range(items), **how):
        write(item)
        if item in fail_at and once(f"failure at {item}"):
            raise ValueError(f"broken at {item}")


@options(resumable=True)
def always_dies(after=0):
    for item in each(range(10)):
        if item >= after:
            note("dies")
            os.kill(os.getpid(), signal.SIGKILL)
        write(item)


@options(resumable=True)
def swallows(items):
    for item in each(range(items)):
        try:
            write(item)
            time.sleep(0.4)
        except Exception:
            note("swallowed")


@options(resumable=True)
def commits_inside(items, die_at, on_doubt="raise"):
    for item in each(range(items), on_doubt=on_doubt):
        write(item)
        frappe.db.commit()
        if item == die_at and once("death"):
            os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True)
def goes_on_past(items, fail_at):
    for item in each(range(items), on_error="continue", commit_every=3):
        write(item)
        if item in fail_at:
            raise ValueError(f"broken at {item}")
    note("after the loop")


@options(resumable=True)
def rolls_back(items, at, commit_every, ordered=False):
    for item in each(range(items), commit_every=commit_every, ordered=ordered):
        write(item)
        note(item)
        if item == at and once("rollback"):
            frappe.db.rollback()


@options(resumable=True)
def meets_deadlocks(items, at, times, commit_every=4):
    note("method")
    for item in each(range(items), commit_every=commit_every):
        write(item)
        if item in at and any(once(f"deadlock {item} {time}") for time in range(times)):
            frappe.db.rollback()
            raise frappe.QueryDeadlockError("one of two that met")


@options(resumable=True)
def twice_the_same(keys):
    for item in each(keys):
        write(item)


@options(resumable=True)
def leaves_early(how):
    for item in each(range(5)):
        write(item)
        if item == 2:
            if how == "break":
                break
            return
    if once("death"):
        frappe.db.commit()
        os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True)
def in_steps():
    for _ in step("collect"):
        write("collect")
    for item in each([1, 2], name="rows"):
        write(item)
        if once("death"):
            os.kill(os.getpid(), signal.SIGKILL)
    for _ in step("close"):
        write("close")


@options(resumable=True)
def commits_then_vanishes(items, die_at):
    left = [item for item in range(items) if not frappe.db.get_default(f"item {item}")]
    for item in each(left):
        write(item)
        frappe.db.commit()
        if item == die_at and once("death"):
            os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True)
def always_rolls_back():
    for item in each(range(3)):
        if item == 1:
            frappe.db.rollback()


def tells(number, at_most=None):
    for done in range(1, number + 1):
        if at_most is None or done <= at_most:
            frappe_celery.report_progress(done, number, f"row {done}")


@options(resumable=True)
def two_loops():
    for item in each([1, 2]):
        pass
    for item in each([2, 3]):
        pass


@options(resumable=True)
def fails_always(items, fail_at):
    for item in each(range(items)):
        write(item)
        if item == fail_at:
            raise ValueError(f"broken at {item}")


@options(resumable=True)
def within_atomic():
    from django.db import transaction

    frappe.db.get_default("x")
    with transaction.atomic():
        for item in each([1]):
            pass


@options(resumable=True)
def rolls_back_what_is_in_doubt(on_doubt="again"):
    for item in each(range(4), on_doubt=on_doubt):
        write(item)
        if item == 2 and once("death"):
            frappe.db.commit()
            os.kill(os.getpid(), signal.SIGKILL)
        if item == 2 and once("rollback"):
            frappe.db.rollback()


@options(resumable=True)
def commits_and_another_rolls_back():
    for item in each(range(6), commit_every=6):
        write(item)
        if item == 2:
            frappe.db.commit()
            write("rest of 2")
        if item == 4:
            frappe.db.rollback()


@options(resumable=True)
def takes_too_long():
    for item in each(range(3), on_error="continue"):
        write(item)
        if item == 1:
            time.sleep(60)


@options(resumable=True)
def one_in_another():
    for item in each([1, 2]):
        for part in each([3, 4], name=f"parts of {item}"):
            write(part)


@options(resumable=True, retry=frappe_celery.Retry(max=2, delay=0))
def always_fails_in_part():
    note("method")
    for item in each(range(3), on_error="continue"):
        write(item)
        if item == 1:
            raise ValueError("broken")


@options(resumable=True)
def vanishes_from_its_order(die_at):
    left = [item for item in range(6) if not frappe.db.get_default(f"item {item}")]
    for item in each(left, ordered=True):
        write(item)
        if item == die_at:
            frappe.db.commit()
            os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True)
def breaks_after_a_commit():
    for item in each(range(4)):
        write(item)
        if item == 2:
            frappe.db.commit()
            break
    frappe.db.commit()
    if once("death"):
        os.kill(os.getpid(), signal.SIGKILL)


@options(resumable=True)
def swallows_its_leave(items):
    try:
        for item in each(range(items)):
            write(item)
            note(item)
            time.sleep(0.1)
    except BaseException:
        note("swallowed")


@options(resumable=True)
def by_chance(items, seed, **how):
    """Some of it is rolled back, or meets a deadlock, the first time."""
    chance = random.Random(seed)
    for item in each(range(items), **how):
        write(item)
        note(item)
        time.sleep(0.02)
        met = chance.random()
        if met < 0.1 and once(f"deadlock at {item}"):
            frappe.db.rollback()
            raise frappe.QueryDeadlockError("one of two that met")
        if met > 0.9 and once(f"rollback at {item}"):
            frappe.db.rollback()
    note("last")


@options(resumable=True)
def commits_by_chance(items, seed):
    chance = random.Random(seed)
    for item in each(range(items)):
        time.sleep(0.02)
        write(item)
        note(item)
        if chance.random() < 0.3:
            frappe.db.commit()
            time.sleep(0.02)
    note("last")


def is_not_resumable():
    for _ in each([1]):
        pass
'''
