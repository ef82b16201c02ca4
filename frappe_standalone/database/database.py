"""`frappe.db`: values, rows and raw SQL of the current site, inside its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import errors, known, schema, singles, statements, store
from frappe_standalone.database.filters import as_sql, check_plain, descending
from frappe_standalone.database.raw_sql import RawSql
from frappe_standalone.exceptions import InvalidColumnName
from frappe_standalone.missing import ANY, is_frappes, lacks, unsupported
from frappe_standalone.utils.frappedict import _dict

_VALUES_AT_ONCE = 30_000
"""What every database takes in one statement."""


class Database(RawSql):
    """One visit's database. Nothing is opened before something asks for data."""

    @lacks(run=True, skip_locked=False, wait=True)
    def get_value(
        self,
        doctype: str,
        filters: Any = None,
        fieldname: str | list[str] | tuple[str, ...] = "name",
        ignore: bool = False,
        as_dict: bool = False,
        debug: bool = False,
        order_by: str | None = None,
        cache: bool = False,
        for_update: bool = False,
        *,
        pluck: bool = False,
        distinct: bool = False,
    ) -> Any:
        """One field, or several as a tuple or dictionary, of the first matching document.

        `filters` None, or the doctype itself, means the Single of that name.
        """
        how: dict[str, Any] = {"order_by": order_by, "for_update": for_update, "pluck": pluck}
        how |= {"distinct": distinct, "limit": 1}
        rows = self.get_values(doctype, filters, fieldname, ignore, as_dict, **how)
        if not rows:
            return None
        row = rows[0]
        return row if as_dict or fieldname == "*" or len(row) > 1 else row[0]

    @lacks(run=True, skip_locked=False, wait=True)
    def get_values(
        self,
        doctype: str,
        filters: Any = None,
        fieldname: str | list[str] | tuple[str, ...] = "name",
        ignore: bool = False,
        as_dict: bool = False,
        debug: bool = False,
        order_by: str | None = None,
        update: Mapping[str, Any] | None = None,
        cache: bool = False,
        for_update: bool = False,
        *,
        pluck: bool = False,
        distinct: bool = False,
        limit: int | None = None,
    ) -> Any:
        """As `get_value`, of every matching document; those of `distinct` are not sorted.

        A list of nothing matches none, a dictionary of nothing all. With `ignore` it is None where
        the table or a column is missing.

        Raises:
            NoSuchTable: nothing describes the doctype, and there is no document of it; that is a
                missing table to `frappe.db.is_table_missing`.
        """
        rows: list[Any]
        doctype, filters = schema.doctype_of(doctype), _filled(filters)
        fieldname = fieldname or "name"
        if isinstance(filters, list) and not filters:
            return store.shaped((), as_dict=as_dict, pluck=pluck)
        if _is_single(doctype, filters):
            of_15 = settings.current().frappe_version < 16  # which gives the texts that are kept
            is_text = of_15 and schema.described(doctype).is_known
            found = self.get_singles_dict(doctype, cast=not is_text)
            if not found:
                known.check(doctype)
            if fieldname != "*":
                wanted = [fieldname] if isinstance(fieldname, str) else fieldname
                found = _dict((name, found[name]) for name in wanted if name in found)
            if not (as_dict or fieldname == "*"):
                return [[found.get(name) for name in wanted]] if found else []
            rows = [found] if found else []
        else:
            check_plain(fieldname, order_by)
            of_15 = isinstance(filters, list) and settings.current().frappe_version < 16
            how: dict[str, Any] = {"fields": fieldname, "for_update": for_update, "limit": limit}
            how |= {"order_by": None if distinct else descending(order_by), "distinct": distinct}
            try:
                known.check_table(doctype)
                rows = store.select(doctype, as_sql(filters), in_any_order=distinct or of_15, **how)
            except Exception as error:
                if not (ignore and errors.is_missing(error)):
                    raise
                return None
        is_dict = as_dict or fieldname == "*"
        return store.shaped(rows, as_dict=is_dict, pluck=pluck and not is_dict, update=update)

    def get(
        self, doctype: str, filters: Any = None, as_dict: bool = True, cache: bool = False
    ) -> Any:
        """All fields of the first matching document."""
        return self.get_value(doctype, filters, "*", as_dict=as_dict)

    @lacks(debug=ANY, run=True)
    def get_single_value(
        self, doctype: str, fieldname: str, cache: bool = True, *, for_update: bool = False
    ) -> Any:
        """A field of a Single, as the type that it has: '' or 0 where it was never set.

        Raises:
            InvalidColumnName: the app that describes the Single gives it no such field.
            DoesNotExistError: nothing describes it, and nothing was saved of it.
        """
        found = singles.single(doctype, for_update)
        if not found:
            known.check(doctype)
        value = found.get(fieldname)
        meta = schema.described(doctype)
        if value is None and not meta.is_known and is_frappes(doctype):
            raise unsupported(f"{fieldname} of {doctype}, where nothing was set,")
        has_it = meta.has_field(fieldname) or fieldname in (each.name for each in schema.STANDARD)
        if meta.is_known and value is None and not has_it:
            raise InvalidColumnName(f"{doctype} has no field {fieldname!r}")
        return meta.cast_setting(fieldname, value)

    get_singles_value = get_single_value

    def get_singles_dict(
        self, doctype: str, debug: bool = False, *, for_update: bool = False, cast: bool = False
    ) -> _dict:
        """All fields of a Single, as the texts that are kept or, by `cast`, as their types."""
        if not cast:
            return _dict(singles.texts(doctype, for_update))
        cast_setting = schema.described(doctype).cast_setting
        kept = singles.single(doctype, for_update)
        return _dict({k: cast_setting(k, value) for k, value in kept.items()})

    def set_single_value(
        self,
        doctype: str,
        fieldname: str | Mapping[str, Any],
        value: Any = None,
        *,
        modified: Any = None,
        modified_by: str | None = None,
        update_modified: bool = True,
        debug: bool = False,
    ) -> None:
        """Set a field of a Single, or several by a dictionary."""
        values = fieldname if isinstance(fieldname, Mapping) else {fieldname: value}
        stamp = _stamp(modified, modified_by, update_modified)
        singles.set_single(doctype, {**values, **stamp})

    def set_value(
        self,
        dt: str,
        dn: Any,
        field: str | Mapping[str, Any],
        val: Any = None,
        modified: Any = None,
        modified_by: str | None = None,
        update_modified: bool = True,
        debug: bool = False,
    ) -> None:
        """Set fields of one document, or of all that match filters, without its controller."""
        dt = schema.doctype_of(dt)
        values = dict(field) if isinstance(field, Mapping) else {field: val}
        values |= _stamp(modified, modified_by, update_modified)
        if _is_single(dt, dn):
            self.set_single_value(dt, values, update_modified=False)
            return
        known.check_table(dt)
        store.set_where(dt, as_sql(dn), values)

    def bulk_update(
        self,
        doctype: str,
        doc_updates: Mapping[str, Mapping[str, Any]],
        *,
        chunk_size: int = 100,
        modified: Any = None,
        modified_by: str | None = None,
        update_modified: bool = True,
        debug: bool = False,
    ) -> None:
        """Set fields of many documents: `{name: {field: value}}`."""
        for name, values in doc_updates.items():
            self.set_value(doctype, name, values, None, modified, modified_by, update_modified)

    def exists(
        self, dt: Any, dn: Any = None, cache: bool = False, *, debug: bool = False
    ) -> str | None:
        """The name of a matching document, None when there is none."""
        if isinstance(dt, Mapping):
            filters = dict(dt)
            return self.exists(filters.pop("doctype"), filters)
        doctype, dn = schema.doctype_of(dt), _filled(dn)
        if dn is None:
            return singles.single(doctype).get("name")
        if isinstance(dn, list) and not dn:
            return None
        if _is_single(dt, dn):
            return str(dn)
        known.check_described(doctype)
        fields: Any = ["name"]
        try:
            found = store.select(doctype, as_sql(dn), fields=fields, limit=1, in_any_order=True)
        except errors.NoSuchColumn:
            return None
        return found[0]["name"] if found else None

    def table_exists(self, doctype: str, cached: bool = True) -> bool:
        """Whether the database has the doctype's table; of a Single there is none."""
        return bool(statements.columns(doctype, anew=not cached))

    def has_column(self, doctype: str, column: str) -> bool:
        """Whether the doctype's table has that column."""
        known.check_table(doctype)
        return column in statements.columns(doctype)

    def count(
        self,
        dt: str,
        filters: Any = None,
        debug: bool = False,
        cache: bool = False,
        distinct: bool = True,
    ) -> int:
        """How many documents match the filters."""
        known.check_table(doctype := schema.doctype_of(dt))
        return store.count(doctype, as_sql(filters), distinct)

    def delete(
        self, doctype: str, filters: Any = None, debug: bool = False, conditions: Any = None
    ) -> int:
        """Delete the matching documents without their controllers; how many they were."""
        filters = as_sql(conditions if filters is None else filters)
        known.check_table(doctype := schema.doctype_of(doctype))
        return store.delete(doctype, filters)

    def bulk_insert(
        self,
        doctype: str,
        fields: list[str],
        values: Iterable[Sequence[Any]],
        ignore_duplicates: bool = False,
        *,
        chunk_size: int = 1000,
    ) -> None:
        """Insert rows with these fields, and nothing else, without controllers."""
        rows = iter(values)
        most = _VALUES_AT_ONCE // len(fields)
        while chunk := list(islice(rows, min(chunk_size, most))):
            each = [dict(zip(fields, row, strict=True)) for row in chunk]
            store.insert_all(doctype, each, ignore_duplicates)

    def truncate(self, doctype: str) -> None:
        """Delete every document of a doctype on this site."""
        known.check_table(doctype)
        store.delete(doctype, None)

    get_all = staticmethod(store.get_all)
    get_list = staticmethod(store.get_list)

    def a_row_exists(self, doctype: str) -> Any:
        """A row of any document of that doctype; no row where there is none."""
        return store.get_all(doctype, limit=1, order_by=None, as_list=True)

    # -- defaults

    get_default = staticmethod(store.get_default)
    set_default = staticmethod(store.set_default)

    def get_global(self, key: str, user: str = "__global") -> Any:
        """A value that `set_global` has kept; None for none."""
        return store.get_default(key, user)

    def set_global(self, key: str, val: Any, user: str = "__global") -> None:
        """Keep a value for the whole site."""
        store.set_default(key, val, user)


def _stamp(modified: Any, modified_by: str | None, update_modified: bool) -> dict[str, Any]:
    if not update_modified:
        return {}
    given = {"modified": modified, "modified_by": modified_by}
    return store.modified_now() | {field: value for field, value in given.items() if value}


def _is_single(doctype: Any, filters: Any) -> bool:
    """Whether these filters mean the Single of that name."""
    is_name = isinstance(filters, str) and filters == doctype and doctype != "DocType"
    return filters is None or is_name


def _filled(filters: Any) -> Any:
    """Without the None of a list."""
    is_list = isinstance(filters, list)
    return [each for each in filters if each is not None] if is_list else filters
