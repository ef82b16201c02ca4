"""What an app's `<doctype>.json` says of a doctype, where an app has one; else nothing is known.

The Custom Fields and Property Setters that apps bring as files belong to it (`doctypes` finds all).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.cache.cache import cache
from frappe_standalone.database.defaults import get_defaults
from frappe_standalone.database.schema import DECIMAL_PLACES, NAME_LENGTH, Column, wanted_of
from frappe_standalone.documents import doctypes
from frappe_standalone.documents.doctypes import (
    custom_fields,
    doctype_folder,
    known_doctypes,
    property_setters,
)
from frappe_standalone.documents.matching import fits
from frappe_standalone.local import local
from frappe_standalone.missing import lacks, missing_attribute
from frappe_standalone.site import app_hooks
from frappe_standalone.site.context import AppsKey, apps_of, current_apps
from frappe_standalone.utils.dates import get_datetime, getdate, now_datetime, nowdate, nowtime
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.text import cstr, scrub, unscrub

DECIMAL = ("Float", "Currency", "Percent")
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(DECIMAL, lambda value: value if type(value) is float else flt(value)),
    "Int": lambda value: value if type(value) is int else cint(value),
    "Check": lambda value: int(bool(cint(value))),
}
TABLES = ("Table", "Table MultiSelect")
NO_FIELDS = (
    *("Section Break", "Column Break", "Tab Break", "HTML", "Button", "Image", "Fold"),
    "Heading",
)
"""What only lays a form out."""
_SHORT = (
    *("Data", "Link", "Dynamic Link", "Select", "Read Only", "Color", "Icon", "Phone"),
    "Autocomplete",
)
_LONG = (
    *("Small Text", "Text", "Long Text", "Code", "Text Editor", "Markdown Editor"),
    *("HTML Editor", "Signature", "Geolocation", "Attach", "Attach Image", "Barcode", "Password"),
)
_LABELS = {
    **{"name": "ID", "creation": "Created On", "owner": "Created By", "idx": "Index"},
    **{"modified": "Last Updated On", "modified_by": "Last Updated By"},
    **{"docstatus": "Document Status", "_user_tags": "Tags", "_liked_by": "Liked By"},
    **{"_comments": "Comments", "_assign": "Assigned To"},
}
_TEXTS = (
    *("Data", "Text", "Small Text", "Long Text", "Text Editor"),
    *("Select", "Link", "Dynamic Link"),
)
"""Those that Frappe's `get_single_value` makes a text of."""
KINDS = {
    **dict.fromkeys((*_SHORT, *_LONG), "text"),
    **dict.fromkeys((*DECIMAL, "Duration", "Rating"), "decimal"),
    "Int": "int",
    "Long Int": "long int",
    "Check": "check",
    "Date": "date",
    "Datetime": "datetime",
    "Time": "time",
    "JSON": "json",
}
"""The fields that have a column."""


OUR_DOCTYPES = Path(__file__).parent.parent / "namespace"
"""Where our descriptions of Frappe's own doctypes are."""
_NOT_SO = dict.fromkeys(
    (
        *("docstatus", "idx", "is_virtual", "custom", "issingle", "istable", "is_submittable"),
        *("is_tree", "track_changes", "allow_rename", "editable_grid", "quick_entry"),
        *("hidden", "reqd", "read_only", "unique", "search_index", "no_copy", "allow_on_submit"),
        *("in_list_view", "in_standard_filter", "in_global_search", "print_hide", "permlevel"),
    ),
    0,
)
"""What a JSON leaves out of a doctype or of a field where it is not so."""
_UNSAID = {"autoname": "", "sort_field": "", "title_field": None, "sort_order": "desc"}
"""What a doctype is whose JSON does not say it."""


