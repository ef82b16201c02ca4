"""All tables of a site, as the apps' doctypes describe them: what `migrate` makes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from frappe_celery.host import OutboxTable, hosts, settings
from frappe_standalone.database import altering, django_setup, new_site, schema, store
from frappe_standalone.documents.doctypes import known_doctypes, roles
from frappe_standalone.documents.meta import get_meta, known_roles
from frappe_standalone.local import local
from frappe_standalone.site.context import ADMINISTRATOR, current_apps, visit

Made = Mapping[str, list[str]]
"""By doctype, the columns that its table was given, or what became of those it had."""


def make_all(site: str) -> Made:
    """Bring a site's tables up to its apps' doctypes, and add the roles that the apps name; make
    its outbox's where that is on."""
    with visit(site, ADMINISTRATOR):
        wanted = [doctype for doctype in known_doctypes() if not get_meta(doctype).issingle]
        made = _make(wanted, {})
        if new_site.is_frappes_own("Role"):
            _add_roles()
        if settings.current().outbox(site):
            OutboxTable(hosts.current()).make()
            local.db.commit()
        return made


def _add_roles() -> None:
    brought = roles(current_apps())
    for role in sorted({*brought, *known_roles()} - {*store.names("Role", None)}):
        default = {"name": role, "role_name": role, "desk_access": 1}
        store.insert("Role", {**default, **brought.get(role, {})})
    local.db.commit()


def make_one(site: str, doctype: str, columns: Mapping[str, str]) -> Made:
    """Make the table of a doctype that no app describes, with those columns, by name and kind."""
    with visit(site, ADMINISTRATOR):
        return _make([doctype], columns)


def _make(doctypes: list[str], columns: Mapping[str, str]) -> Made:
    made: dict[str, list[str]] = {}
    more = [schema.wanted(name, kind) for name, kind in columns.items()]

    def change(connection: Any) -> None:
        made.update(altering.make(connection, doctypes, more))

    local.db._alter(change, "the tables are not as the doctypes describe them")
    local.db.commit()
    return made


_limited: list[int] = []
"""How many lists of apps lay below each `available_apps` that counts."""


def empty_after_test(setting: str, enter: bool, value: Any, **_: Any) -> None:
    """Django's `setting_changed`: a TransactionTestCase with `available_apps` flushes theirs alone,
    and says so by this signal, as `override_settings` does."""
    from django.apps import apps
    from django.conf import settings as of_django
    from django.db import connections

    below = len(apps.stored_app_configs)
    if setting == "INSTALLED_APPS" and enter and value is not of_django.INSTALLED_APPS:
        _limited.append(below - 1)
    elif setting == "INSTALLED_APPS" and not enter and _limited and _limited[-1] == below:
        _limited.pop()
        for alias in connections:
            with suppress(AssertionError):  # the test may not ask that database
                make_after_migrate(alias)


def make_after_migrate(using: str, plan: Any = None, **_: Any) -> None:
    """Django's `post_migrate`, which also comes after a `flush`, then without a plan.

    A flush, as of a TransactionTestCase, empties the tables of documents too.
    """
    if not django_setup.is_own_project():
        return
    site = django_setup.site_of(using)
    if site not in settings.current().sites() and using != "default":
        return
    with visit(site, ADMINISTRATOR):
        if plan is None:
            altering.empty(django_setup.connection(site))
    make_all(site)
