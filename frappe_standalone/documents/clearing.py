"""`frappe.clear_cache`: what is kept of a site, its hooks and its doctypes."""

from __future__ import annotations

from frappe_standalone.cache.cache import cache
from frappe_standalone.documents import meta
from frappe_standalone.local import local
from frappe_standalone.site import app_hooks
from frappe_standalone.site.context import apps_of


def clear_cache(user: str | None = None, doctype: str | None = None) -> None:
    """Forget what is kept of this site, and read hooks and doctypes anew."""
    app_hooks.forget()
    meta.forget()
    local.apps = apps_of(local.conf)
    local.cache = {}
    if user is None and doctype is None:
        cache.delete_keys("")


def clear_document_cache(doctype: str, name: str | None = None) -> None:
    """Does nothing: `get_cached_doc` keeps no document here."""
