"""Saving a Scheduled Job Type, or what switches a site's scheduler, tells beat of the site.

A doc event in our hooks.py would act only on sites that installed the app, hence the seam.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import frappe

from frappe_celery.schedule.told import tell

Method = Callable[..., Any]


def tell_after_commit() -> None:
    """Tell beat of the current site once its transaction is committed."""
    frappe.db.after_commit.add(partial(tell, frappe.local.site))


def telling(original: Method | None) -> Method:
    """A function, or a method that a document may do without, that tells when it is through."""

    def replacement(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs) if original else None
        tell_after_commit()
        return result

    return wraps(original)(replacement) if original else replacement


def telling_unless_it_ran(db_set: Method) -> Method:
    """`ScheduledJobType.db_set`, which each run calls with `last_execution`: beat knows of that."""

    @wraps(db_set)
    def replacement(self: Any, fieldname: Any, *args: Any, **kwargs: Any) -> None:
        db_set(self, fieldname, *args, **kwargs)
        if fieldname != "last_execution":
            tell_after_commit()

    return replacement
