"""`python -m tests.standalone_page`: the tables of docs/standalone.md, from the code."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from frappe_standalone.namespace import importer
from hatch_build import NAMESPACE, modules, names
from tests.apps import frappes_answers

OBJECTS = {
    "frappe.db": "frappe.database.database.Database",
    "a document": "frappe.model.document.Document",
    "frappe.get_meta(…)": "frappe.model.meta.Meta",
    "frappe.cache": "",
}
"""What has methods that are looked up here, with its class."""
PLAIN = ("frappe.exceptions", "frappe.types.DF", "frappe.model", "frappe.query_builder")
"""Modules whose names say it all."""
VALUES = {
    "STANDARD_USERS": "Guest and Administrator.",
    **{
        f"make_{verb}_request": f"`make_request` with {verb.upper()}."
        for verb in ("delete", "get", "patch", "post", "put")
    },
    "AUTOMATIC_ROLES": "Roles that no document gives.",
    "cache": "Redis; its methods below, and the client's own, on keys as they are given.",
    "client_cache": "The same as `frappe.cache`: nothing is kept in the process.",
    "conf": "The bench's configuration with the site's own over it.",
    "db": "The site's database; its methods below.",
    "debug_log": "What `frappe.log` noted.",
    "error_log": "What `frappe.errprint` noted.",
    "flags": "Whatever is set there, until the job ends.",
    "form_dict": "Empty: there are no requests.",
    "gzip_compress": "Python's `gzip.compress`.",
    "guest_methods": "What `whitelist(allow_guest=True)` noted.",
    "job": "The running job: site, method, job_name, kwargs, user, after_job.",
    "lang": "`en`.",
    "local": "What belongs to this job, thread or task and to no other.",
    "loggers": "Those that `logger` made, by name.",
    "message_log": "What `msgprint` and `throw` noted.",
    "qb": "PyPika's query builder on the site's database.",
    "request": "None: there are no requests.",
    "response": "A dictionary that nobody sends.",
    "session": "The current `user`; `data` is empty.",
    "whitelisted": "What `whitelist` noted.",
    "DateTimeLikeObject": "For annotations.",
    "InternalError": "What the database's driver raises.",
}
"""What has no docstring."""


def markdown() -> str:
    """A section for each module of the namespace, and for each object."""
    return "\n".join([*_modules(), *_objects(), *_other_answers()])


def _modules() -> Iterator[str]:
    for path in modules():
        module = ".".join(path.relative_to(NAMESPACE).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        imports = dict(names(path, module))
        star = imports.pop("*", "")
        found = _of_module(module, imports)
        if not found and not star:
            continue
        yield f"### `{module}`\n"
        if star:
            yield f"All of `{star.split()[1]}`" + (", and:\n" if found else ".\n")
        if found:
            plain = module in PLAIN or module.startswith("frappe.query_builder.")
            yield _listed(found) if plain else _table(found)


def _of_module(module: str, its_names: Iterable[str]) -> dict[str, Any]:
    there = importlib.import_module(module)
    found = {name: getattr(there, name) for name in sorted(its_names)}
    return {
        name: thing
        for name, thing in found.items()
        if not inspect.ismodule(thing) and not _is_error_elsewhere(module, thing)
    }


def _is_error_elsewhere(module: str, thing: Any) -> bool:
    """An exception is listed once."""
    return (
        inspect.isclass(thing)
        and issubclass(thing, Exception)
        and thing.__module__ == "frappe.exceptions"
        and module != "frappe.exceptions"
    )


def _objects() -> Iterator[str]:
    for thing, path in OBJECTS.items():
        yield f"### Methods of `{thing}`\n" if "." in thing else f"### Methods of {thing}\n"
        if path:
            module, _, name = path.rpartition(".")
            owner = getattr(importlib.import_module(module), name)
        else:
            owner = type(importlib.import_module("frappe").cache)
        found = {
            name: getattr(each, "__func__", each)
            for name in sorted(dir(owner))
            if not name.startswith("_") and hasattr(owner, name)
            if _has_words(each := inspect.getattr_static(owner, name))
        }
        yield _table(found)


def _other_answers() -> Iterator[str]:
    count = len(json.loads(frappes_answers.TABLE.read_text())["expressions"])
    yield f"""### Answers that differ from Frappe's

Of {count} expressions of the public API, each answers what it answers on Frappe 15.101, 16.9 and
17-dev, raises by name, or differs for one of these reasons:
"""
    for reason, expressions in json.loads(frappes_answers.DIFFER.read_text()).items():
        yield f"- {reason} ({len(expressions)})"


def _listed(found: dict[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in found) + "\n"


def _table(found: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {VALUES.get(name) or _says(thing)} |" for name, thing in found.items()]
    return "\n".join(["| name | |", "|---|---|", *rows, ""])


def _has_words(thing: Any) -> bool:
    kinds = (property, classmethod, staticmethod)
    return inspect.isroutine(thing) or inspect.isclass(thing) or isinstance(thing, kinds)


def _says(thing: Any) -> str:
    """The first paragraph of what its docstring says."""
    if isinstance(thing, str | int):
        return f"`{thing}`"
    text = (inspect.getdoc(thing) or "") if _has_words(thing) else ""
    first = re.split(r"\n\s*\n", text.strip())[0]
    return " ".join(first.split()).replace("|", "\\|")


if __name__ == "__main__":
    importer.install()
    print(markdown(), end="")
