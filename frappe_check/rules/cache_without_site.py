"""FC210: a function that task code calls, cached by Python, whose value depends on the site."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import decorators
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


def find(code: TaskCode) -> Iterator[Hit]:
    """Cached functions that ask Frappe for something of a site's, and are not told which."""
    for function in code.reached:
        for decorator, _ in decorators(function.node):
            cached = getattr(decorator, "func", decorator)
            told = any("site" in each.arg for each in function.parameters)
            if function.module.full(cached) in _CACHES and not told:
                asked = _of_a_site(code, function)
                if asked:
                    what = f"`{asked}`, of a site, is kept for all by {code.why(function)}."
                    yield hit(function.module, decorator, what)


def _of_a_site(code: TaskCode, function: Function) -> str:
    """What it asks of Frappe that is another on another site; '' for nothing."""
    for each in code.app.reach(function, depth=1):
        for node in each.nodes:
            name = each.module.full(node) if isinstance(node, ast.Attribute) else ""
            if name.startswith(_OF_A_SITE) and not name.startswith(_OF_THE_BENCH):
                return name
    return ""


RULE = Rule(
    code="FC210",
    title="A cache without the site",
    happens=(
        "Python keeps the value for the process. A warm one clears the cache of an app's function"
        " after each job, so that it is filled each time. The web server's serve every site: a"
        " request gets what was read on another, and nothing that changes later is seen."
    ),
    instead=(
        "Use `frappe.utils.caching.redis_cache` or `site_cache`, which keep a value for each site,"
        " or `request_cache` for one job."
    ),
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
from functools import lru_cache

import frappe

def sync():
    print(currency())

@lru_cache  # FC210
def currency():
    return frappe.db.get_single_value("Global Defaults", "default_currency")
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import frappe
from frappe.utils.caching import redis_cache

def sync():
    print(currency())

@redis_cache
def currency():
    return frappe.db.get_single_value("Global Defaults", "default_currency")
""",
    find=find,
)
