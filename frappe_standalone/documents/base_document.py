"""A document's fields: attributes, child rows, dictionaries. Storing is document.py's."""

from __future__ import annotations

import copy
import sys
import weakref
from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import statements
from frappe_standalone.documents.controllers import get_controller, stored
from frappe_standalone.documents.docstatus import DocStatus
from frappe_standalone.documents.formatters import format_value
from frappe_standalone.documents.matching import fits
from frappe_standalone.documents.meta import Meta, get_meta
from frappe_standalone.documents.precision import precision, round_floats_in
from frappe_standalone.missing import (
    ANY,
    asked_how,
    explain,
    is_ours,
    lacks,
    missing_name,
    unsupported,
)
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.numbers import cint
from frappe_standalone.utils.text import as_json, scrub

STANDARD_FIELDS = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx")
DEFAULT_FIELDS = ("doctype", *STANDARD_FIELDS)
CHILD_FIELDS = ("parent", "parentfield", "parenttype")
_RESERVED = ("doctype", "meta", "flags")
_PRIVATE = ("_user_tags", "__islocal", "__onload", "_liked_by", "__run_link_triggers", "__unsaved")


@cache
def _frappes_methods() -> frozenset[str]:
    """Those of Frappe's documents, of 15 to 17, that are not here."""
    return frozenset(Path(__file__).with_name("methods.txt").read_text().splitlines())


@lru_cache(maxsize=1024)
def properties(controller: type) -> frozenset[str]:
    """The names that a class answers, or sets, by code, and those that nobody sets."""
    names = dir(controller)
    by_code = (name for name in names if isinstance(getattr(controller, name, None), property))
    return frozenset((*_RESERVED, *by_code))


