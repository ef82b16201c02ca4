"""The standalone host: `import frappe` without Frappe, on Django's database.

Importing this has `import frappe` find something, unless there is a real one. Of `frappe_celery`
everything here uses `frappe_celery.host` alone (but what task code is handed, which `names.txt`
takes from where it is), and `host.py` is what that asks of us; `models.py` and `apps.py` are
Django's application, which has no migrations: its tables are made as documents' are. `command.py`
is `frappe-celery migrate`, `demo` `frappe-celery demo`, `stubs.py` `frappe-celery types`,
`middleware.py` for Django's views, `testing.py` for the pytest plugin, `embedded` the server that
is started where no broker is configured.

Its rooms, each above those that follow: `admin` (the pages of its tables) and `namespace` (what
`import frappe` finds, and what stands for the rest); `schedule` and `jobs`; `documents`;
`messages`; `site`; `database`; `cache` and `utils`. All of them read `local.py`, which is
`frappe.local`, and raise what `exceptions.py` and `missing.py` have.

An app that has models of its own registers how `frappe.get_doc` finds them: `register_loader`; one
that brings something for a name that is not there: `add_name`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frappe_standalone.database import schema
from frappe_standalone.namespace import importer

if TYPE_CHECKING:
    from frappe_celery.host import hosts

__all__ = ["add_name", "make_host", "register_loader"]

importer.install()
add_name = importer.add_name


def _description(doctype: str) -> Any:
    from frappe_standalone.documents.meta import get_meta

    return get_meta(doctype)


def _described() -> list[str]:
    from frappe_standalone.documents.doctypes import known_doctypes

    return known_doctypes()


schema.describe_by(_description, _described)


def make_host() -> hosts.Host:
    """What jobs of this process run in."""
    from frappe_standalone.host import StandaloneHost

    return StandaloneHost()


def __getattr__(name: str) -> Any:
    if name == "register_loader":
        from frappe_standalone.documents.controllers import register_loader

        return register_loader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
