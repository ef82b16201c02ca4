"""`frappe.log_error`: rows of the Error Log. It never raises into the job that calls it."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

from frappe_celery.host import escaped
from frappe_standalone.local import local

logger = logging.getLogger(__name__)

TITLE_LENGTH = 140


def get_traceback(with_context: bool = False) -> str:
    """The exception being handled as text, with its causes; '' when there is none."""
    return "" if sys.exc_info()[1] is None else _storable(traceback.format_exc())


def _storable(text: str) -> str:
    """With what some database refuses written out."""
    return escaped(text).replace("\0", r"\x00")


def log_error(
    title: Any = None,
    message: Any = None,
    reference_doctype: str | None = None,
    reference_name: str | None = None,
    *,
    defer_insert: bool = False,
) -> Any:
    """Write an Error Log row and return it; None when that is impossible, and the log says why.

    Called with title and message the wrong way round, as task code often does (a title of
    several lines is a traceback), they are put right. Without a message it is the exception
    being handled. As in Frappe, whose table of them has no transactions, a rollback keeps it.
    """
    text: Any = message
    try:
        from frappe_standalone.documents.controllers import plain

        title, text = sort_out(title, message)
        about = {"reference_doctype": reference_doctype, "reference_name": reference_name}
        values = {"doctype": "Error Log", "method": title, "error": text, **about}
        row = plain(values).insert(ignore_permissions=True)
        local.db._write_after_rollback(lambda: _write_again(row))
        return row
    except Exception:
        logger.exception(
            "the Error Log could not be written on %s: %r\n%s", local.site, title, text
        )
        return None


def _write_again(row: Any) -> None:
    try:
        row.db_insert()
    except Exception:
        logger.exception("the Error Log %s was rolled back on %s", row.method, local.site)


def sort_out(title: Any, message: Any) -> tuple[str, str]:
    """What is the title and what the text."""
    title, text = _storable(str(title or "")), _storable(str(message or ""))
    if "\n" in title.strip():
        title, text = text, title
    if not text:
        text = get_traceback()
    if len(title) > TITLE_LENGTH:
        text = f"{title}\n\n{text}" if text else title
    elif not text:
        text = title
    return (title or "Error")[:TITLE_LENGTH], text


def report_swallowed(error: Exception) -> None:
    """Have the failure mail sent for an exception after which the job still ends as finished."""
    from frappe_celery.host import current_job, error_mail

    error_mail.report_swallowed(current_job(), error)