class BaseDocument:
    """A field that nobody set reads as None, as a declared field does in Frappe.

    Where an app describes the doctype (`<doctype>.json`), a name that is no field of it raises
    AttributeError. Where none does, a method that is not there, and `hasattr` of what nobody set,
    raise NeedsFrappeSite: nothing here knows.
    """

    doctype: str
    name: Any = None
    owner: Any = None
    creation: Any = None
    modified: Any = None
    modified_by: Any = None
    idx: Any = 0
    flags: _dict

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__["flags"] = _dict()
        self.doctype = values.get("doctype") or type(self).__name__
        self.update(values)
        if hasattr(type(self), "__setup__"):
            self.__setup__()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or (self.meta.is_known and not self.meta.has_field(name)):
            if name in _frappes_methods():
                raise missing_name(explain(f"{self.doctype}.{name}"))
            raise AttributeError(f"{self.__dict__.get('doctype')} has no field or method {name!r}")
        if not self.meta.is_known:
            self._check_undescribed(name)
        return self._empty_table(name)

    def _check_undescribed(self, name: str) -> None:
        """Refuse to answer what only a description of the doctype, or its controller, can."""
        how, file = asked_how(), scrub(self.doctype)
        if how == "call":
            note = f": no app has its controller, doctype/{file}/{file}.py with the class's method"
            raise missing_name(explain(f"the method {name!r} of {self.doctype!r}", note))
        if how == "hasattr":
            raise self._undescribed(f"to know whether {self.doctype!r} has {name!r}")

    def _check_field(self, key: str) -> None:
        """Refuse to answer of a field or table that neither a description nor a document names."""
        is_set = key in self.__dict__ or key in CHILD_FIELDS or str(key).startswith("_")
        if self.meta.is_known or is_set or key in statements.columns(self.doctype):
            return
        raise self._undescribed(
            f"the field {key!r} of {self.doctype!r}",
            f", and no document has brought it; doc.get({key!r}, default) gives that default",
        )

    def _undescribed(self, what: str, more: str = "") -> Exception:
        file = scrub(self.doctype)
        return unsupported(what, f": no app describes it, doctype/{file}/{file}.json{more}")

    def _empty_table(self, name: str) -> list[Any] | None:
        """The rows of a child table that has none yet; None for any other field."""
        return self.__dict__.setdefault(name, []) if name in self.meta.tables else None

    @property
    def docstatus(self) -> DocStatus:
        """0 a draft, 1 submitted, 2 cancelled; `doc.docstatus.is_submitted()` asks."""
        return DocStatus(cint(self.__dict__.get("docstatus")))

    @docstatus.setter
    def docstatus(self, value: Any) -> None:
        self.__dict__["docstatus"] = cint(value)

    @cached_property
    def meta(self) -> Meta:
        """What its doctype's JSON says of it; held from its first use on, as in Frappe."""
        return get_meta(self.__dict__.get("doctype") or "")

    # -- fields

    def get(
        self, key: Any, filters: Any = None, limit: int | None = None, default: Any = None
    ) -> Any:
        """A field's value; of a child table the rows that match `filters`.

        Raises:
            NeedsFrappeSite: nothing describes the doctype, none of its documents has brought such
                a field, and no default is given.
        """
        if isinstance(key, Mapping):
            return [row for row in self.get_all_children() if fits(row, key)][:limit]
        if filters and isinstance(filters, Mapping):
            return [row for row in self.__dict__.get(key) or () if fits(row, filters)][:limit]
        default = filters or default
        value = self.__dict__.get(key, default)
        if value is None and key in STANDARD_FIELDS:
            value = getattr(self, key)
        elif value is None:
            if default is filters is None and not is_ours(sys._getframe(1)):
                self._check_field(key)
            value = self._empty_table(key)
        return value[:limit] if isinstance(value, list) and limit else value

    def set(self, key: str, value: Any, as_value: bool = False) -> None:
        """Set a field, but no `doctype`; a list of dictionaries becomes child rows."""
        could_be = value is None or isinstance(value, (list, tuple))
        if could_be and not as_value and self._are_rows(key, value):
            self.__dict__[key] = []
            self.extend(key, value or ())
            return
        own: Any = type(self)
        if key not in properties(own):
            self.__dict__[key] = value
        elif key not in _RESERVED and (prop := getattr(own, key)).fset is not None:
            prop.fset(self, value)

    def _are_rows(self, key: str, value: Iterable[Any] | None) -> bool:
        if self.meta.is_known:
            return key in self.meta.tables
        rows = value or ()
        return bool(value) and all(isinstance(row, (Mapping, BaseDocument)) for row in rows)

    def update(self, d: Mapping[str, Any]) -> Any:
        """Set several fields from a dictionary."""
        for key, value in d.items():
            self.set(key, value)
        return self

    def update_if_missing(self, d: Mapping[str, Any]) -> None:
        """Set those that are not set."""
        for key, value in d.items():
            if self.get(key) is None:
                self.set(key, value)

    def delete_key(self, key: str) -> None:
        """Forget a field's value, as if it had never been set."""
        self.__dict__.pop(key, None)

    # -- child rows

    def append(self, key: str, value: Any = None, position: int = -1) -> Any:
        """Add a row to a child table, as the last one or before `position`, and return it.

        Raises:
            AttributeError: an app describes the doctype, without that table.
        """
        rows = self.__dict__.setdefault(key, [])
        row = self._child(key, value or {}, len(rows) + 1)
        if position == -1:
            rows.append(row)
        else:
            rows.insert(position, row)
            _count(rows)
        return row

    def extend(self, key: str, value: Iterable[Any]) -> None:
        """Add rows to a child table."""
        for row in value:
            self.append(key, row)

    def remove(self, doc: Any) -> None:
        """Take a row out of its child table; the others count anew."""
        rows = self.__dict__.get(doc.parentfield) or []
        if doc in rows:
            rows.remove(doc)
        _count(rows)

    def _child(self, key: str, value: Any, idx: int) -> Any:
        df = self.meta.get_field(key)
        if df is None and self.meta.is_known:
            raise AttributeError(f"{self.doctype} has no table {key!r}")
        doctype = (df and df.options) or f"{self.doctype} {key}"
        row: Any = value
        if not isinstance(value, BaseDocument):
            row = get_controller(doctype)({"doctype": doctype, **value})
        row.parent, row.parenttype, row.parentfield = self.name, self.doctype, key
        row.idx = cint(row.idx) or idx
        row._parent_doc = weakref.ref(self)
        if df is not None and not row.name:  # rows without a table have no names
            row.__dict__["__islocal"] = 1
        return row

    def get_all_children(
        self, parenttype: str | None = None, *, include_computed: bool = False
    ) -> list[Any]:
        """Every row of every child table, or of those of one doctype."""
        if include_computed:
            raise unsupported("get_all_children(include_computed=…)")
        tables = (rows for rows in self.__dict__.values() if isinstance(rows, list))
        found = [row for rows in tables for row in rows if isinstance(row, BaseDocument)]
        return [row for row in found if row.doctype == parenttype] if parenttype else found

    @property
    def parent_doc(self) -> Any:
        """The document that a child row is part of; read anew where the row was read alone."""
        held = self.__dict__.get("_parent_doc")
        found = held and held()
        if found is None and self.__dict__.get("parent"):
            return stored(self.parenttype, self.parent)
        return found

    # -- dictionaries

    @lacks(ignore_computed_child_tables=False)
    def as_dict(
        self,
        no_nulls: bool = False,
        no_default_fields: bool = False,
        convert_dates_to_str: bool = False,
        no_child_table_fields: bool = False,
        no_private_properties: bool = False,
    ) -> _dict:
        """All fields, child rows as dictionaries too."""
        how = [no_nulls, no_default_fields, convert_dates_to_str, no_child_table_fields]
        how += [no_private_properties]
        found = _dict({field: self.get(field) for field in STANDARD_FIELDS})
        found["doctype"] = self.doctype
        names = {*STANDARD_FIELDS, *CHILD_FIELDS, *self.meta.stored, *self.meta.tables}
        for key, value in self._values(names if self.meta.is_known else self.__dict__).items():
            if isinstance(value, list):
                value = [r.as_dict(*how) if isinstance(r, BaseDocument) else r for r in value]
            elif convert_dates_to_str and isinstance(value, (date, datetime, timedelta)):
                value = str(value)
            found[key] = value
        if no_default_fields:
            found = _dict((k, v) for k, v in found.items() if k not in DEFAULT_FIELDS)
        if no_child_table_fields:
            found = _dict((k, v) for k, v in found.items() if k not in CHILD_FIELDS)
        if not no_private_properties:
            found |= {k: v for k in _PRIVATE if (v := self.__dict__.get(k))}
        return _dict((k, v) for k, v in found.items() if v is not None) if no_nulls else found

    def _values(self, names: Container[str]) -> dict[str, Any]:
        """Which of these fields are set, numbers as such."""
        found = {
            key: value
            for key, value in self.__dict__.items()
            if key in names
            and not (key.startswith("_") or key in _RESERVED or isinstance(value, BaseDocument))
        }
        numbers = self.meta.numbers
        for key in numbers.keys() & found.keys():
            found[key] = numbers[key](found[key])
        return found

    @lacks(ignore_virtual=ANY)
    def get_valid_dict(
        self, sanitize: bool = True, convert_dates_to_str: bool = False, ignore_nulls: bool = False
    ) -> _dict:
        """All fields' values, without the rows of child tables."""
        if not sanitize:
            raise unsupported("get_valid_dict(sanitize=False)")
        found = self.as_dict(
            ignore_nulls, convert_dates_to_str=convert_dates_to_str, no_private_properties=True
        )
        del found["doctype"]
        return _dict({k: v for k, v in found.items() if not isinstance(v, list)})

    def as_json(self) -> str:
        """Its fields as JSON, with the child rows."""
        return as_json(self.as_dict())

    precision = precision
    round_floats_in = round_floats_in

    @lacks(translated=ANY)
    def get_formatted(
        self,
        fieldname: str,
        doc: Any = None,
        currency: str | None = None,
        absolute_value: bool = False,
        *,
        format: str | None = None,
    ) -> Any:
        """A field's value as people read it, by its type."""
        value, doc = self.get(fieldname), doc or self.parent_doc or self
        if (absolute_value or doc.get("absolute_value", 0)) and isinstance(value, (int, float)):
            value = abs(value)
        df = self.meta.get_field(fieldname)
        return format_value(value, df, doc, currency, format=format)

    def set_onload(self, key: str, value: Any) -> None:
        """Keep something for the form that shows it; nothing stores it."""
        self.get_onload()[key] = value

    def get_onload(self, key: str | None = None) -> Any:
        """What `set_onload` has kept, by its key or all of it."""
        kept = self.__dict__.setdefault("__onload", _dict())
        return kept[key] if key else kept

    def is_new(self) -> bool:
        """Whether it has never been stored; before 17 that is 1 or None."""
        held: Any = self.__dict__.get("__islocal")
        return bool(held) if settings.current().frappe_version > 16 else held

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        clone = type(self).__new__(type(self))
        memo[id(self)] = clone
        state = {key: value for key, value in self.__dict__.items() if key != "meta"}
        clone.__setstate__(copy.deepcopy(state, memo))
        return clone

    def __getstate__(self) -> dict[str, Any]:
        kept_out = ("_doc_before_save", "meta", "_parent_doc")
        return {key: value for key, value in self.__dict__.items() if key not in kept_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for row in self.get_all_children():
            row._parent_doc = weakref.ref(self)

    def __str__(self) -> str:
        return f"{self.doctype} ({self.name or 'unsaved'})"

    def __repr__(self) -> str:
        more = f" docstatus={self.docstatus}" if self.docstatus else ""
        more += f" parent={self.parent}" if self.__dict__.get("parent") else ""
        return f"<{type(self).__name__}: doctype={self.doctype} {self.name or 'unsaved'}{more}>"


def _count(rows: list[Any]) -> None:
    for number, row in enumerate(rows, 1):
        row.idx = number
