"""The standalone host: `import frappe` without Frappe, on Django's database.

`host.py` is what the core asks; `models.py` and `apps.py` are Django's application, which has no
migrations: its tables are made as documents' are.

Its rooms, each above those that follow: `admin` (the pages of its tables; `server.py` has them
served) and `namespace` (what `import frappe` finds, and what stands for the rest); `schedule` and
`jobs`; `documents`; `messages`; `site`; `database`; `cache` and `utils`. All of them read
`local.py`, which is `frappe.local`, and raise what `exceptions.py` and `missing.py` have.

An app that has models of its own registers how `frappe.get_doc` finds them: `register_loader`; one
that brings something for a name that is not there: `add_name`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["add_name", "register_loader"]


def __getattr__(name: str) -> Any:
    if name == "register_loader":
        from frappe_standalone.documents.controllers import register_loader

        return register_loader
    if name == "add_name":
        from frappe_standalone.namespace.importer import add_name

        return add_name
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
