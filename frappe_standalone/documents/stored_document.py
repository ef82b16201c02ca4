"""A document's rows in the database, its own and its child tables': read and written by themselves.

What happens around that, the events of its controller and the hooks, is `document`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from frappe_celery.host import settings
from frappe_standalone import exceptions
from frappe_standalone.database import known, rows, singles, store
from frappe_standalone.documents import passwords
from frappe_standalone.documents.base_document import (
    CHILD_FIELDS,
    STANDARD_FIELDS,
    BaseDocument,
    properties,
)
from frappe_standalone.documents.docstatus import DocStatus
from frappe_standalone.documents.naming import set_new_name
from frappe_standalone.local import local
from frappe_standalone.utils.frappedict import _dict


class StoredDocument(BaseDocument):
    """What of a document lies in tables.

    Raises:
        DoesNotExistError: there is none of that name on this site; NoSuchDoctype, which is an
            ImportError too, where nothing is known of the doctype.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and isinstance(args[0], str):
            unset = None if settings.current().frappe_version < 16 else False
            self.__dict__.update(flags=_dict(for_update=kwargs.get("for_update") or unset))
            self.doctype = args[0]
            self.name = args[1] if len(args) > 1 else args[0]
            self.load_from_db()
            return
        values = dict(args[0]) if args else kwargs
        if not values:
            raise ValueError("a document is made of a doctype and a name, or of a dictionary")
        super().__init__(values)

    def load_from_db(self) -> Any:
        """Read all fields anew; what was set and not stored is lost."""
        self.__dict__.pop("meta", None)
        row, meta = self._stored_row(), self.meta
        self.name = row["name"]
        start = meta.unset if "modified" in row else meta.defaults()
        values = meta.held({**start, **row})
        if meta.is_known:  # then rows lie in tables of their own
            own: Any = type(self)
            special = {name: values.pop(name) for name in values.keys() & properties(own)}
            self.__dict__.update(values)
            values = special
        for fieldname, value in values.items():
            self.set(fieldname, value)
        self._load_children()
        if hasattr(type(self), "__setup__"):
            self.__setup__()
        return self

    reload = load_from_db

    @property
    def _is_single(self) -> bool:
        return self.meta.issingle or bool(self.name == self.doctype)

    def _stored_row(self) -> Mapping[str, Any]:
        for_update = bool(self.flags.for_update)
        if self._is_single:
            kept = singles.single(self.doctype, for_update)
            if not kept:
                known.check_importable(self.doctype)
            texts = {key: str(v) for key, v in kept.items() if isinstance(v, (date, timedelta))}
            return {"name": self.doctype, **kept, **texts}  # so they lie in Frappe's tabSingles
        if isinstance(self.name, (Mapping, list, tuple)):
            rows = store.select(self.doctype, self.name, limit=1, for_update=for_update)
            row = rows[0] if rows else None
        else:
            row = store.get(self.doctype, self.name, for_update)
        if row is None:
            known.check_importable(self.doctype)
            raise exceptions.DoesNotExistError(f"{self.doctype} {self.name} not found")
        return row

    def _load_children(self) -> None:
        for df in self.meta.tables.values():
            rows = store.having(df.options, self._children_of(df), order_by="idx asc")
            self.__dict__[df.fieldname] = []
            self.extend(df.fieldname, rows)

    def _children_of(self, df: Any) -> dict[str, Any]:
        return {"parent": self.name, "parenttype": self.doctype, "parentfield": df.fieldname}

    def db_insert(self, ignore_if_duplicate: bool = False) -> None:
        """Write the row, without events and child rows."""
        if self._is_single:
            singles.set_single(self.doctype, self._row())
            return
        try:
            with self._named_if_refused():
                store.insert(self.doctype, self._row())
        except exceptions.DuplicateEntryError:
            if not ignore_if_duplicate:
                raise

    def db_update(self) -> None:
        """Write the row, without events and child rows."""
        if self._is_single:
            singles.set_single(self.doctype, self._row())
            return
        with self._named_if_refused():
            is_there = store.update(self.doctype, self.name, self._row())
        if not is_there:
            raise exceptions.DoesNotExistError(f"{self.doctype} {self.name} not found")

    @contextmanager
    def _named_if_refused(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.DuplicateEntryError, exceptions.UniqueValidationError) as exc:
            raise type(exc)(self.doctype, self.name, exc) from exc

    def db_delete(self) -> None:
        """Delete the row, its child rows and its secrets, without events."""
        if self._is_single:
            singles.delete_single(self.doctype)
        else:
            store.delete(self.doctype, {"name": self.name})
        for df in self.meta.tables.values():
            store.delete(df.options, self._children_of(df))
        passwords.forget_passwords(self)

    def _prepare_tables(self) -> None:
        if self._is_single:
            return
        rows.prepare(self.doctype, self._row())
        for df in self.meta.tables.values():
            rows.prepare(df.options, {})

    def _rows(self) -> list[Any]:
        """The child rows that have tables of their own."""
        return [row for table in self.meta.tables for row in self.get(table) or []]

    def update_children(self) -> None:
        """Write the child rows, and delete those that are not there any more."""
        for df in self.meta.tables.values():
            rows = self.get(df.fieldname) or []
            if not self.is_new():
                kept = [row.name for row in rows if row.name]
                store.delete_others(df.options, self._children_of(df), kept)
            for row in rows:
                row.docstatus, row.parent = self.docstatus, self.name
                self._write_child(row)

    def _write_child(self, row: Any) -> None:
        row.modified, row.modified_by = self.modified, self.modified_by
        may_be_there = not (row.is_new() or self.is_new())
        if not row.name:
            set_new_name(row)
        passwords.keep_passwords(row)
        if may_be_there:
            store.update(row.doctype, row.name, row._row())
            return
        row.creation, row.owner = row.creation or self.modified, row.owner or self.modified_by
        row.db_insert()
        row.__dict__.pop("__islocal", None)

    def db_get(self, fieldname: str) -> Any:
        """A field as it is in the database."""
        return local.db.get_value(self.doctype, self.name, fieldname)

    def get_db_value(self, key: str) -> Any:
        """A field as it is in the database."""
        return self.db_get(key)

    def db_update_all(self) -> None:
        """Write the row and its child rows, without events."""
        self.db_update()
        self.update_children()

    def _row(self) -> dict[str, Any]:
        if not self.meta.is_known:
            row = dict(self.as_dict(no_private_properties=True))
            del row["doctype"]
        else:
            row = {field: getattr(self, field) for field in STANDARD_FIELDS}
            row |= self._values(self.meta.stored)
        for field in CHILD_FIELDS:
            if (value := self.__dict__.get(field)) is not None:
                row[field] = value
            else:
                row.pop(field, None)
        row["docstatus"] = int(row["docstatus"] or DocStatus.DRAFT)
        return row
