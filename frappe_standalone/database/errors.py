"""Which database errors mean 'try again', the errors that task code knows them by, going on."""

from __future__ import annotations

import random
import re
import string
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from frappe_celery.host import ConfigError, NeedsFrappeSite
from frappe_standalone.exceptions import (
    DuplicateEntryError,
    QueryDeadlockError,
    QueryTimeoutError,
    RetryBackgroundJobError,
    UniqueValidationError,
)
from frappe_standalone.local import local
from frappe_standalone.missing import OF_A_SITE, explain, is_frappes, not_carried, noted

_DEADLOCK = re.compile(r"\(1213,|deadlock detected|could not serialize access", re.I)
_TIMEOUT = re.compile(
    r"\(1205,|\(1969,|database (table )?is locked|lock timeout|statement timeout", re.I
)
_LOST = re.compile(
    r"\((2002|2003|2005|2006|2013|0)\b|could not connect|connection .*(failed|refused|closed)"
    r"|server closed the connection|terminating connection|cursor already closed"
    r"|unable to open database file",
    re.I,
)
_NOT_LET_IN = re.compile(
    r"\((1040|1044|1045|1049|1053|1129|1130|1203|1226|2055)\b|too many (clients|connections)"
    r"|remaining connection slots|authentication failed|database system is"
    r"|(database|role) \"[^\"]*\" does not exist",
    re.I,
)
"""Beside `_LOST`: it answers, and refuses the connection."""
_MISSING_TABLE = re.compile(r"no such table|\(1146,|(?<!of )relation .* does not exist", re.I)
_MISSING_COLUMN = re.compile(
    r"no such column|has no column named|\(1054,|column .* does not exist", re.I
)
_NAMED_TABLE = re.compile(r"(?:table: |\.|relation \")(tab[A-Z][^'\"]*)")
"""As the three databases name the one that is not there."""
_DUPLICATE = re.compile(r"\(1062,|UNIQUE constraint failed|duplicate key value")
_OF_THE_NAME = re.compile(r"PRIMARY'\"\)$|failed: .*\.name$|_pkey\"")


class NoSuchTable(NeedsFrappeSite):
    """A doctype has no table: nothing describes it, and there is no document of it."""


class NoSuchColumn(NeedsFrappeSite):
    """A doctype has no such field: no app describes it, and a site may have it as a Custom Field.

    No ValidationError, for which apps have an answer: Frappe raises its driver's.
    """


def no_column(doctype: str, name: str, there: Iterable[str]) -> NoSuchColumn:
    """The error for a question about it; says which fields `there` are called alike."""
    alike = get_close_matches(name, sorted(there))
    field = f"{doctype} has no field {name!r}"
    text = (
        f"{field}{'; it has ' if alike else ''}{', '.join(alike)}."
        " A Custom Field in an app's fixtures/custom_field.json adds one"
    )
    return noted(NoSuchColumn(text), field)


def no_table(doctype: str) -> NoSuchTable:
    """The error for a question or a statement about such a doctype; says what makes its table."""
    way_out = (
        f"; the first document of {doctype!r} makes it, or `frappe-celery migrate"
        f" --doctype {doctype!r}`"
    )
    if is_frappes(doctype):
        way_out = "" if doctype in OF_A_SITE else "; an app that describes its doctype has it here"
    return noted(NoSuchTable(explain(f"the table `tab{doctype}`", way_out)))


def is_database_error(error: BaseException) -> bool:
    """Whether Django raised it for the database."""
    django_db = sys.modules.get("django.db")
    return django_db is not None and isinstance(error, django_db.DatabaseError)


def _says(error: BaseException, form: re.Pattern[str]) -> bool:
    return is_database_error(error) and form.search(str(error)) is not None


def is_deadlocked(error: BaseException) -> bool:
    """MariaDB 1213, PostgreSQL 40P01 and 40001, also inside Frappe's own class."""
    return isinstance(error, QueryDeadlockError) or _says(error, _DEADLOCK)


