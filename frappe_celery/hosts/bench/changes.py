"""Changing a Scheduled Job Type, or what switches a site's scheduler, tells beat of the site.

A doc event in our hooks.py would act only on sites that installed the app, hence the seam.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import frappe

from frappe_celery.schedule.changed_sites import mark

Method = Callable[..., Any]

READ_BY_BEAT = ("Scheduled Job Type", "System Settings")


def mark_after_commit() -> None:
    """Tell beat of the current site once its transaction is committed."""
    frappe.db.after_commit.add(partial(mark, frappe.local.site))


def marking(original: Method | None) -> Method:
    """A function, or a method that a document may do without, that tells when it is through."""

    def replacement(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs) if original else None
        mark_after_commit()
        return result

    return wraps(original)(replacement) if original else replacement


def marking_what_beat_reads(set_value: Method) -> Method:
    """`Database.set_value` and `set_single_value`, which save past the documents.

    A run that sets its `last_execution` does not tell: beat knows of it.
    """

    @wraps(set_value)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        result = set_value(*args, **kwargs)
        given = (*args[1:], *kwargs.values())
        if any(doctype in given for doctype in READ_BY_BEAT) and "last_execution" not in given:
            mark_after_commit()
        return result

    return replacement
