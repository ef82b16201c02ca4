"""`frappe.db.sql`: statements of MariaDB's on whatever the site's database is, and its errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from frappe_standalone.database import errors, store
from frappe_standalone.database.dialect import literal
from frappe_standalone.database.transaction import Transaction
from frappe_standalone.exceptions import InvalidColumnName, QueryDeadlockError, QueryTimeoutError
from frappe_standalone.missing import missing_attribute
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import cstr

_READS = re.compile(r"[\s(]*(select|show|explain|with|pragma|values|describe|desc)\b", re.I)
_LOCKS = re.compile(r"\bfor\s+update\b", re.I)
_CHANGES_TABLES = re.compile(r"\s*(alter|drop|create|truncate|start|begin)\b", re.I)


class RawSql(Transaction):
    """The part of `frappe.db` that knows neither doctypes nor documents."""

    InternalError = (QueryDeadlockError, QueryTimeoutError)
    """What Frappe catches to run a job again."""
    InvalidColumnName = InvalidColumnName
    TableMissingError = errors.NoSuchTable
    auto_commit_on_many_writes = False
    """May be set: here no transaction is too long."""
    is_deadlocked = staticmethod(errors.is_deadlocked)
    is_timedout = staticmethod(errors.is_timedout)
    is_table_missing = is_missing_table = staticmethod(errors.is_missing_table)
    is_missing_column = staticmethod(errors.is_missing_column)
    is_primary_key_violation = staticmethod(errors.is_primary_key_violation)
    is_duplicate_entry = is_unique_key_violation = staticmethod(errors.is_duplicate_entry)
    is_interface_error = staticmethod(errors.is_lost)

    def __getattr__(self, name: str) -> Any:
        raise missing_attribute("frappe.db", name)

    @property
    def vendor(self) -> str:
        """Which database it is, by Django's name."""
        return self._open(write=False).vendor

    @property
    def db_type(self) -> str:
        """`sqlite`, `mariadb` or `postgres`, as Frappe calls them."""
        return {"mysql": "mariadb", "postgresql": "postgres"}.get(self.vendor, self.vendor)

    def sql(
        self,
        query: str,
        values: Any = (),
        *,
        as_dict: bool = False,
        as_list: bool = False,
        pluck: bool = False,
        debug: bool = False,
        ignore_ddl: bool = False,
        auto_commit: bool = False,
        update: Mapping[str, Any] | None = None,
        explain: bool = False,
        run: bool = True,
        as_iterator: bool = False,
    ) -> Any:
        """Run a statement of MariaDB's on whatever the site's database is.

        `%s` and `%(name)s` are filled in, lists too (`in %s`). `run=False` gives the statement,
        `ignore_ddl` nothing where a table or column is missing.

        Raises:
            NeedsFrappeSite: the statement cannot be carried to this database, or names a `tab…`
                table that is not there.
        """
        query = str(query).strip()
        if not run:
            return query
        has_values = values is not None and values != ()
        if has_values and not isinstance(values, (tuple, list, dict)):
            values = (values,)
        reads = _READS.match(query) is not None
        # on PostgreSQL even a SELECT that fails would have the commit roll everything back
        writes = not reads or self.vendor == "postgresql" or _LOCKS.search(query) is not None
        if _CHANGES_TABLES.match(query):
            self._check_implicit_commit(query)
        try:
            with errors.translated(query):
                names, rows, _ = store.run_sql(query, values if has_values else None, writes)
        except Exception as error:
            if not (ignore_ddl and errors.is_missing(error)):
                raise
            return ()
        if auto_commit:
            self.commit()
        found: Any = tuple(rows)
        if pluck:
            found = [row[0] for row in rows]
        elif as_dict:
            found = [_dict(zip(names, row, strict=True)).update(update or {}) for row in rows]
        elif as_list:
            found = [list(row) for row in rows]
        return iter(found) if as_iterator else found

    def sql_list(self, query: str, values: Any = (), **kwargs: Any) -> list[Any]:
        """The first column of a statement's rows."""
        found: list[Any] = self.sql(query, values, pluck=True, **kwargs)
        return found

    def multisql(self, sql_dict: Mapping[str, str], values: Any = (), **kwargs: Any) -> Any:
        """MariaDB's statement, which is carried to any other database; else that for this one."""
        return self.sql(sql_dict.get("mariadb") or sql_dict[self.db_type], values, **kwargs)

    @staticmethod
    def escape(s: Any, percent: bool = True) -> str:
        """A value as a quoted text, to stand in a statement of MariaDB's; '' for None.

        `percent` doubles each `%`, as a statement with values must have it. What it gives is safe
        in single quotes, those that it has, and nowhere else.
        """
        return literal(cstr(s), percent)
