"""The rows that a new site of Frappe's has (16.9): its first users, roles, folders of files.

They are there where the doctypes are Frappe's own, not an app's of that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from frappe_standalone.database import schema, values
from frappe_standalone.database.schema import run, table_name
from frappe_standalone.utils.dates import get_system_timezone, now_datetime

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DOCTYPES = ("Role", "Has Role", "User", "File")
_ROLES = (
    *("Administrator", "System Manager", "Guest", "All", "Desk User", "Accounts Manager"),
    *("Accounts User", "Dashboard Manager", "Inbox User", "Knowledge Base Contributor"),
    *("Knowledge Base Editor", "Maintenance Manager", "Maintenance User", "Marketing Manager"),
    *("Newsletter Manager", "Prepared Report User", "Purchase Manager", "Translator"),
    *("Purchase Master Manager", "Purchase User", "Report Manager", "Sales Manager"),
    *("Sales Master Manager", "Sales User", "Script Manager", "Website Manager"),
    "Workspace Manager",
)
_USERS = {
    "Administrator": ("admin@example.com", "System User", _ROLES),
    "Guest": ("guest@example.com", "Website User", ("Guest",)),
}
"""By name: email, type and roles."""
_USER = {
    **dict.fromkeys(("enabled", "send_welcome_email", "logout_all_sessions"), 1),
    **dict.fromkeys(("allowed_in_mentions", "search_bar", "notifications", "list_sidebar"), 1),
    **dict.fromkeys(("bulk_actions", "view_switcher", "form_sidebar", "timeline", "dashboard"), 1),
    **{"document_follow_frequency": "Daily", "simultaneous_sessions": 2, "desk_theme": "Light"},
    **{"onboarding_status": "{}", "code_editor_type": "vscode"},
}


def fill(connection: BaseDatabaseWrapper, doctypes: Iterable[str]) -> None:
    """Add those of these doctypes' rows that are not there."""
    for doctype in {*doctypes} & {*DOCTYPES}:
        if not is_frappes_own(doctype):
            continue
        table = connection.ops.quote_name(table_name(doctype))
        there = {name for (name,) in run(connection, f"select name from {table}")}
        if rows := [row for row in _rows(doctype) if row["name"] not in there]:
            _insert(connection, doctype, rows)


def is_frappes_own(doctype: str) -> bool:
    """Whether such a doctype is described as Frappe's own, and not as an app's."""
    return bool(schema.described(doctype).said.get("module") == "Core")


def _insert(connection: BaseDatabaseWrapper, doctype: str, rows: list[dict[str, Any]]) -> None:
    """In one statement; they have the same fields."""
    stamp: dict[str, Any] = dict.fromkeys(("creation", "modified"), now_datetime())
    stamp |= dict.fromkeys(("owner", "modified_by"), "Administrator")
    columns = schema.columns(connection, doctype)
    filled = [
        values.to_column(value, columns[name], name, is_described=True)
        for row in rows
        for name, value in {**stamp, **row}.items()
    ]
    fields = {**stamp, **rows[0]}
    quote = connection.ops.quote_name
    marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    into = f"{quote(table_name(doctype))} ({', '.join(map(quote, fields))})"
    run(connection, f"insert into {into} values {marks}", filled)


def _rows(doctype: str) -> list[dict[str, Any]]:
    if doctype == "Role":
        return [
            {"name": role, "role_name": role, "desk_access": int(role != "Guest")}
            for role in _ROLES
        ]
    if doctype == "User":
        return [
            {
                **_USER,
                **dict.fromkeys(("name", "first_name", "full_name"), user),
                **{"username": user.lower(), "email": email, "user_type": user_type},
                "time_zone": get_system_timezone(),
            }
            for user, (email, user_type, _) in _USERS.items()
        ]
    if doctype == "Has Role":
        place = {"parenttype": "User", "parentfield": "roles"}
        return [
            {"name": f"{user} {role}", "parent": user, "role": role, "idx": idx, **place}
            for user, (_, _, roles) in _USERS.items()
            for idx, role in enumerate(roles, 1)
        ]
    return [
        {
            **{"name": name, "file_name": name.rpartition("/")[2], "folder": folder},
            **{"is_folder": 1, "file_url": "", "is_home_folder": int(not folder)},
            "is_attachments_folder": int(bool(folder)),
        }
        for name, folder in (("Home", None), ("Home/Attachments", "Home"))
    ]
