"""What of Frappe's own stays in a worker's process as a job left it."""

from __future__ import annotations

_CONNECTIONS = (
    *("frappe.cache", "frappe.client_cache", "frappe.loggers"),
    "frappe.utils.background_jobs._redis_queue_conn",
    "frappe.utils.telemetry.posthog._get_posthog_instance",
)
"""Redis tells the client cache of every change."""
_OF_CODE_ALONE = (
    *("frappe._get_cached_signature_params", "frappe._cached_inspect_signature"),
    *("frappe.database.query._sanitize_field", "frappe.database.query._validate_select_field"),
    "frappe.desk.reportview.extract_fieldnames",
    "frappe.model.base_document._create_extended_class",
    "frappe.model.db_query._parse_sql",
    "frappe.modules.utils.doctype_python_modules",
    "frappe.translate.get_parent_language",
    "frappe.utils._get_traceback_sanitizer",
    "frappe.utils.data._sanitize_column",
    "frappe.utils.get_site_name",
    "frappe.utils.safe_exec._flatten",
    "frappe.utils.typing_validations.TypeAdapter",
)
"""Caches of functions whose answer depends on nothing but their arguments."""
_DONE_ONCE = ("frappe._one_time_setup", "frappe.query_builder.*", "*._computed_ct_props_updated")
"""Methods that Frappe adds to classes when it first needs them, and its notes that it has."""
NAMES = (*_CONNECTIONS, *_OF_CODE_ALONE, *_DONE_ONCE)