@dataclass(frozen=True)
class Meta:
    """A doctype as its JSON describes it."""

    name: str
    fields: tuple[_dict, ...] = ()
    roles: tuple[str, ...] = ()
    """The roles that its permissions name."""
    unique: tuple[str, ...] = ()
    """Fields of which a value is there once; an empty one counts as none."""
    is_known: bool = False
    """Whether an app describes it; otherwise any field may be set and read."""
    said: Mapping[str, Any] = field(default_factory=lambda: _NOT_SO, repr=False)
    """What its JSON says beside the fields, such as `autoname` and `track_changes`."""
    _by_name: dict[str, _dict] = field(default_factory=dict, repr=False)

    def get_field(self, fieldname: str) -> _dict | None:
        """What the doctype says of a field; None for no field of it."""
        return self._by_name.get(fieldname)

    def has_field(self, fieldname: str) -> bool:
        """Whether the doctype has that field."""
        return fieldname in self._by_name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not (name in self.said or name in _UNSAID):
            raise missing_attribute("frappe.get_meta()", name)
        said = self.said.get(name)
        found = self.__dict__[name] = said or _UNSAID.get(name, said)
        return found

    def get(
        self,
        key: str,
        filters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        default: Any = None,
    ) -> Any:
        """`get("fields", {"fieldtype": ["in", ["Date", "Time"]]})`, or what the doctype says."""
        if key == "fields":
            return [df for df in self.fields if fits(df, filters or {})][:limit]
        return getattr(self, key) if hasattr(self, key) else filters or default

    def get_link_fields(self) -> list[_dict]:
        """The fields that link to documents of one doctype."""
        return [df for df in self.fields if df.fieldtype == "Link"]

    def get_search_fields(self) -> list[str]:
        """The fields that a link field looks in."""
        said = [name.strip() for name in self.said.get("search_fields", "").split(",")]
        return list(dict.fromkeys([*filter(None, said), "name"]))

    def get_label(self, fieldname: str) -> str:
        """A field's label, also of those that every document has."""
        df = self.get_field(fieldname)
        return str((df and df.label) or _LABELS.get(fieldname, "No Label"))

    def get_options(self, fieldname: str) -> Any:
        """A field's options: choices, or the doctype that it links to."""
        df = self.get_field(fieldname)
        return df and df.options

    @lacks(include_computed=False)
    def get_table_fields(self) -> list[_dict]:
        """The fields that hold child rows."""
        return list(self.tables.values())

    def get_valid_columns(self) -> list[str]:
        """The names of its table's columns, as an app describes them."""
        return ["name", *(column.name for column in wanted_of(self.name))]

    def columns(self) -> list[Column]:
        """The columns of its table beside the standard ones."""
        return list(self._columns.values())

    def column_of(self, fieldname: str) -> Column | None:
        """The column that a field shall have, where it has one and an app describes it."""
        return self._columns.get(fieldname)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {
            df.fieldname: _column(df)
            for df in self.fields
            if df.fieldtype in KINDS and not df.is_virtual
        }

    @cached_property
    def tables(self) -> dict[str, _dict]:
        """By name the fields that hold child rows."""
        return {df.fieldname: df for df in self.fields if df.fieldtype in TABLES}

    @cached_property
    def unset(self) -> dict[str, None]:
        """The fields that a document holds beside its rows, each with nothing."""
        left_out = (*NO_FIELDS, *TABLES)
        return {df.fieldname: None for df in self.fields if df.fieldtype not in left_out}

    @cached_property
    def stored(self) -> frozenset[str]:
        """The fields that a row of its table may hold."""
        return frozenset(self._by_name).difference(self.tables)

    @cached_property
    def links(self) -> list[_dict]:
        """The fields that link to documents."""
        links = ("Link", "Dynamic Link")
        return [df for df in self.fields if df.fieldtype in links and not df.is_virtual]

    @cached_property
    def secrets(self) -> list[_dict]:
        """The fields whose values are kept apart."""
        return [df for df in self.fields if df.fieldtype == "Password"]

    @cached_property
    def numbers(self) -> dict[str, Callable[[Any], Any]]:
        """By name what makes a field's value the number that it holds."""
        return {
            name: _NUMBERS[df.fieldtype]
            for name, df in self._by_name.items()
            if df.fieldtype in _NUMBERS
        }

    @cached_property
    def fetched(self) -> dict[str, list[_dict]]:
        """By link, the fields that take their value from the document that it names."""
        found: dict[str, list[_dict]] = {}
        for df in self.fields:
            link, dot, _ = str(df.fetch_from or "").partition(".")
            if dot:
                found.setdefault(link, []).append(df)
        return found

    @cached_property
    def required(self) -> list[_dict]:
        """The fields that must not be empty."""
        return [df for df in self.fields if df.reqd and df.fieldtype != "Check"]

    @cached_property
    def constant(self) -> list[_dict]:
        """The fields that stay as they were first stored."""
        return [df for df in self.fields if df.set_only_once and df.fieldtype not in TABLES]

    @cached_property
    def limited(self) -> list[_dict]:
        """The fields that cannot hold every value of their type."""
        return [df for df in self.fields if _is_limited(df)]

    def get_title_field(self) -> str:
        """The field that titles a document."""
        return self.title_field or ("title" if self.has_field("title") else "name")

    def defaults(self, parent: Any = None) -> dict[str, Any]:
        """What a new document's fields hold; `parent` is the one that a new row is in."""
        names = self.unset.keys() - {self.title_field}
        return self.held(
            {df.fieldname: _default(df, parent) for df in self.fields if df.fieldname in names}
        )

    def held(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Fields as a document holds them: numbers as such, None where none was given."""
        found = dict(values)
        for name in self.numbers.keys() & found.keys():
            if found[name] is not None or self._by_name[name].fieldtype == "Check":
                found[name] = self.numbers[name](found[name])
        return found

    def cast_field(self, fieldname: str, value: Any) -> Any:
        """A stored value as the type that the field has."""
        df = self._by_name.get(fieldname)
        if fieldname in self.numbers:
            return self.numbers[fieldname](value)
        if df is None or value is None:
            return value
        if df.fieldtype == "Date" and not isinstance(value, date):
            return getdate(value)
        if df.fieldtype == "Datetime" and not isinstance(value, datetime):
            return get_datetime(value)
        return value

    def cast_setting(self, fieldname: str, value: Any) -> Any:
        """As `cast`, but a text is never None and never a number."""
        df = self._by_name.get(fieldname)
        return cstr(value) if df and df.fieldtype in _TEXTS else self.cast_field(fieldname, value)


def _is_limited(df: _dict) -> bool:
    if df.fieldtype == "Select":
        return bool(cstr(df.options).strip()) and df.fieldname != "naming_series"
    if df.fieldtype == "Data":
        return bool(df.options) and df.get("oldfieldtype") in (None, "Data")
    return df.fieldtype in ("Rating", "Phone") or bool(df.non_negative)


def _column(df: _dict) -> Column:
    kind = KINDS[df.fieldtype]
    return Column(
        df.fieldname,
        kind,
        size=(cint(df.length) or NAME_LENGTH) if df.fieldtype in _SHORT else None,
        null=kind not in ("check", "int", "long int", "decimal")
        or df.fieldtype in ("Duration", "Rating"),
        places=cint(df.precision) if df.precision and df.fieldtype in DECIMAL else DECIMAL_PLACES,
        index=bool(df.search_index),
        unique=bool(df.unique),
    )


_MOVING: dict[str, Callable[[_dict], Any]] = {
    "today": lambda df: nowdate(),
    "now": lambda df: nowtime() if df.fieldtype == "Time" else now_datetime(),
    "__user": lambda df: local.session.user,
}
"""Defaults that say what they are when a document is made; a day and a time of day as texts."""


def _default(df: _dict, parent: Any) -> Any:
    if df.fieldtype == "Link" and df.options != "User":
        kept = get_defaults().get(df.fieldname)
        if kept:
            return kept
    if df.fieldtype == "Time" and settings.current().frappe_version < 16:
        return nowtime()  # before 16 a Time is never empty, whatever its default
    if str(df.default).lower() in _MOVING:
        return _MOVING[str(df.default).lower()](df)
    if df.fieldtype == "Select" and df.default is None and df.options:
        return str(df.options).partition("\n")[0]
    return _of_another(df, parent) if str(df.default).startswith(":") else df.default


def _of_another(df: _dict, parent: Any) -> Any:
    """`:Company`: what that document says which the parent names, else the user's defaults."""
    doctype = df.default[1:]
    name = (get_defaults() if parent is None else parent).get(scrub(doctype))
    return local.db.get_value(doctype, name, df.fieldname) if name else None


# -- the descriptions


def get_meta(doctype: Any, cached: bool = True) -> Meta:
    """The description of a doctype, of a document or by name."""
    name = doctype if isinstance(doctype, str) else getattr(doctype, "doctype", doctype)
    return _meta(str(name), current_apps())


@lru_cache(maxsize=1024)
def _meta(doctype: str, apps: AppsKey) -> Meta:
    folder = doctype_folder(doctype, apps)
    path = folder and folder[1] / f"{scrub(doctype)}.json"
    if not path or not path.exists():
        return Meta(doctype)
    found = json.loads(path.read_text())
    listed = [*found.get("fields", ()), *custom_fields(apps).get(doctype, ())]
    listed = [_dict(_NOT_SO, **df) for df in reversed(listed) if df.get("fieldname")]
    by_name = {df.fieldname: df for df in listed}
    for setter in property_setters(apps).get(doctype, ()):
        _set_property(setter, found, by_name)
    order = {name: place for place, name in enumerate(found.get("field_order") or ())}
    fields = [*by_name.values()][::-1]
    fields.sort(key=lambda df: order.get(df.fieldname, len(order)))
    for place, df in enumerate(fields, 1):
        df.update(parent=doctype, idx=place)
        if path.is_relative_to(OUR_DOCTYPES):  # which are labelled as they are called
            df.setdefault("label", unscrub(df.fieldname))
    return Meta(
        name=doctype,
        fields=tuple(fields),
        roles=tuple(rule["role"] for rule in found.get("permissions") or () if rule.get("role")),
        unique=tuple(df.fieldname for df in fields if df.unique),
        is_known=True,
        said=_NOT_SO | {k: v for k, v in found.items() if not isinstance(v, (list, dict))},
        _by_name=by_name,
    )


def _set_property(setter: dict[str, Any], said: dict[str, Any], by_name: dict[str, _dict]) -> None:
    """What a Property Setter says of the doctype, or of one of its fields."""
    of_a_field = setter.get("doctype_or_field") == "DocField"
    target = by_name.get(setter["field_name"]) if of_a_field else said
    if target is not None and setter.get("doctype_or_field") in ("DocField", "DocType"):
        is_number = setter.get("property_type") in ("Check", "Int")
        target[setter["property"]] = cint(setter["value"]) if is_number else setter["value"]


def known_roles() -> set[str]:
    """The roles that the current site's apps name in their doctypes' permissions."""
    return _roles(current_apps())


@lru_cache(maxsize=16)
def _roles(apps: AppsKey) -> set[str]:
    return {role for doctype in known_doctypes() for role in _meta(doctype, apps).roles}


def forget() -> None:
    """Read the descriptions again when they are next asked for (`frappe.clear_cache`)."""
    _meta.cache_clear()
    _roles.cache_clear()
    doctypes.forget()


def clear_cache(user: str | None = None, doctype: str | None = None) -> None:
    """Forget what is kept of this site, and read hooks and doctypes anew."""
    app_hooks.forget()
    forget()
    local.apps = apps_of(local.conf)
    local.cache = {}
    if user is None and doctype is None:
        cache.delete_keys("")


def clear_document_cache(doctype: str, name: str | None = None) -> None:
    """Does nothing: `get_cached_doc` keeps no document here."""
