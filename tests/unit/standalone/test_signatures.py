"""What `import frappe` has here takes Frappe's arguments, by its names, and swallows none."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from inspect import Parameter
from pathlib import Path
from typing import Any

import pytest

import frappe_standalone
from tests.apps.frappes_signatures import FACTS, served

SOURCES = Path(frappe_standalone.__file__).parent
FRAPPES: dict[str, dict[str, str]] = json.loads(FACTS.read_text())
NOT_FRAPPES = {
    "frappe.logger": {"stream_only"},
    "frappe.rename_doc": {"doc", "ignore_permissions", "validate"},
    "frappe.utils.background_jobs.create_job_id": {"site"},
    "frappe.utils.csvutils.to_csv": {"delimiter", "quoting"},
    "frappe.utils.file_manager.get_file_name": {"is_private"},
}
"""Arguments of ours alone: the package uses them, or one function stands for two of Frappe's."""
OTHERWISE = {"frappe.utils.redis_wrapper.RedisWrapper.hdel": {"key"}}
"""What a version calls otherwise than the others, and ours."""
OTHERS_CALL = {"check", "run", "format_time", "prepare", "watch", "_used"}
"""Interfaces of Django, sqlglot and Python itself."""
UNREAD = {
    "it shows or hurries something, and the answer is the same": {
        *("debug", "explain", "cache", "cached", "show_alert", "verbose", "message", "chunk_size"),
        *("rebuild_search", "defer_insert", "with_context", "with_more_info"),
    },
    "there are no permissions here, and no requests": {
        *("ignore_permissions", "permtype", "methods", "xss_safe"),
    },
    "there are no translations and no versions here, and what is deleted is gone": {
        *("lang", "context", "ignore_version", "delete_permanently"),
    },
    "Frappe reads it as little": {
        *("txt", "parenttype", "allow_root_deletion", "olddn", "doctype", "event", "retry"),
        "linkify",
    },
    "there is one bench here, whose Redis and queues are configured": {
        *("sites_path", "connection", "username", "password"),
        *("is_async", "name"),
    },
    "a transaction follows the other anyway": {"chain"},
}
"""Arguments that are taken and not read, by the reason."""

pytestmark = pytest.mark.no_database


def test_takes_what_frappes_takes() -> None:
    functions = served()
    found = {path: _differs(path, functions[path]) for path in FRAPPES}
    assert {path: why for path, why in found.items() if why} == {}


def _differs(path: str, function: Any) -> str:
    ours = _without_self(inspect.signature(function).parameters, path)
    frappes = {version: _parameters(text) for version, text in FRAPPES[path].items()}
    named = {name for each in frappes.values() for name in _named(each)}
    more = _named(ours) - named - NOT_FRAPPES.get(path, set())
    less = named - _named(ours) - OTHERWISE.get(path, set())
    if not any(_rest(each) for each in frappes.values()) and (more or _rest(ours)):
        return f"takes what Frappe's does not: {more or 'anything'}"
    if less and not _rest(ours):
        return f"does not take what Frappe's does: {less}"
    order = _positional(ours)
    if any(_is_prefix(order, _positional(each)) for each in frappes.values()) or _rest(ours):
        return ""
    return f"has not Frappe's order: {FRAPPES[path]}"


def test_swallows_no_argument() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")}
    handlers = set(re.findall(r"\.connect\((?:\w+\.)*(\w+)", "".join(texts.values())))
    assert not [
        f"{path.name}:{function.lineno} {function.name}({name})"
        for path, text in texts.items()
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        if function.name not in handlers | OTHERS_CALL
        for name in _swallowed(function)
    ]


def test_reads_what_it_takes() -> None:
    functions = {inspect.unwrap(function): path for path, function in served().items()}
    unread = {
        f"{path}({name})": name
        for function, path in functions.items()
        for name in _unread(function)
    }
    known = set().union(*UNREAD.values())
    assert {where for where, name in unread.items() if name not in known} == set()
    assert known <= set(unread.values()), "read by now"


def _swallowed(function: ast.FunctionDef) -> Iterator[str]:
    """Its `*` and `**` arguments that its body does not name; one that does nothing has none."""
    if function.name.startswith("__") or _does_nothing(function):
        return
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for each in (function.args.vararg, function.args.kwarg):
        if each is not None and each.arg not in read:
            yield each.arg


def _does_nothing(function: ast.FunctionDef) -> bool:
    return len(function.body) == 1 and ast.get_docstring(function) is not None


def _unread(function: Any) -> set[str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(node, ast.FunctionDef) or _does_nothing(node):
        return set()
    read = {each.id for line in node.body for each in ast.walk(line) if isinstance(each, ast.Name)}
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return {each.arg for each in arguments} - read - {"self", "cls"}


def _parameters(text: str) -> dict[str, Parameter]:
    """Of what stands between a function's brackets; defaults are not looked at."""
    arguments = ast.parse(f"lambda {text}: 0", mode="eval").body.args  # type: ignore[attr-defined]
    kinds = {
        Parameter.POSITIONAL_OR_KEYWORD: [*arguments.posonlyargs, *arguments.args],
        Parameter.VAR_POSITIONAL: [arguments.vararg],
        Parameter.KEYWORD_ONLY: arguments.kwonlyargs,
        Parameter.VAR_KEYWORD: [arguments.kwarg],
    }
    return {
        each.arg: Parameter(each.arg, kind) for kind, of in kinds.items() for each in of if each
    }


def _without_self(of: Mapping[str, Parameter], path: str) -> dict[str, Parameter]:
    found = dict(of)
    first = next(iter(found), "")
    if first in ("self", "cls", "doc") and path.split(".")[-2][:1].isupper():
        del found[first]
    return found


def _rest(of: Mapping[str, Parameter]) -> bool:
    return any(each.kind == Parameter.VAR_KEYWORD for each in of.values())


def _named(of: Mapping[str, Parameter]) -> set[str]:
    anything = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return {name for name, each in of.items() if each.kind not in anything}


def _positional(of: Mapping[str, Parameter]) -> list[str]:
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return [name for name, each in of.items() if each.kind in kinds]


def _is_prefix(one: list[str], other: list[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))
