"""The standalone host: `import frappe` without Frappe, on Django's database.

An app that has models of its own registers how `frappe.get_doc` finds them: `register_loader`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["register_loader"]


def __getattr__(name: str) -> Any:
    if name == "register_loader":
        from frappe_celery.hosts.standalone.controllers import register_loader

        return register_loader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
