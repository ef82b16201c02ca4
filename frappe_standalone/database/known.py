"""Whether there is such a doctype: an app describes it, or a document of it has made its table.

What a question about another one raises is what Frappe raises, call by call (16.9 and 17); about
one of Frappe's own, which a site would have, NeedsFrappeSite.
"""

from __future__ import annotations

from frappe_standalone.database import schema, statements, virtual
from frappe_standalone.database.errors import no_table
from frappe_standalone.exceptions import DoesNotExistError
from frappe_standalone.missing import is_frappes, not_described


class NoSuchDoctype(DoesNotExistError, ImportError):
    """No such doctype: Frappe raises ImportError, for its controller, where one is read.

    Here it is caught as a missing document too: the first one that is inserted makes the doctype.
    """


def is_there(doctype: str) -> bool:
    """Whether anything is known of a doctype."""
    return (
        doctype in virtual.READ
        or doctype in schema.CORE
        or schema.described(doctype).is_known
        or bool(statements.columns(doctype))
    )


def check_described(doctype: str) -> None:
    """Raises NeedsFrappeSite for a doctype of Frappe's own that is not here."""
    if is_frappes(doctype) and not is_there(doctype):
        raise not_described(doctype)


def check(doctype: str) -> None:
    """Raises DoesNotExistError where it is not there: for what asks Frappe's `get_meta`."""
    check_described(doctype)
    if not is_there(doctype):
        raise DoesNotExistError(_lacking(doctype))


def check_importable(doctype: str) -> None:
    """Raises NoSuchDoctype where it is not there: for what asks Frappe for a controller."""
    check_described(doctype)
    if not is_there(doctype):
        raise NoSuchDoctype(_lacking(doctype))


def check_table(doctype: str) -> None:
    """Raises NoSuchTable where it is not there: for what asks the database at once."""
    check_described(doctype)
    if not is_there(doctype):
        raise no_table(doctype)


def _lacking(doctype: str) -> str:
    return (
        f"DocType {doctype} not found: no app describes it, and there is no document of it;"
        " inserting one makes it"
    )
