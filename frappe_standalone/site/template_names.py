"""What a template finds, by Frappe's names: those that read. `templates` renders with it.

The names are those of Frappe 15 and 16 (`get_safe_globals`, `jinja` in its hooks), without those
that write, run something or open files: `template_names.txt` has most of them.
"""

from __future__ import annotations

import copy
import json
import mimetypes
import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from frappe_standalone.local import local
from frappe_standalone.site.app_hooks import get_hooks
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.safe_eval import LEAD_OUT, in_templates
from frappe_standalone.utils.text import as_json, generate_hash, scrub

_GIVEN = {
    path: names.split()
    for path, names in re.findall(
        r"(?m)^\[(.+)\]\n([^[]*)", Path(__file__).with_suffix(".txt").read_text()
    )
}
"""By module or object, the names of it that a template gets."""
_BUILTINS = (abs, all, any, bool, dict, enumerate, isinstance, issubclass, list, max, min, set,
             sorted, sum, tuple)  # fmt: skip


class Refused(Undefined):
    """A name that a template does not get: not defined, and an error where it is used."""

    __slots__ = ()
    __str__ = __iter__ = __len__ = Undefined._fail_with_undefined_error


def refused(name: str) -> Refused:
    """For a name that would write, run something, open a file, or lead out of the template."""
    return Refused(
        f"{name} is not for templates, which only read: call it in the code that renders, and give"
        " the template what it makes",
        exc=SecurityError,
    )


class Names:
    """Some names of a module or an object; any other one is `Refused`."""

    def __init__(self, path: str, source: Any, names: Iterable[str], **more: Any) -> None:
        self._path, self._source, self._names, self._more = path, source, {*names}, more

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._more:
            return self._more[name]
        try:
            found = getattr(self._source, name)
        except AttributeError as missing:
            return Refused(str(missing), exc=SecurityError)
        return found if name in self._names else refused(f"{self._path}.{name}")

    def get(self, name: str, default: Any = None) -> Any:
        """The same, as of Frappe's, which is a dictionary."""
        return default if name.startswith("_") else self.__getattr__(name)


class Sandbox(SandboxedEnvironment):
    """Jinja's, with a way neither to frames and modules nor to what changes a document."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Asked before each attribute is given."""
        is_way_out = attr.startswith(LEAD_OUT) or _leads_elsewhere(obj, value)
        not_given = getattr(type(obj), "__not_in_templates__", ())
        writes = attr in not_given and attr not in vars(obj)  # there, it is a field
        is_other = is_way_out or writes or in_templates(obj, attr) is not None
        return not is_other and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A query of `frappe.qb` is run where it reads."""
        return in_templates(obj, attribute) or super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same of `query["run"]`."""
        return in_templates(obj, argument) or super().getitem(obj, argument)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What stands for one that is not given."""
        owner = obj if isinstance(obj, type) else type(obj)
        return refused(f"{owner.__name__}.{attribute}")


def _leads_elsewhere(obj: Any, value: Any) -> bool:
    """From a module to another package's."""
    if not (isinstance(obj, ModuleType) and isinstance(value, ModuleType)):
        return False
    return value.__name__.partition(".")[0] != obj.__name__.partition(".")[0]


def get_safe_globals() -> dict[str, Any]:
    """What templates find, but for the apps' own."""
    frappe = import_module("frappe")
    utils, user = frappe.utils, local.session.user or "Guest"
    errors = (name for name, each in vars(frappe.exceptions).items() if isinstance(each, type))
    return {
        **{each.__name__: each for each in _BUILTINS},
        "frappe": Names(
            "frappe",
            frappe,
            (*_GIVEN["frappe"], *errors),
            db=Names("frappe.db", frappe.db, _GIVEN["frappe.db"], sql=read_sql),
            flags=_dict(),
            format_date=utils.global_date_format,
            get_fullname=utils.get_fullname,
            get_hooks=lambda *args, **kwargs: copy.deepcopy(get_hooks(*args, **kwargs)),
            get_url=utils.get_url,
            qb=Names("frappe.qb", _LateQb(), _GIVEN["frappe.qb"]),
            session=_dict(user=user, csrf_token=""),
            user=user,
            utils=Names("frappe.utils", utils, _GIVEN["frappe.utils"]),
        ),
        "json": Names("json", json, ("dumps", "loads")),
        **{"_": frappe._, "_dict": _dict, "as_json": as_json, "args": local.form_dict},
        **{"dev_server": local.dev_server, "guess_mimetype": mimetypes.guess_type},
        **{"html2text": utils.html2text, "log": frappe.log, "scrub": scrub},
        **{"get_dom_id": _dom_id, "is_rtl": _is_rtl, "resolve_class": _classes},
    }


class _LateQb:
    """PyPika is imported with the first use."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("frappe").qb, name)


def filters() -> dict[str, Any]:
    """The filters that Frappe's own hooks add to its templates."""
    utils = import_module("frappe").utils
    return {
        "abs_url": _abs_url,
        "global_date_format": utils.global_date_format,
        "markdown": utils.markdown,
    }


def read_sql(query: Any, values: Any = (), **how: Any) -> Any:
    """`frappe.db.sql` of one SELECT, by `reading.sql`."""
    from frappe_standalone.database import reading

    return reading.sql(query, values, **how)


def _abs_url(path: str) -> str:
    is_whole = path.startswith(("http://", "https://", "/", "#")) or not path
    return path if is_whole else f"/{path}"


def _dom_id(_seed: Any = None) -> str:
    return f"id-{generate_hash()}"


def _is_rtl(language: str | None = None) -> bool:
    return (language or local.lang) in ("ar", "fa", "he", "ps")


def _classes(*given: Any) -> str:
    """The value of a `class` attribute: texts, lists of them, and dictionaries by what is true."""
    found = []
    for each in given:
        if isinstance(each, dict):
            found += [name for name, is_there in each.items() if is_there]
        else:
            found.append(_classes(*each) if isinstance(each, (list, tuple)) else str(each or ""))
    return " ".join(filter(None, found))
