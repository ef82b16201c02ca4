"""FC210: a function that task code calls, cached by Python, whose value depends on the site."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.modules import Function
from frappe_check.tasks import TaskCode

_CACHES = {
    "functools.lru_cache",
    "functools.cache",
    "cachetools.cached",
    "cachetools.func.ttl_cache",
}
_OF_A_SITE = (
    *("frappe.db.", "frappe.qb.", "frappe.conf", "frappe.local", "frappe.session", "frappe.get_"),
    *("frappe.utils.now", "frappe.utils.get_url", "frappe.utils.nowdate", "frappe.utils.today"),
)
_OF_THE_BENCH = (
    *("frappe.get_app_path", "frappe.get_attr", "frappe.get_module", "frappe.get_pymodule_path"),
    *("frappe.get_all_apps", "frappe.get_file_json", "frappe.get_file_items"),
)


def cached(code: TaskCode, function: Function) -> Iterator[tuple[str, ast.AST, str]]:
    """Rule, place and the beginning of a sentence: a cache that is not told which site it is."""
    told = any("site" in each.arg for each in function.parameters)
    for decorator in [] if told else function.node.decorator_list:
        name = function.module.full(getattr(decorator, "func", decorator))
        if name in _CACHES and (asked := _of_a_site(code, function)):
            yield "FC210", decorator, f"`{asked}`, of a site, is kept for all by"


def _of_a_site(code: TaskCode, function: Function) -> str:
    """What it asks of Frappe that is another on another site; '' for nothing."""
    for each in code.app.reach(function, depth=1):
        for node in each.nodes:
            name = each.module.full(node) if isinstance(node, ast.Attribute) else ""
            if name.startswith(_OF_A_SITE) and not name.startswith(_OF_THE_BENCH):
                return name
    return ""