def is_timedout(error: BaseException) -> bool:
    """MariaDB 1205, PostgreSQL 55P03, SQLite's 'database is locked'."""
    return isinstance(error, QueryTimeoutError) or _says(error, _TIMEOUT)


def is_retryable(error: BaseException) -> bool:
    """Whether a job that raised it is to be rolled back and run again."""
    return isinstance(error, RetryBackgroundJobError) or is_deadlocked(error) or is_timedout(error)


def is_lost(error: BaseException) -> bool:
    """The database does not answer, or closed the connection."""
    return type(error).__name__ in ("OperationalError", "InterfaceError") and _says(error, _LOST)


def keeps_out(error: BaseException) -> bool:
    """The database lets nobody in: it is away, full, starting, or refuses the site's password.

    Also where that kept a site's own database from being made.
    """
    said = error.__cause__ if isinstance(error, ConfigError) and error.__cause__ else error
    return is_lost(said) or _says(said, _NOT_LET_IN)


def is_missing_table(error: BaseException) -> bool:
    """The statement names a table that is not there."""
    return isinstance(error, NoSuchTable) or _says(error, _MISSING_TABLE)


def is_missing_column(error: BaseException) -> bool:
    """The statement, or the question, names a column that is not there."""
    return isinstance(error, NoSuchColumn) or _says(error, _MISSING_COLUMN)


def is_missing(error: BaseException) -> bool:
    """The one or the other."""
    return is_missing_table(error) or is_missing_column(error)


def is_primary_key_violation(error: BaseException) -> bool:
    """Whether a document of that name was there already."""
    return isinstance(error, DuplicateEntryError)


def is_duplicate_entry(error: BaseException) -> bool:
    """The name, or a unique field's value, is there already."""
    return isinstance(error, (DuplicateEntryError, UniqueValidationError))


def _where() -> str:
    config = sys.modules["django.db"].connections["default"].settings_dict
    host = f"{config['HOST']}:{config['PORT'] or 'default port'}/" if config["HOST"] else ""
    return f"{host}{config['NAME']}"


class translated:  # noqa: N801 (as contextlib's are called; a generator costs three times as much)
    """Raise Frappe's errors for what the database says in the block."""

    def __init__(self, query: str = "") -> None:
        self.query = query

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and is_database_error(error):
            _translate(error, self.query)


def _translate(error: BaseException, query: str) -> None:
    """Raise another error where there is a better one."""
    if is_deadlocked(error):
        raise QueryDeadlockError(error) from error
    if is_timedout(error):
        raise QueryTimeoutError(error) from error
    if _DUPLICATE.search(str(error)):
        of_the_name = _OF_THE_NAME.search(str(error))
        raise (DuplicateEntryError if of_the_name else UniqueValidationError)(error) from error
    if is_lost(error):
        said = f"the database {_where()} does not answer: "
        if str(error).startswith(said):
            return
        raise type(error)(f"{said}{error}") from error
    if not query:
        return
    if is_missing_table(error) and (named := _NAMED_TABLE.search(str(error))):
        raise no_table(named[1].removeprefix("tab")) from error
    if local.db.vendor == "mysql" or isinstance(error, sys.modules["django.db"].IntegrityError):
        return
    if is_missing_column(error):
        raise type(error)(
            f"{error}; where no app describes the doctype, the first document with a value"
            " makes its column, or `frappe-celery migrate --doctype '…' field=kind`; the"
            f" statement is: {query}"
        ) from error
    if is_missing_table(error):
        raise type(error)(f"{error}; the statement is: {query}") from error
    raise not_carried(query, local.db.vendor, str(error)) from error


# -- going on after one


@contextmanager
def savepoint(
    catch: type[BaseException] | tuple[type[BaseException], ...] = Exception,
) -> Iterator[None]:
    """`frappe.database.database.savepoint`: undo the block, and go on, when it raises `catch`."""
    name = "".join(random.sample(string.ascii_lowercase, 10))
    local.db.savepoint(name)
    try:
        yield
    except catch:
        local.db.rollback(save_point=name)
    else:
        local.db.release_savepoint(name)
