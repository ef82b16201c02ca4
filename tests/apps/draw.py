"""Draws, by a seed, real apps' task functions that are whole on standalone and call no network."""

from __future__ import annotations

import ast
import importlib
import multiprocessing
import random
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from frappe_check.app import App
from frappe_check.modules import Function
from frappe_check.syntax import dotted
from frappe_check.tasks import TaskCode

NETWORK = re.compile(
    r"requests|httpx|urllib3?|urlopen|socket|smtplib|boto3?|botocore|stripe|razorpay|shopify|twilio|\w*sp_api"
    r"|docker|paramiko|ansible|subprocess|make_(get|post|put|patch|delete)?_?request|get_request_session"
    r"|\w*connect(ion)?|\w*(Client|API|Api|Agent|Ansible|Runner)"
)
"""Not drawn is a function with such a word in a dotted name, nor one that calls or enqueues it."""
CALL_NETWORK = {
    "ecommerce_integrations.amazon.doctype.amazon_sp_api_settings.amazon_repository.get_orders",
    "ecommerce_integrations.amazon.doctype.amazon_sp_api_settings.amazon_sp_api_settings"
    ".schedule_get_order_details",
    "lms.lms.doctype.lms_certificate_request.lms_certificate_request.schedule_evals",
    "press.press.doctype.virtual_machine.virtual_machine.snapshot_aws_servers",
    "press.press.doctype.version_upgrade.version_upgrade.run_scheduled_upgrades",
    "press.press.doctype.site.backups.schedule_physical_backups",
    "press.press.doctype.site.site.archive_creation_failed_sites",
    "press.press.doctype.proxy_failover.proxy_failover.reduce_ttl_of_sites",
    "press.press.doctype.database_server.database_server.remove_uploaded_binlogs_from_s3",
    "press.press.doctype.server_plan.server_plan._sync_machine_availability_status_of_plans",
    "verenigingen.e_boekhouden.doctype.e_boekhouden_migration.e_boekhouden_migration"
    ".run_migration_background",
    "verenigingen.e_boekhouden.utils.eboekhouden_api.update_dashboard_data_periodically",
    "press.press.doctype.site_update.scheduled_auto_updates.trigger",
}
"""Drawn, but a document that they save or ask has Amazon, Google, a cloud or an agent called."""
NEED_A_SITE = {
    "india_compliance.audit_trail.setup.create_property_setters_for_versioning": "Property Setter",
    "hrms.payroll.doctype.payroll_entry.payroll_entry.submit_salary_slips_for_employees": (
        "tabDocField in SQL"
    ),
    "hrms.hr.doctype.job_opening.job_opening.close_expired_job_openings": (
        "frappe.website.website_generator.WebsiteGenerator"
    ),
}
"""Drawn, but a document that they save is what only a site has, and raises by its name."""


def whole(apps: Iterable[Path]) -> dict[str, list[str]]:
    """By app: its whole task functions that call no network, sorted."""
    return {app.name: sorted(_of(TaskCode(App(app)))) for app in apps}


def _of(code: TaskCode) -> Iterator[str]:
    functions = [f for f in code.jobs if f.owner is None and not _calls_network(code, f)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for function, is_whole in zip(
            functions, pool.map(is_whole_here, [f.name for f in functions]), strict=True
        ):
            if is_whole:
                yield function.name


def _calls_network(code: TaskCode, function: Function) -> bool:
    todo, seen = [function], set()
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            if any(NETWORK.fullmatch(word) for node in each.nodes for word in _words(each, node)):
                return True
            todo += code.app.callees(each)
            todo += [run for enqueue, run in code.enqueued if enqueue.function is each]
    return False


def _words(function: Function, node: ast.AST) -> list[str]:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return []
    full = function.module.full(node).split(".")
    own = full[0] == function.module.name.partition(".")[0]
    return [*dotted(node).split("."), *([] if own else full)]


def is_whole_here(name: str) -> bool:
    """Whether its module imports, and all names of Frappe's that it uses are there."""
    from frappe_standalone.namespace.uses import missing_names  # isort: split

    import frappe

    warnings.simplefilter("ignore")
    frappe.init("standalone")
    module, _, function = name.rpartition(".")
    try:
        return not missing_names(getattr(importlib.import_module(module), function))
    except Exception:
        return False


def drawn(apps: Iterable[Path], seed: int, count: int) -> tuple[list[str], list[str]]:
    """The first of the seed, and those between them that turned out to be none."""
    taken: list[str] = []
    left: list[str] = []
    for name in _in_order(whole(apps), seed):
        if len(taken) == count:
            break
        (left if name in CALL_NETWORK | NEED_A_SITE.keys() else taken).append(name)
    return taken, left


def _in_order(apps: dict[str, list[str]], seed: int) -> Iterator[str]:
    """All of them, one of each app in turn."""
    order = random.Random(seed)
    piles = [order.sample(names, len(names)) for _, names in sorted(apps.items())]
    while any(piles):
        for pile in piles:
            if pile:
                yield pile.pop()
